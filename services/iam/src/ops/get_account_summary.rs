//! GetAccountSummary.

use std::collections::BTreeMap;

use cloud::identity::record::{Group, InstanceProfile, Role, User};
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::managed;

#[derive(Shape)]
pub(crate) struct Input {}

#[derive(Shape)]
pub(crate) struct Output {
    summary_map: BTreeMap<String, i32>,
}

/// How many things there are in the account, and how many there may be.
pub(crate) struct GetAccountSummary;

impl Operation for GetAccountSummary {
    const NAME: &'static str = "GetAccountSummary";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        let count = |items: usize| i32::try_from(items).unwrap_or(i32::MAX);
        let account = cx.account().to_owned();
        let all = Paging::first(COUNTED_MAX);
        let users = table::list::<User>(cx.tx(), &account, &all).await?.items.len();
        let groups = table::list::<Group>(cx.tx(), &account, &all).await?.items.len();
        let roles = table::list::<Role>(cx.tx(), &account, &all).await?.items.len();
        let profiles = table::list::<InstanceProfile>(cx.tx(), &account, &all).await?.items.len();
        let policies = managed::all_own(cx).await?;
        let versions: usize = policies.iter().map(|policy| policy.versions.len()).sum();
        let found = [
            ("Users", count(users)),
            ("Groups", count(groups)),
            ("Roles", count(roles)),
            ("InstanceProfiles", count(profiles)),
            ("Policies", count(policies.len())),
            ("PolicyVersionsInUse", count(versions)),
        ];
        let all = found.into_iter().chain(QUOTAS.iter().copied());
        Ok(Output { summary_map: all.map(|(name, value)| (name.to_owned(), value)).collect() })
    }
}

/// More of a kind than the largest quota are not counted.
const COUNTED_MAX: usize = 5_000;

/// The default quotas.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const QUOTAS: &[(&str, i32)] = &[
    ("UsersQuota", 5_000),
    ("GroupsQuota", 300),
    ("RolesQuota", 1_000),
    ("InstanceProfilesQuota", 1_000),
    ("PoliciesQuota", 1_500),
    ("PolicyVersionsInUseQuota", 10_000),
    ("VersionsPerPolicyQuota", 5),
    ("AccessKeysPerUserQuota", 2),
    ("GroupsPerUserQuota", 10),
    ("AttachedPoliciesPerUserQuota", 10),
    ("AttachedPoliciesPerGroupQuota", 10),
    ("AttachedPoliciesPerRoleQuota", 10),
    ("PolicySizeQuota", 6_144),
    ("UserPolicySizeQuota", 2_048),
    ("GroupPolicySizeQuota", 5_120),
    ("RolePolicySizeQuota", 10_240),
    ("AssumeRolePolicySizeQuota", 2_048),
];
