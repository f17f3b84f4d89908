//! DeletePolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::{entity, managed};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

/// Deletes a managed policy that is not used.
pub(crate) struct DeletePolicy;

impl Operation for DeletePolicy {
    const NAME: &'static str = "DeletePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let policy = managed::get_own(cx, &input.policy_arn).await?;
        let uses = managed::uses(cx, &input.policy_arn).await?;
        if uses.attached + uses.boundary > 0 {
            return Err(Error::DeleteConflict("Cannot delete a policy attached to entities.".into()));
        }
        if policy.versions.len() > 1 {
            return Err(Error::DeleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                 versions. The default version is deleted with the policy."
                    .into(),
            ));
        }
        entity::remove(cx, &policy).await?;
        Ok(Output {})
    }
}
