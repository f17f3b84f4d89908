//! GetBucketWebsite.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};
use crate::website::{self, Website};

pub(crate) struct GetBucketWebsite;

impl Operation for GetBucketWebsite {
    const NAME: &'static str = "GetBucketWebsite";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?website"));
    type Input = Named;
    type Output = Website;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Website, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        settings::read(&row, website::NAME)?.ok_or(Error::NoWebsite { bucket: input.bucket })
    }
}
