//! GetBucketLifecycleConfiguration.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::lifecycle::{self, Rule};
use crate::settings::{self, Named};

#[derive(Shape)]
#[shape(xml = "LifecycleConfiguration")]
pub(crate) struct Output {
    #[shape(flat, xml = "Rule")]
    rules: Vec<Rule>,
    #[shape(header = "x-amz-transition-default-minimum-object-size")]
    transition_default_minimum_object_size: String,
}

pub(crate) struct GetBucketLifecycleConfiguration;

impl Operation for GetBucketLifecycleConfiguration {
    const NAME: &'static str = "GetBucketLifecycleConfiguration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?lifecycle"));
    const ACTION: Option<&'static str> = Some("GetLifecycleConfiguration");
    type Input = Named;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<Output, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        let lifecycle = lifecycle::of(&row)?.ok_or(Error::NoLifecycle { bucket: input.bucket })?;
        Ok(Output {
            rules: lifecycle.rules,
            transition_default_minimum_object_size: lifecycle::MINIMUM_SIZE.to_owned(),
        })
    }
}
