//! GetBucketEncryption: AES256, unless something else could be set.

use cloud::prelude::*;

use crate::bucket;
use crate::encryption::{self, Encryption};
use crate::error::Error;
use crate::settings::{self, Named};

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    server_side_encryption_configuration: Encryption,
}

pub(crate) struct GetBucketEncryption;

impl Operation for GetBucketEncryption {
    const NAME: &'static str = "GetBucketEncryption";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?encryption"));
    const ACTION: Option<&'static str> = Some("GetEncryptionConfiguration");
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
        Ok(Output { server_side_encryption_configuration: encryption::of(&row)? })
    }
}
