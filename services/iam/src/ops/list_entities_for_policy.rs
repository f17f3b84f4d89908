//! ListEntitiesForPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed::{self, Users};
use crate::ops::list_policies::Usage;
use crate::page::{More, Paged};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
    entity_filter: Option<Filter>,
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    policy_usage_filter: Option<Usage>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy_groups: Vec<PolicyGroup>,
    policy_users: Vec<PolicyUser>,
    policy_roles: Vec<PolicyRole>,
    #[shape(flatten)]
    more: More,
}

/// The users, groups and roles that a managed policy is attached to, or that it bounds.
pub(crate) struct ListEntitiesForPolicy;

impl Operation for ListEntitiesForPolicy {
    const NAME: &'static str = "ListEntitiesForPolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        managed::get(cx, &input.policy_arn).await?;
        let mut found = Vec::new();
        if !matches!(input.policy_usage_filter, Some(Usage::PermissionsBoundary)) {
            found.extend(entries(managed::attached_to(cx, &input.policy_arn).await?));
        }
        if !matches!(input.policy_usage_filter, Some(Usage::PermissionsPolicy)) {
            found.extend(entries(managed::bounds(cx, &input.policy_arn).await?));
        }
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let wanted = |entry: &Entry| match (&input.entity_filter, entry) {
            (Some(Filter::User), Entry::User(..)) | (Some(Filter::Role), Entry::Role(..)) => true,
            (Some(Filter::Group), Entry::Group(..)) | (None, _) => true,
            (Some(Filter::LocalManagedPolicy | Filter::AwsManagedPolicy), _) => true,
            (Some(_), _) => false,
        };
        found.retain(|(path, entry)| path.starts_with(prefix) && wanted(entry));
        let page = input.paged.of(found)?;
        let mut output = Output {
            policy_groups: Vec::new(),
            policy_users: Vec::new(),
            policy_roles: Vec::new(),
            more: page.more,
        };
        for (_, entry) in page.items {
            match entry {
                Entry::User(user) => output.policy_users.push(user),
                Entry::Group(group) => output.policy_groups.push(group),
                Entry::Role(role) => output.policy_roles.push(role),
            }
        }
        Ok(output)
    }
}

/// Which kind of entity.
#[derive(Shape)]
pub(crate) enum Filter {
    User,
    Role,
    Group,
    LocalManagedPolicy,
    #[shape(name = "AWSManagedPolicy")]
    AwsManagedPolicy,
}

/// A group.
#[derive(Shape)]
pub(crate) struct PolicyGroup {
    group_name: String,
    group_id: String,
}

/// A user.
#[derive(Shape)]
pub(crate) struct PolicyUser {
    user_name: String,
    user_id: String,
}

/// A role.
#[derive(Shape)]
pub(crate) struct PolicyRole {
    role_name: String,
    role_id: String,
}

enum Entry {
    User(PolicyUser),
    Group(PolicyGroup),
    Role(PolicyRole),
}

/// All of them with their paths.
fn entries(found: Users) -> Vec<(String, Entry)> {
    let groups = found.groups.into_iter();
    let groups = groups
        .map(|group| (group.path, Entry::Group(PolicyGroup { group_name: group.name, group_id: group.id })));
    let users = found.users.into_iter();
    let users =
        users.map(|user| (user.path, Entry::User(PolicyUser { user_name: user.name, user_id: user.id })));
    let roles = found.roles.into_iter();
    let roles =
        roles.map(|role| (role.path, Entry::Role(PolicyRole { role_name: role.name, role_id: role.id })));
    groups.chain(users).chain(roles).collect()
}
