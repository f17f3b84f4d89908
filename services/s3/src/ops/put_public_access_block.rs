//! PutPublicAccessBlock.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::public_access::{self, PublicAccessBlockConfiguration};
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    public_access_block_configuration: PublicAccessBlockConfiguration,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutPublicAccessBlock;

impl Operation for PutPublicAccessBlock {
    const NAME: &'static str = "PutPublicAccessBlock";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?publicAccessBlock", 200));
    const ACTION: Option<&'static str> = Some("PutBucketPublicAccessBlock");
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
        let configuration = input.public_access_block_configuration.complete();
        public_access::set(cx, row, Some(configuration)).await?;
        Ok(Nothing {})
    }
}
