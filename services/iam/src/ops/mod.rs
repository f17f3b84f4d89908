//! One file for each operation.

use cloud::operation::{Entry, entry};

mod add_role_to_instance_profile;
mod add_user_to_group;
mod attach_group_policy;
mod attach_role_policy;
mod attach_user_policy;
mod create_access_key;
mod create_account_alias;
mod create_group;
mod create_instance_profile;
mod create_policy;
mod create_policy_version;
mod create_role;
mod create_service_linked_role;
mod create_user;
mod delete_access_key;
mod delete_account_alias;
mod delete_group;
mod delete_group_policy;
mod delete_instance_profile;
mod delete_policy;
mod delete_policy_version;
mod delete_role;
mod delete_role_permissions_boundary;
mod delete_role_policy;
mod delete_service_linked_role;
mod delete_user;
mod delete_user_permissions_boundary;
mod delete_user_policy;
mod detach_group_policy;
mod detach_role_policy;
mod detach_user_policy;
mod get_access_key_last_used;
mod get_account_summary;
mod get_group;
mod get_group_policy;
mod get_instance_profile;
mod get_policy;
mod get_policy_version;
mod get_role;
mod get_role_policy;
mod get_service_linked_role_deletion_status;
mod get_user;
mod get_user_policy;
mod list_access_keys;
mod list_account_aliases;
mod list_attached_group_policies;
mod list_attached_role_policies;
mod list_attached_user_policies;
mod list_entities_for_policy;
mod list_group_policies;
mod list_groups;
mod list_groups_for_user;
mod list_instance_profile_tags;
mod list_instance_profiles;
mod list_instance_profiles_for_role;
pub(crate) mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod list_role_policies;
mod list_role_tags;
mod list_roles;
mod list_user_policies;
mod list_user_tags;
mod list_users;
mod put_group_policy;
mod put_role_permissions_boundary;
mod put_role_policy;
mod put_user_permissions_boundary;
mod put_user_policy;
mod remove_role_from_instance_profile;
mod remove_user_from_group;
mod set_default_policy_version;
mod simulate_custom_policy;
mod simulate_principal_policy;
mod tag_instance_profile;
mod tag_policy;
mod tag_role;
mod tag_user;
mod untag_instance_profile;
mod untag_policy;
mod untag_role;
mod untag_user;
mod update_access_key;
mod update_assume_role_policy;
mod update_group;
mod update_role;
mod update_role_description;
mod update_user;

use add_role_to_instance_profile::AddRoleToInstanceProfile;
use add_user_to_group::AddUserToGroup;
use attach_group_policy::AttachGroupPolicy;
use attach_role_policy::AttachRolePolicy;
use attach_user_policy::AttachUserPolicy;
use create_access_key::CreateAccessKey;
use create_account_alias::CreateAccountAlias;
use create_group::CreateGroup;
use create_instance_profile::CreateInstanceProfile;
use create_policy::CreatePolicy;
use create_policy_version::CreatePolicyVersion;
use create_role::CreateRole;
pub(crate) use create_role::SESSION_SECONDS_DEFAULT;
use create_service_linked_role::CreateServiceLinkedRole;
use create_user::CreateUser;
use delete_access_key::DeleteAccessKey;
use delete_account_alias::DeleteAccountAlias;
use delete_group::DeleteGroup;
use delete_group_policy::DeleteGroupPolicy;
use delete_instance_profile::DeleteInstanceProfile;
use delete_policy::DeletePolicy;
use delete_policy_version::DeletePolicyVersion;
use delete_role::DeleteRole;
use delete_role_permissions_boundary::DeleteRolePermissionsBoundary;
use delete_role_policy::DeleteRolePolicy;
use delete_service_linked_role::DeleteServiceLinkedRole;
use delete_user::DeleteUser;
use delete_user_permissions_boundary::DeleteUserPermissionsBoundary;
use delete_user_policy::DeleteUserPolicy;
use detach_group_policy::DetachGroupPolicy;
use detach_role_policy::DetachRolePolicy;
use detach_user_policy::DetachUserPolicy;
use get_access_key_last_used::GetAccessKeyLastUsed;
use get_account_summary::GetAccountSummary;
use get_group::GetGroup;
use get_group_policy::GetGroupPolicy;
use get_instance_profile::GetInstanceProfile;
use get_policy::GetPolicy;
use get_policy_version::GetPolicyVersion;
use get_role::GetRole;
use get_role_policy::GetRolePolicy;
use get_service_linked_role_deletion_status::GetServiceLinkedRoleDeletionStatus;
use get_user::GetUser;
use get_user_policy::GetUserPolicy;
use list_access_keys::ListAccessKeys;
use list_account_aliases::ListAccountAliases;
use list_attached_group_policies::ListAttachedGroupPolicies;
use list_attached_role_policies::ListAttachedRolePolicies;
use list_attached_user_policies::ListAttachedUserPolicies;
use list_entities_for_policy::ListEntitiesForPolicy;
use list_group_policies::ListGroupPolicies;
use list_groups::ListGroups;
use list_groups_for_user::ListGroupsForUser;
use list_instance_profile_tags::ListInstanceProfileTags;
use list_instance_profiles::ListInstanceProfiles;
use list_instance_profiles_for_role::ListInstanceProfilesForRole;
use list_policies::ListPolicies;
use list_policy_tags::ListPolicyTags;
use list_policy_versions::ListPolicyVersions;
use list_role_policies::ListRolePolicies;
use list_role_tags::ListRoleTags;
use list_roles::ListRoles;
use list_user_policies::ListUserPolicies;
use list_user_tags::ListUserTags;
use list_users::ListUsers;
use put_group_policy::PutGroupPolicy;
use put_role_permissions_boundary::PutRolePermissionsBoundary;
use put_role_policy::PutRolePolicy;
use put_user_permissions_boundary::PutUserPermissionsBoundary;
use put_user_policy::PutUserPolicy;
use remove_role_from_instance_profile::RemoveRoleFromInstanceProfile;
use remove_user_from_group::RemoveUserFromGroup;
use set_default_policy_version::SetDefaultPolicyVersion;
use simulate_custom_policy::SimulateCustomPolicy;
use simulate_principal_policy::SimulatePrincipalPolicy;
use tag_instance_profile::TagInstanceProfile;
use tag_policy::TagPolicy;
use tag_role::TagRole;
use tag_user::TagUser;
use untag_instance_profile::UntagInstanceProfile;
use untag_policy::UntagPolicy;
use untag_role::UntagRole;
use untag_user::UntagUser;
use update_access_key::UpdateAccessKey;
use update_assume_role_policy::UpdateAssumeRolePolicy;
use update_group::UpdateGroup;
use update_role::UpdateRole;
use update_role_description::UpdateRoleDescription;
use update_user::UpdateUser;

