//! PutBucketCors.

use cloud::prelude::*;

use crate::bucket;
use crate::cors::{self, Cors};
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload, name = "CORSConfiguration")]
    cors: Cors,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutBucketCors;

impl Operation for PutBucketCors {
    const NAME: &'static str = "PutBucketCors";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?cors", 200));
    const ACTION: Option<&'static str> = Some("PutBucketCORS");
    type Input = Input;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Nothing, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        input.cors.check()?;
        settings::write(cx, row, cors::NAME, input.cors).await?;
        Ok(Nothing {})
    }
}
