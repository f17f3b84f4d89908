//! ListPolicyVersions.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed::{self, Found};
use crate::page::{More, Paged};
use crate::shapes::{self, VersionShape};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    versions: Vec<VersionShape>,
    #[shape(flatten)]
    more: More,
}

/// The versions of a managed policy, the newest first.
///
/// Differs from AWS: of the policies of AWS only the default version is there.
pub(crate) struct ListPolicyVersions;

impl Operation for ListPolicyVersions {
    const NAME: &'static str = "ListPolicyVersions";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let versions = match managed::get(cx, &input.policy_arn).await? {
            Found::Own(policy) => {
                policy.versions.iter().rev().map(|version| shapes::listed_version(&policy, version)).collect()
            }
            Found::Aws(policy) => vec![shapes::listed_aws_version(&policy)],
        };
        let page = input.paged.of(versions)?;
        Ok(Output { versions: page.items, more: page.more })
    }
}
