//! PutObjectAcl: refused, as S3 does where the bucket's owner owns everything.

use cloud::prelude::*;

use super::get_object::object;
use crate::bucket;
use crate::error::Error;
use crate::settings::Nothing;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(header = "x-amz-acl", name = "ACL")]
    acl: Option<String>,
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct PutObjectAcl;

impl Operation for PutObjectAcl {
    const NAME: &'static str = "PutObjectAcl";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/{Bucket}/{Key+}?acl", 200));
    type Input = Input;
    type Output = Nothing;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Nothing, Error> {
        object(
            cx,
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
        // The lists that say what is true anyway.
        match input.acl.as_deref() {
            Some("private" | "bucket-owner-full-control") => Ok(Nothing {}),
            _ => Err(Error::AclNotSupported),
        }
    }
}
