//! PutBucketLogging: only to say that there is none.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    bucket_logging_status: BucketLoggingStatus,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
struct BucketLoggingStatus {
    logging_enabled: Option<LoggingEnabled>,
}

#[derive(Shape)]
struct LoggingEnabled {
    target_bucket: String,
}

pub(crate) struct PutBucketLogging;

impl Operation for PutBucketLogging {
    const NAME: &'static str = "PutBucketLogging";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?logging", 200));
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
        settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        match input.bucket_logging_status.logging_enabled {
            None => Ok(Nothing {}),
            Some(LoggingEnabled { target_bucket }) => {
                Err(Error::not_supported(&format!("access logs of buckets (to `{target_bucket}`)")))
            }
        }
    }
}
