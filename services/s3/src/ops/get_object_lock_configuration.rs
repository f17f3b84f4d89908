//! GetObjectLockConfiguration: there is none, because it needs versions.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named, Nothing};

pub(crate) struct GetObjectLockConfiguration;

impl Operation for GetObjectLockConfiguration {
    const NAME: &'static str = "GetObjectLockConfiguration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?object-lock"));
    const ACTION: Option<&'static str> = Some("GetBucketObjectLockConfiguration");
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
        Err(Error::NoObjectLock { bucket: input.bucket })
    }
}
