//! GetBucketRequestPayment: the owner pays.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};

#[derive(Shape)]
#[shape(xml = "RequestPaymentConfiguration")]
pub(crate) struct Output {
    payer: String,
}

pub(crate) struct GetBucketRequestPayment;

impl Operation for GetBucketRequestPayment {
    const NAME: &'static str = "GetBucketRequestPayment";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?requestPayment"));
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
        Ok(Output { payer: "BucketOwner".to_owned() })
    }
}
