//! GetBucketPolicyStatus.

use cloud::prelude::*;

use crate::bucket;
use crate::error::Error;
use crate::policy;
use crate::settings::{self, Named};

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    policy_status: PolicyStatus,
}

#[derive(Shape)]
struct PolicyStatus {
    is_public: bool,
}

pub(crate) struct GetBucketPolicyStatus;

impl Operation for GetBucketPolicyStatus {
    const NAME: &'static str = "GetBucketPolicyStatus";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/{Bucket}?policyStatus"));
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
        let policy = row.policy.ok_or(Error::NoPolicy { bucket: input.bucket })?;
        Ok(Output { policy_status: PolicyStatus { is_public: policy::is_public(&policy) } })
    }
}
