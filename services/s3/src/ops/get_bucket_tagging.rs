//! GetBucketTagging.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};
use crate::tagging::{self, Tagging};

pub(crate) struct GetBucketTagging;

impl Operation for GetBucketTagging {
    const NAME: &'static str = "GetBucketTagging";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?tagging"));
    type Input = Named;
    type Output = Tagging;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Tagging, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        tagging::of_bucket(&row)?.ok_or(Error::NoTagSet { bucket: input.bucket })
    }
}
