//! GetBucketReplication: there is none, because it needs versions.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};

pub(crate) struct GetBucketReplication;

impl Operation for GetBucketReplication {
    const NAME: &'static str = "GetBucketReplication";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?replication"));
    const ACTION: Option<&'static str> = Some("GetReplicationConfiguration");
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
        Err(Error::NoReplication { bucket: input.bucket })
    }
}
