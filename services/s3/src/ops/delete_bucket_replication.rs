//! DeleteBucketReplication: there is none.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};

pub(crate) struct DeleteBucketReplication;

impl Operation for DeleteBucketReplication {
    const NAME: &'static str = "DeleteBucketReplication";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}?replication", 204));
    const ACTION: Option<&'static str> = Some("PutReplicationConfiguration");
    type Input = Named;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Nothing, Error> {
        settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        Ok(Nothing {})
    }
}
