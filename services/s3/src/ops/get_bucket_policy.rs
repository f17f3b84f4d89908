//! GetBucketPolicy.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    policy: String,
}

pub(crate) struct GetBucketPolicy;

impl Operation for GetBucketPolicy {
    const NAME: &'static str = "GetBucketPolicy";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?policy"));
    type Input = Named;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Output, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        Ok(Output { policy: row.policy.ok_or(Error::NoPolicy { bucket: input.bucket })? })
    }
}
