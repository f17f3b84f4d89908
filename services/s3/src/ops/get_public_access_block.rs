//! GetPublicAccessBlock.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::public_access::{self, PublicAccessBlockConfiguration};
use crate::settings::{self, Named};

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    public_access_block_configuration: PublicAccessBlockConfiguration,
}

pub(crate) struct GetPublicAccessBlock;

impl Operation for GetPublicAccessBlock {
    const NAME: &'static str = "GetPublicAccessBlock";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?publicAccessBlock"));
    const ACTION: Option<&'static str> = Some("GetBucketPublicAccessBlock");
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
        let configuration = public_access::of(&row)?;
        let configuration = configuration.ok_or(Error::NoPublicAccessBlock { bucket: input.bucket })?;
        Ok(Output { public_access_block_configuration: configuration })
    }
}
