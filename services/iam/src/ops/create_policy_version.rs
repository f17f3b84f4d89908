//! CreatePolicyVersion.

use cloud::identity::record::PolicyVersion;
use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::{self, VersionShape};
use crate::{entity, managed, versions};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    #[shape(len = 1..=131072)]
    policy_document: String,
    set_as_default: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_version: VersionShape,
}

/// Adds a version to a managed policy.
pub(crate) struct CreatePolicyVersion;

impl Operation for CreatePolicyVersion {
    const NAME: &'static str = "CreatePolicyVersion";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut policy = managed::get_own(cx, &input.policy_arn).await?;
        versions::check(&input.policy_document)?;
        if policy.versions.len() >= versions::VERSIONS_MAX {
            return Err(Error::LimitExceeded(format!(
                "A managed policy can have up to {} versions. Before you create a new version, you must delete an \
                 existing version.",
                versions::VERSIONS_MAX
            )));
        }
        let version = PolicyVersion {
            id: format!("v{}", policy.next_version),
            document: input.policy_document,
            created_at_millis: cx.now().millis(),
        };
        policy.next_version += 1;
        policy.updated_at_millis = version.created_at_millis;
        if input.set_as_default.unwrap_or(false) {
            policy.default_version = version.id.clone();
        }
        policy.versions.push(version.clone());
        entity::save(cx, &policy).await?;
        Ok(Output { policy_version: shapes::listed_version(&policy, &version) })
    }
}
