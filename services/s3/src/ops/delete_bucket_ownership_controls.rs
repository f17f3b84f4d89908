//! DeleteBucketOwnershipControls.
//!
//! Differs from AWS: access control lists stay disabled.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::ownership;
use crate::settings::{self, Named, Nothing};

pub(crate) struct DeleteBucketOwnershipControls;

impl Operation for DeleteBucketOwnershipControls {
    const NAME: &'static str = "DeleteBucketOwnershipControls";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}?ownershipControls", 204));
    const ACTION: Option<&'static str> = Some("PutBucketOwnershipControls");
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
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        ownership::set(cx, row, None).await?;
        Ok(Nothing {})
    }
}
