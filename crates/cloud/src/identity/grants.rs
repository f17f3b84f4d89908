//! What a user or role may, gathered from all its policies.

use std::sync::Arc;

use iampolicy::{Kind, Policy};
use store::layer::table;
use store::{Error, Tx};

use super::record::{AccessKey, Group, ManagedPolicy, Role, Tags, User, key};
use super::{Key, aws_policies};
use crate::caller::Principal;

/// The policies and tags of a user or role.
#[derive(Debug, Default)]
pub struct Grants {
    /// The unique id of the user or role. A session of a role that was deleted and made again has another one.
    pub id: String,
    /// Its own and attached policies, and those of its groups.
    pub policies: Vec<Arc<Policy>>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// Its tags.
    pub tags: Tags,
}

impl Grants {
    /// Whether these belong to `principal` itself: its user or role may have been deleted, and one that was made since
    /// under the same name is somebody else.
    pub fn is_of(&self, principal: &Principal) -> bool {
        match principal {
            Principal::User { id, .. } | Principal::AssumedRole { id, .. } => **id == *self.id,
            Principal::Root | Principal::Service(_) | Principal::Anonymous => true,
        }
    }
}

/// A user or role by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Whose {
    account: Arc<str>,
    is_role: bool,
    name: Arc<str>,
}

impl Whose {
    /// `None` for principals without policies of their own.
    pub(super) fn of(account: &Arc<str>, principal: &Principal) -> Option<Self> {
        let (is_role, name) = match principal {
            Principal::User { name, .. } => (false, name.clone()),
            Principal::AssumedRole { role, .. } => (true, role.clone()),
            Principal::Root | Principal::Service(_) | Principal::Anonymous => return None,
        };
        Some(Self { account: account.clone(), is_role, name })
    }
}

/// Reads what a user or role may; nothing when there is none.
pub(super) async fn load(tx: &Tx, whose: &Whose) -> Result<Grants, Error> {
    let at = key(&whose.account, &whose.name);
    if whose.is_role {
        let Some(role) = table::get::<Role>(tx, at).await? else { return Ok(Grants::default()) };
        let policies = policies(tx, &role.account, role.inline.values(), &role.attached).await?;
        let boundary = boundary(tx, &role.account, role.boundary.as_deref()).await?;
        return Ok(Grants { id: role.id, policies, boundary, tags: role.tags });
    }
    let Some(user) = table::get::<User>(tx, at).await? else { return Ok(Grants::default()) };
    let mut all = policies(tx, &user.account, user.inline.values(), &user.attached).await?;
    for name in &user.groups {
        let group = table::get::<Group>(tx, key(&user.account, name)).await?;
        let group =
            group.ok_or_else(|| Error::Corrupt(format!("a user is in the missing group `{name}`")))?;
        all.extend(policies(tx, &group.account, group.inline.values(), &group.attached).await?);
    }
    let boundary = boundary(tx, &user.account, user.boundary.as_deref()).await?;
    Ok(Grants { id: user.id, policies: all, boundary, tags: user.tags })
}

async fn policies(
    tx: &Tx,
    account: &str,
    inline: impl Iterator<Item = &String>,
    attached: &[String],
) -> Result<Vec<Arc<Policy>>, Error> {
    let mut policies = inline.map(|text| parse(text, Kind::Inline)).collect::<Result<Vec<_>, _>>()?;
    for arn in attached {
        policies.push(managed(tx, account, arn).await?);
    }
    Ok(policies)
}

async fn boundary(tx: &Tx, account: &str, arn: Option<&str>) -> Result<Option<Arc<Policy>>, Error> {
    match arn {
        Some(arn) => managed(tx, account, arn).await.map(Some),
        None => Ok(None),
    }
}

async fn managed(tx: &Tx, account: &str, arn: &str) -> Result<Arc<Policy>, Error> {
    if let Some(policy) = aws_policies::parsed(arn) {
        return Ok(policy);
    }
    // Leaving a policy out could leave a `Deny` out, so a missing one stops the decision.
    let missing = || Error::Corrupt(format!("the attached policy `{arn}` is missing"));
    let name = arn.rsplit('/').next().ok_or_else(missing)?;
    let policy = table::get::<ManagedPolicy>(tx, key(account, name)).await?.ok_or_else(missing)?;
    parse(policy.default_document().ok_or_else(missing)?, Kind::Inline)
}

fn parse(document: &str, kind: Kind) -> Result<Arc<Policy>, Error> {
    let policy = Policy::parse(document, kind);
    policy.map(Arc::new).map_err(|error| Error::Corrupt(format!("a stored policy does not parse: {error}")))
}

/// Reads whose key it is; `None` when it is not there or not active.
pub(super) async fn load_key(tx: &Tx, access_key_id: &str) -> Result<Option<Key>, Error> {
    let Some(found) = table::get::<AccessKey>(tx, access_key_id).await?.filter(|found| found.active) else {
        return Ok(None);
    };
    let principal = match &found.user {
        None => Principal::Root,
        Some(name) => {
            let user = table::get::<User>(tx, key(&found.account, name)).await?;
            let user =
                user.ok_or_else(|| Error::Corrupt(format!("a key belongs to the missing user `{name}`")))?;
            Principal::User { name: user.name.into(), path: user.path.into(), id: user.id.into() }
        }
    };
    Ok(Some(Key {
        secret: found.secret.into(),
        account: found.account.into(),
        principal,
        is_well_known: false,
    }))
}
