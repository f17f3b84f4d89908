//! The stored records of principals and policies.
//!
//! Names are unique whatever their case, so a record's key has its name in lower case; the record keeps the case.
//! Policies stand in the records as their text; they were checked when they were written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

/// Index of users, groups and roles: by the ARN of an attached managed policy.
pub const BY_POLICY: u8 = 1;
/// Index of users and roles: by the ARN of their permissions boundary.
pub const BY_BOUNDARY: u8 = 2;
/// Index of users: by the name of a group, in lower case.
pub const BY_GROUP: u8 = 3;
/// Index of access keys: by account and user.
pub const BY_USER: u8 = 1;
/// Index of instance profiles: by the name of the role, in lower case.
pub const BY_ROLE: u8 = 1;

/// Tags in the order in which they were given.
pub type Tags = Vec<(String, String)>;

/// The key of a record by account and name.
pub fn key(account: &str, name: &str) -> Tuple {
    Tuple::of((account, name.to_ascii_lowercase()))
}

/// Account and name of a role from its ARN, whatever its path.
pub fn role_of_arn(arn: &str) -> Option<(&str, &str)> {
    let rest = arn.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
    (!name.is_empty()).then_some((account, name))
}

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AIDA…`
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// Its tags.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its own policies by name.
    pub inline: BTreeMap<String, String>,
    /// The ARNs of attached policies, in the order of attachment.
    pub attached: Vec<String>,
    /// The names of its groups.
    pub groups: Vec<String>,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AGPA…`
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// Its own policies by name.
    pub inline: BTreeMap<String, String>,
    /// The ARNs of attached policies, in the order of attachment.
    pub attached: Vec<String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AROA…`
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// Who may assume it.
    pub trust: String,
    /// What it is for.
    pub description: Option<String>,
    /// How long its sessions may last.
    pub max_session_seconds: i32,
    /// Its tags.
    pub tags: Tags,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its own policies by name.
    pub inline: BTreeMap<String, String>,
    /// The ARNs of attached policies, in the order of attachment.
    pub attached: Vec<String>,
}

/// A managed policy of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `ANPA…`
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// When it was changed last, in milliseconds since 1970.
    pub updated_at_millis: i64,
    /// The id of the version that counts.
    pub default_version: String,
    /// All versions, the oldest first.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version that comes next.
    pub next_version: u32,
    /// Its tags.
    pub tags: Tags,
}

/// A version of a managed policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// `v1`
    pub id: String,
    /// Its text.
    pub document: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
}

/// A long-term access key.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// The secret.
    pub secret: String,
    /// Its account.
    pub account: String,
    /// Its user; `None` for the root user's.
    pub user: Option<String>,
    /// Whether it is `Active`, not `Inactive`.
    pub active: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
}

/// An instance profile: a role in a box for virtual machines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceProfile {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// `/` or `/a/b/`.
    pub path: String,
    /// `AIPA…`
    pub id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at_millis: i64,
    /// The name of its role.
    pub role: Option<String>,
    /// Its tags.
    pub tags: Tags,
}

/// What an account is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountAlias {
    /// The account.
    pub account: String,
    /// Its alias.
    pub alias: String,
}

impl User {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.name)
    }
}

impl Group {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:group{}{}", self.account, self.path, self.name)
    }
}

impl Role {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name)
    }
}

impl InstanceProfile {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:instance-profile{}{}", self.account, self.path, self.name)
    }
}

impl ManagedPolicy {
    /// Its ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:policy{}{}", self.account, self.path, self.name)
    }

    /// A version by its id.
    pub fn version(&self, id: &str) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// The version that counts.
    pub fn default_document(&self) -> Option<&str> {
        self.version(&self.default_version).map(|version| version.document.as_str())
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).field("user", &self.user).finish_non_exhaustive()
    }
}

fn entity_indexes(
    attached: &[String],
    boundary: Option<&String>,
    groups: &[String],
    account: &str,
) -> Vec<Index> {
    let mut indexes: Vec<Index> = attached.iter().map(|arn| Index::new(BY_POLICY, (account, arn))).collect();
    indexes.extend(boundary.map(|arn| Index::new(BY_BOUNDARY, (account, arn))));
    indexes.extend(groups.iter().map(|group| Index::new(BY_GROUP, (account, group.to_ascii_lowercase()))));
    indexes
}

impl Record for User {
    const PREFIX: Prefix = keyspace::IDENTITY_USER;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 3;

    fn key(&self) -> Tuple {
        key(&self.account, &self.name)
    }

    fn indexes(&self) -> Vec<Index> {
        entity_indexes(&self.attached, self.boundary.as_ref(), &self.groups, &self.account)
    }
}

impl Record for Group {
    const PREFIX: Prefix = keyspace::IDENTITY_GROUP;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        key(&self.account, &self.name)
    }

    fn indexes(&self) -> Vec<Index> {
        entity_indexes(&self.attached, None, &[], &self.account)
    }
}

impl Record for Role {
    const PREFIX: Prefix = keyspace::IDENTITY_ROLE;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 2;

    fn key(&self) -> Tuple {
        key(&self.account, &self.name)
    }

    fn indexes(&self) -> Vec<Index> {
        entity_indexes(&self.attached, self.boundary.as_ref(), &[], &self.account)
    }
}

impl Record for ManagedPolicy {
    const PREFIX: Prefix = keyspace::IDENTITY_POLICY;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        key(&self.account, &self.name)
    }
}

impl Record for AccessKey {
    const PREFIX: Prefix = keyspace::IDENTITY_ACCESS_KEY;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.id)
    }

    fn indexes(&self) -> Vec<Index> {
        let user = self.user.as_ref().map(|user| user.to_ascii_lowercase());
        vec![Index::new(BY_USER, (&self.account, user))]
    }
}

impl Record for InstanceProfile {
    const PREFIX: Prefix = keyspace::IDENTITY_INSTANCE_PROFILE;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        key(&self.account, &self.name)
    }

    fn indexes(&self) -> Vec<Index> {
        let role = self.role.iter();
        role.map(|role| Index::new(BY_ROLE, (&self.account, role.to_ascii_lowercase()))).collect()
    }
}

impl Record for AccountAlias {
    const PREFIX: Prefix = keyspace::IDENTITY_ALIAS;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.account)
    }
}
