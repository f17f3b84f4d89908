//! PutBucketReplication: it needs versions.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};

pub(crate) struct PutBucketReplication;

impl Operation for PutBucketReplication {
    const NAME: &'static str = "PutBucketReplication";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?replication", 200));
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
        // What S3 answers for every bucket without versions.
        let text = "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
        Err(Error::InvalidRequest(text.to_owned()))
    }
}
