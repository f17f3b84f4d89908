//! PutBucketPolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};
use crate::{policy, public_access};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(payload)]
    policy: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutBucketPolicy;

impl Operation for PutBucketPolicy {
    const NAME: &'static str = "PutBucketPolicy";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?policy", 204));
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
        let mut row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        let document = input.policy.unwrap_or_default();
        policy::check(&document, &input.bucket)?;
        let blocks = public_access::of(&row)?.is_some_and(|block| block.block_public_policy == Some(true));
        if blocks && policy::is_public(&document) {
            return Err(Error::AccessDenied(format!(
                "User: {} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{}\" because \
                 public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                cx.caller().arn(),
                input.bucket
            )));
        }
        row.policy = Some(document);
        table::put(cx.tx(), &row).await?;
        Ok(Nothing {})
    }
}
