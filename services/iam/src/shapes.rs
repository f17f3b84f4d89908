//! Users, groups, roles and policies as answers show them.

use cloud::identity::AwsPolicy;
use cloud::identity::record::{Group, InstanceProfile, ManagedPolicy, PolicyVersion, Role, User};
use cloud::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tags::{self, Tag};

/// A permissions boundary.
#[derive(Shape)]
pub(crate) struct BoundaryShape {
    permissions_boundary_type: String,
    permissions_boundary_arn: String,
}

/// A user.
#[derive(Shape)]
pub(crate) struct UserShape {
    path: Option<String>,
    user_name: Option<String>,
    user_id: String,
    arn: String,
    create_date: Timestamp,
    permissions_boundary: Option<BoundaryShape>,
    tags: Option<Vec<Tag>>,
}

/// A group.
#[derive(Shape)]
pub(crate) struct GroupShape {
    path: String,
    group_name: String,
    group_id: String,
    arn: String,
    create_date: Timestamp,
}

/// When a role was used; this cloud does not remember it.
#[derive(Shape)]
pub(crate) struct RoleLastUsed {
    last_used_date: Option<Timestamp>,
    region: Option<String>,
}

/// A role.
#[derive(Shape)]
pub(crate) struct RoleShape {
    path: String,
    role_name: String,
    role_id: String,
    arn: String,
    create_date: Timestamp,
    assume_role_policy_document: String,
    description: Option<String>,
    max_session_duration: Option<i32>,
    permissions_boundary: Option<BoundaryShape>,
    tags: Option<Vec<Tag>>,
    role_last_used: Option<RoleLastUsed>,
}

/// A managed policy.
#[derive(Shape)]
pub(crate) struct PolicyShape {
    policy_name: String,
    policy_id: String,
    arn: String,
    path: String,
    default_version_id: String,
    attachment_count: i32,
    permissions_boundary_usage_count: i32,
    is_attachable: bool,
    description: Option<String>,
    create_date: Timestamp,
    update_date: Timestamp,
    tags: Option<Vec<Tag>>,
}

/// A version of a managed policy.
#[derive(Shape)]
pub(crate) struct VersionShape {
    document: Option<String>,
    version_id: String,
    is_default_version: bool,
    create_date: Timestamp,
}

/// A managed policy at a user, group or role.
#[derive(Shape)]
pub(crate) struct AttachedPolicy {
    pub(crate) policy_name: String,
    pub(crate) policy_arn: String,
}

/// An instance profile.
#[derive(Shape)]
pub(crate) struct InstanceProfileShape {
    path: String,
    instance_profile_name: String,
    instance_profile_id: String,
    arn: String,
    create_date: Timestamp,
    roles: Vec<RoleShape>,
    tags: Option<Vec<Tag>>,
}

/// Everything but the unreserved characters of RFC 3986 is escaped in policy documents.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A policy document as answers hold it.
pub(crate) fn document(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

fn boundary(arn: Option<&String>) -> Option<BoundaryShape> {
    let kind = "Policy".to_owned();
    arn.map(|arn| BoundaryShape { permissions_boundary_type: kind, permissions_boundary_arn: arn.clone() })
}

/// A user as lists show it: without boundary and tags.
pub(crate) fn listed_user(user: &User) -> UserShape {
    UserShape {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: user.id.clone(),
        arn: user.arn(),
        create_date: Timestamp::from_millis(user.created_at_millis),
        permissions_boundary: None,
        tags: None,
    }
}

/// A user with everything.
pub(crate) fn user(user: &User) -> UserShape {
    UserShape {
        permissions_boundary: boundary(user.boundary.as_ref()),
        tags: tags::shapes_if_any(&user.tags),
        ..listed_user(user)
    }
}

/// The root user, who has neither name nor path. When an account was made is not remembered.
pub(crate) fn root_user(account: &str) -> UserShape {
    UserShape {
        path: None,
        user_name: None,
        user_id: account.to_owned(),
        arn: format!("arn:aws:iam::{account}:root"),
        create_date: Timestamp::from_secs(0),
        permissions_boundary: None,
        tags: None,
    }
}

/// A group.
pub(crate) fn group(group: &Group) -> GroupShape {
    GroupShape {
        path: group.path.clone(),
        group_name: group.name.clone(),
        group_id: group.id.clone(),
        arn: group.arn(),
        create_date: Timestamp::from_millis(group.created_at_millis),
    }
}

/// A role as CreateRole answers it: AWS leaves out how long sessions last.
pub(crate) fn new_role(role: &Role) -> RoleShape {
    RoleShape {
        max_session_duration: None,
        permissions_boundary: boundary(role.boundary.as_ref()),
        tags: tags::shapes_if_any(&role.tags),
        ..listed_role(role)
    }
}

/// A role as lists show it: without boundary, tags and last use.
pub(crate) fn listed_role(role: &Role) -> RoleShape {
    RoleShape {
        path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        arn: role.arn(),
        create_date: Timestamp::from_millis(role.created_at_millis),
        assume_role_policy_document: document(&role.trust),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_seconds),
        permissions_boundary: None,
        tags: None,
        role_last_used: None,
    }
}

