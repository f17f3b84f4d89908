//! PutBucketAccelerateConfiguration: only to say that there is none.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    accelerate_configuration: AccelerateConfiguration,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
struct AccelerateConfiguration {
    status: Option<String>,
}

pub(crate) struct PutBucketAccelerateConfiguration;

impl Operation for PutBucketAccelerateConfiguration {
    const NAME: &'static str = "PutBucketAccelerateConfiguration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?accelerate", 200));
    const ACTION: Option<&'static str> = Some("PutAccelerateConfiguration");
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
        match input.accelerate_configuration.status.as_deref() {
            Some(_) if input.bucket.contains('.') => Err(Error::InvalidRequest(
                "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
                    .to_owned(),
            )),
            Some("Suspended") => Ok(Nothing {}),
            Some("Enabled") => Err(Error::not_supported("transfer acceleration")),
            _ => Err(Error::MalformedXml),
        }
    }
}