/// All of them.
pub(crate) const ALL: &[Entry] = &[
    entry::<AddRoleToInstanceProfile>(),
    entry::<AddUserToGroup>(),
    entry::<AttachGroupPolicy>(),
    entry::<AttachRolePolicy>(),
    entry::<AttachUserPolicy>(),
    entry::<CreateAccessKey>(),
    entry::<CreateAccountAlias>(),
    entry::<CreateGroup>(),
    entry::<CreateInstanceProfile>(),
    entry::<CreatePolicy>(),
    entry::<CreatePolicyVersion>(),
    entry::<CreateRole>(),
    entry::<CreateServiceLinkedRole>(),
    entry::<CreateUser>(),
    entry::<DeleteAccessKey>(),
    entry::<DeleteAccountAlias>(),
    entry::<DeleteGroup>(),
    entry::<DeleteGroupPolicy>(),
    entry::<DeleteInstanceProfile>(),
    entry::<DeletePolicy>(),
    entry::<DeletePolicyVersion>(),
    entry::<DeleteRole>(),
    entry::<DeleteRolePermissionsBoundary>(),
    entry::<DeleteRolePolicy>(),
    entry::<DeleteServiceLinkedRole>(),
    entry::<DeleteUser>(),
    entry::<DeleteUserPermissionsBoundary>(),
    entry::<DeleteUserPolicy>(),
    entry::<DetachGroupPolicy>(),
    entry::<DetachRolePolicy>(),
    entry::<DetachUserPolicy>(),
    entry::<GetAccessKeyLastUsed>(),
    entry::<GetAccountSummary>(),
    entry::<GetGroup>(),
    entry::<GetGroupPolicy>(),
    entry::<GetInstanceProfile>(),
    entry::<GetPolicy>(),
    entry::<GetPolicyVersion>(),
    entry::<GetRole>(),
    entry::<GetRolePolicy>(),
    entry::<GetServiceLinkedRoleDeletionStatus>(),
    entry::<GetUser>(),
    entry::<GetUserPolicy>(),
    entry::<ListAccessKeys>(),
    entry::<ListAccountAliases>(),
    entry::<ListAttachedGroupPolicies>(),
    entry::<ListAttachedRolePolicies>(),
    entry::<ListAttachedUserPolicies>(),
    entry::<ListEntitiesForPolicy>(),
    entry::<ListGroupPolicies>(),
    entry::<ListGroups>(),
    entry::<ListGroupsForUser>(),
    entry::<ListInstanceProfileTags>(),
    entry::<ListInstanceProfiles>(),
    entry::<ListInstanceProfilesForRole>(),
    entry::<ListPolicies>(),
    entry::<ListPolicyTags>(),
    entry::<ListPolicyVersions>(),
    entry::<ListRolePolicies>(),
    entry::<ListRoleTags>(),
    entry::<ListRoles>(),
    entry::<ListUserPolicies>(),
    entry::<ListUserTags>(),
    entry::<ListUsers>(),
    entry::<PutGroupPolicy>(),
    entry::<PutRolePermissionsBoundary>(),
    entry::<PutRolePolicy>(),
    entry::<PutUserPermissionsBoundary>(),
    entry::<PutUserPolicy>(),
    entry::<RemoveRoleFromInstanceProfile>(),
    entry::<RemoveUserFromGroup>(),
    entry::<SetDefaultPolicyVersion>(),
    entry::<SimulateCustomPolicy>(),
    entry::<SimulatePrincipalPolicy>(),
    entry::<TagInstanceProfile>(),
    entry::<TagPolicy>(),
    entry::<TagRole>(),
    entry::<TagUser>(),
    entry::<UntagInstanceProfile>(),
    entry::<UntagPolicy>(),
    entry::<UntagRole>(),
    entry::<UntagUser>(),
    entry::<UpdateAccessKey>(),
    entry::<UpdateAssumeRolePolicy>(),
    entry::<UpdateGroup>(),
    entry::<UpdateRole>(),
    entry::<UpdateRoleDescription>(),
    entry::<UpdateUser>(),
];
