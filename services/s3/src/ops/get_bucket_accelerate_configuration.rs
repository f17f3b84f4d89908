//! GetBucketAccelerateConfiguration: never enabled.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};

#[derive(Shape)]
#[shape(xml = "AccelerateConfiguration")]
pub(crate) struct Output {
    status: Option<String>,
}

pub(crate) struct GetBucketAccelerateConfiguration;

impl Operation for GetBucketAccelerateConfiguration {
    const NAME: &'static str = "GetBucketAccelerateConfiguration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?accelerate"));
    const ACTION: Option<&'static str> = Some("GetAccelerateConfiguration");
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
        settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        Ok(Output { status: None })
    }
}
