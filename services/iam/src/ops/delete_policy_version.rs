//! DeletePolicyVersion.

use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, managed, versions};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    #[shape(pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")]
    version_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes a version of a managed policy that does not count.
pub(crate) struct DeletePolicyVersion;

impl Operation for DeletePolicyVersion {
    const NAME: &'static str = "DeletePolicyVersion";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut policy = managed::get_own(cx, &input.policy_arn).await?;
        if policy.version(&input.version_id).is_none() {
            return Err(versions::missing(&input.policy_arn, &input.version_id));
        }
        if policy.default_version == input.version_id {
            return Err(Error::DeleteConflict("Cannot delete the default version of a policy.".into()));
        }
        policy.versions.retain(|version| version.id != input.version_id);
        entity::save(cx, &policy).await?;
        Ok(Output {})
    }
}
