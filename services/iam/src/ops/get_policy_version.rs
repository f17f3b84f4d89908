//! GetPolicyVersion.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed::{self, Found};
use crate::shapes::{self, VersionShape};
use crate::versions;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    #[shape(pattern = "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?")]
    version_id: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_version: VersionShape,
}

/// A version of a managed policy.
pub(crate) struct GetPolicyVersion;

impl Operation for GetPolicyVersion {
    const NAME: &'static str = "GetPolicyVersion";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let found = match managed::get(cx, &input.policy_arn).await? {
            Found::Own(policy) => {
                policy.version(&input.version_id).map(|version| shapes::version(&policy, version))
            }
            Found::Aws(policy) => (policy.version == input.version_id).then(|| shapes::aws_version(&policy)),
        };
        let policy_version = found.ok_or_else(|| versions::missing(&input.policy_arn, &input.version_id))?;
        Ok(Output { policy_version })
    }
}
