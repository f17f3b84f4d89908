//! PutBucketEncryption.
//!
//! Differs from AWS: KMS keys are refused.

use cloud::prelude::*;

use crate::bucket;
use crate::encryption::{self, Encryption};
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    server_side_encryption_configuration: Encryption,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutBucketEncryption;

impl Operation for PutBucketEncryption {
    const NAME: &'static str = "PutBucketEncryption";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?encryption", 200));
    const ACTION: Option<&'static str> = Some("PutEncryptionConfiguration");
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
        input.server_side_encryption_configuration.check()?;
        let encryption = input.server_side_encryption_configuration.complete();
        settings::write(cx, row, encryption::NAME, encryption).await?;
        Ok(Nothing {})
    }
}
