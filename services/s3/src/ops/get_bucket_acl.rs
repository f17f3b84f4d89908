//! GetBucketAcl: the owner may do everything; lists are disabled.

use cloud::prelude::*;

use crate::acl::{self, AccessControlPolicy};
use crate::bucket;
use crate::error::Error;
use crate::settings::{self, Named};

pub(crate) struct GetBucketAcl;

impl Operation for GetBucketAcl {
    const NAME: &'static str = "GetBucketAcl";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?acl"));
    type Input = Named;
    type Output = AccessControlPolicy;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Named) -> Result<Resource, Error> {
        Ok(bucket::arn(&input.bucket))
    }

    async fn terms(cx: &mut Cx, input: &Named) -> Result<Terms, Error> {
        bucket::terms(cx, &input.bucket).await
    }

    async fn run(cx: &mut Cx, input: Named) -> Result<AccessControlPolicy, Error> {
        let row = settings::bucket_of(cx, &input.bucket, input.expected_bucket_owner.as_deref()).await?;
        Ok(acl::of_owner(&row.owner))
    }
}
