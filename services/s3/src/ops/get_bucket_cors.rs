//! GetBucketCors.

use cloud::prelude::*;

use crate::bucket;
use crate::cors::{self, Cors};
use crate::error::Error;
use crate::settings::{self, Named};

pub(crate) struct GetBucketCors;

impl Operation for GetBucketCors {
    const NAME: &'static str = "GetBucketCors";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?cors"));
    const ACTION: Option<&'static str> = Some("GetBucketCORS");
    type Input = Named;
    type Output = Cors;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Cors, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        settings::read(&row, cors::NAME)?.ok_or(Error::NoCors { bucket: input.bucket })
    }
}
