//! DeleteBucketPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};

pub(crate) struct DeleteBucketPolicy;

impl Operation for DeleteBucketPolicy {
    const NAME: &'static str = "DeleteBucketPolicy";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/{Bucket}?policy", 204));
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
        let mut row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        row.policy = None;
        table::put(cx.tx(), &row).await?;
        Ok(Nothing {})
    }
}
