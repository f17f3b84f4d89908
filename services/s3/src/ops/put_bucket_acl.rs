//! PutBucketAcl: refused, as S3 does for buckets whose owner owns everything.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Nothing};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutBucketAcl;

impl Operation for PutBucketAcl {
    const NAME: &'static str = "PutBucketAcl";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}?acl", 200));
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
        // The one list that says what is true anyway.
        if input.acl.as_deref() == Some("private") { Ok(Nothing {}) } else { Err(Error::AclNotSupported) }
    }
}