/// A role with everything.
pub(crate) fn role(role: &Role) -> RoleShape {
    RoleShape {
        permissions_boundary: boundary(role.boundary.as_ref()),
        tags: tags::shapes_if_any(&role.tags),
        role_last_used: Some(RoleLastUsed { last_used_date: None, region: None }),
        ..listed_role(role)
    }
}

/// How often a policy is used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    pub(crate) attached: i32,
    pub(crate) boundary: i32,
}

/// A managed policy as lists show it: without description and tags.
pub(crate) fn listed_policy(policy: &ManagedPolicy, uses: Uses) -> PolicyShape {
    PolicyShape {
        policy_name: policy.name.clone(),
        policy_id: policy.id.clone(),
        arn: policy.arn(),
        path: policy.path.clone(),
        default_version_id: policy.default_version.clone(),
        attachment_count: uses.attached,
        permissions_boundary_usage_count: uses.boundary,
        is_attachable: true,
        description: None,
        create_date: Timestamp::from_millis(policy.created_at_millis),
        update_date: Timestamp::from_millis(policy.updated_at_millis),
        tags: None,
    }
}

/// A managed policy as CreatePolicy answers it.
pub(crate) fn new_policy(policy: &ManagedPolicy) -> PolicyShape {
    PolicyShape { tags: tags::shapes_if_any(&policy.tags), ..listed_policy(policy, Uses::default()) }
}

/// A managed policy with everything; GetPolicy has an empty list where there are no tags.
pub(crate) fn policy(policy: &ManagedPolicy, uses: Uses) -> PolicyShape {
    PolicyShape {
        description: policy.description.clone(),
        tags: Some(tags::shapes(&policy.tags)),
        ..listed_policy(policy, uses)
    }
}

/// A managed policy of AWS.
pub(crate) fn aws_policy(policy: &AwsPolicy, uses: Uses) -> PolicyShape {
    PolicyShape {
        policy_name: policy.name.to_owned(),
        policy_id: aws_policy_id(policy.name),
        arn: policy.arn(),
        path: policy.path.to_owned(),
        default_version_id: policy.version.to_owned(),
        attachment_count: uses.attached,
        permissions_boundary_usage_count: uses.boundary,
        is_attachable: true,
        description: None,
        create_date: instant(policy.created),
        update_date: instant(policy.updated),
        tags: None,
    }
}

/// An id of AWS's form that is always the same for a policy. AWS's own ids are not published.
fn aws_policy_id(name: &str) -> String {
    let hex = wire::digest::sha256_hex(name.as_bytes()).to_uppercase();
    format!("ANPA{}", &hex[..17])
}

/// The version of a policy of AWS.
pub(crate) fn aws_version(policy: &AwsPolicy) -> VersionShape {
    VersionShape {
        document: Some(document(policy.document())),
        version_id: policy.version.to_owned(),
        is_default_version: true,
        create_date: instant(policy.updated),
    }
}

/// The version of a policy of AWS as lists show it.
pub(crate) fn listed_aws_version(policy: &AwsPolicy) -> VersionShape {
    VersionShape { document: None, ..aws_version(policy) }
}

fn instant(rfc3339: &str) -> Timestamp {
    let instant: jiff::Timestamp = rfc3339.parse().expect("a test reads the times of all policies of AWS");
    Timestamp::from_secs(instant.as_second())
}

/// A version as lists show it: without its document.
pub(crate) fn listed_version(policy: &ManagedPolicy, version: &PolicyVersion) -> VersionShape {
    VersionShape {
        document: None,
        version_id: version.id.clone(),
        is_default_version: version.id == policy.default_version,
        create_date: Timestamp::from_millis(version.created_at_millis),
    }
}

/// A version with its document.
pub(crate) fn version(policy: &ManagedPolicy, version: &PolicyVersion) -> VersionShape {
    VersionShape { document: Some(document(&version.document)), ..listed_version(policy, version) }
}

/// An instance profile with its role.
pub(crate) fn instance_profile(profile: &InstanceProfile, role: Option<&Role>) -> InstanceProfileShape {
    InstanceProfileShape {
        path: profile.path.clone(),
        instance_profile_name: profile.name.clone(),
        instance_profile_id: profile.id.clone(),
        arn: profile.arn(),
        create_date: Timestamp::from_millis(profile.created_at_millis),
        roles: role
            .map(|role| RoleShape { max_session_duration: None, ..listed_role(role) })
            .into_iter()
            .collect(),
        tags: Some(tags::shapes(&profile.tags)),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn policies_of_aws_can_be_shown() {
        for policy in cloud::identity::aws_policies() {
            let shown = super::aws_policy(&policy, super::Uses::default());
            assert!(shown.create_date <= shown.update_date && shown.policy_id.len() == 21, "{}", policy.name);
        }
    }
}
