//! PutBucketLifecycleConfiguration.
//!
//! Differs from AWS: transitions are refused.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::lifecycle::{self, Lifecycle};
use crate::settings;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    lifecycle_configuration: Lifecycle,
    #[shape(header = "x-amz-transition-default-minimum-object-size")]
    transition_default_minimum_object_size: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(header = "x-amz-transition-default-minimum-object-size")]
    transition_default_minimum_object_size: String,
}

pub(crate) struct PutBucketLifecycleConfiguration;

impl Operation for PutBucketLifecycleConfiguration {
    const NAME: &'static str = "PutBucketLifecycleConfiguration";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?lifecycle", 200));
    const ACTION: Option<&'static str> = Some("PutLifecycleConfiguration");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        if input.transition_default_minimum_object_size.is_some_and(|size| size != lifecycle::MINIMUM_SIZE) {
            return Err(Error::not_supported("transitions, and with them their smallest size"));
        }
        input.lifecycle_configuration.check()?;
        let lifecycle = input.lifecycle_configuration.complete(|| cx.new_id());
        settings::write(cx, row, lifecycle::NAME, lifecycle).await?;
        Ok(Output { transition_default_minimum_object_size: lifecycle::MINIMUM_SIZE.to_owned() })
    }
}
