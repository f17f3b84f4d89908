//! PutBucketVersioning: refused until objects have versions.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    versioning_configuration: VersioningConfiguration,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
struct VersioningConfiguration {
    #[shape(name = "MFADelete", xml = "MfaDelete")]
    mfa_delete: Option<String>,
    status: Option<String>,
}

pub(crate) struct PutBucketVersioning;

impl Operation for PutBucketVersioning {
    const NAME: &'static str = "PutBucketVersioning";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?versioning", 200));
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
        let VersioningConfiguration { mfa_delete, status } = input.versioning_configuration;
        match (status.as_deref(), mfa_delete) {
            (None, None) => Err(Error::NoVersioningStatus),
            (Some("Enabled" | "Suspended"), _) => Err(Error::not_supported("versions of objects yet")),
            _ => Err(Error::MalformedXml),
        }
    }
}
