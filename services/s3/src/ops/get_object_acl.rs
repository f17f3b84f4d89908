//! GetObjectAcl: the bucket's owner may do everything; lists are disabled.

use cloud::prelude::*;

use super::get_object::object;
use crate::acl::{self, AccessControlPolicy};
use crate::bucket;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label)]
    bucket: String,
    #[shape(label)]
    key: String,
    #[shape(querystring = "versionId")]
    version_id: Option<String>,
    #[shape(header = "x-amz-expected-bucket-owner")]
    expected_bucket_owner: Option<String>,
}

pub(crate) struct GetObjectAcl;

impl Operation for GetObjectAcl {
    const NAME: &'static str = "GetObjectAcl";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}/{Key+}?acl"));
    type Input = Input;
    type Output = AccessControlPolicy;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(bucket::object_arn(&input.bucket, &input.key))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<AccessControlPolicy, Error> {
        object(
            cx,
            &input.bucket,
            &input.key,
            input.version_id.as_deref(),
            input.expected_bucket_owner.as_deref(),
        )
        .await?;
        let row = bucket::open(cx, &input.bucket).await?;
        Ok(acl::of_owner(&row.owner))
    }
}
