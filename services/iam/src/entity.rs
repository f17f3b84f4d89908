//! What users, groups and roles have in common: a name, a path, an ARN, policies.

use std::collections::BTreeMap;

use cloud::identity::record::{self, Group, Role, User};
use cloud::prelude::*;
use store::layer::table::{self, Paging, Record};

use crate::error::Error;
use crate::page::{More, Page, Paged};

/// A user, a group or a role.
pub(crate) trait Entity: Record + Clone {
    /// In texts: `user`.
    const NOUN: &'static str;
    /// At the start of texts: `User`.
    const TITLE: &'static str;
    /// The quota of attached policies, as IAM names it.
    const ATTACHED_QUOTA: &'static str;
    /// How much all inline policies may hold together.
    const INLINE_CHARACTERS_MAX: usize;

    /// Its name.
    fn name(&self) -> &str;
    /// Its path.
    fn path(&self) -> &str;
    /// Its ARN.
    fn arn(&self) -> String;
    /// Its own policies.
    fn inline(&self) -> &BTreeMap<String, String>;
    /// Its own policies.
    fn inline_mut(&mut self) -> &mut BTreeMap<String, String>;
    /// The ARNs of its attached policies.
    fn attached(&self) -> &[String];
    /// The ARNs of its attached policies.
    fn attached_mut(&mut self) -> &mut Vec<String>;
}

/// Roles that belong to a service can be changed by that service alone.
const SERVICE_ROLE_PATH: &str = "/aws-service-role/";

/// Whether the role belongs to a service.
pub(crate) fn is_service_linked(role: &Role) -> bool {
    role.path.starts_with(SERVICE_ROLE_PATH)
}

/// Refuses to change a role that belongs to a service.
pub(crate) fn check_changeable(path: &str, name: &str) -> Result<(), Error> {
    if path.starts_with(SERVICE_ROLE_PATH) {
        return Err(Error::Unmodifiable(format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        )));
    }
    Ok(())
}

/// The entity called `name`, if there is one.
pub(crate) async fn find<E: Entity>(cx: &mut Cx, name: &str) -> Result<Option<E>, Error> {
    let key = record::key(cx.account(), name);
    Ok(table::get(cx.tx(), key).await?)
}

/// The entity called `name`.
pub(crate) async fn get<E: Entity>(cx: &mut Cx, name: &str) -> Result<E, Error> {
    let missing = || Error::NoSuchEntity(format!("The {} with name {name} cannot be found.", E::NOUN));
    find(cx, name).await?.ok_or_else(missing)
}

/// Stores a new entity.
pub(crate) async fn create<E: Entity>(cx: &mut Cx, entity: &E) -> Result<(), Error> {
    note_change(cx);
    if !table::insert(cx.tx(), entity).await? {
        return Err(Error::AlreadyExists(format!(
            "{} with name {} already exists.",
            E::TITLE,
            entity.name()
        )));
    }
    Ok(())
}

/// Stores a changed record.
pub(crate) async fn save<R: Record>(cx: &mut Cx, record: &R) -> Result<(), Error> {
    note_change(cx);
    Ok(table::put(cx.tx(), record).await?)
}

/// Removes a record.
pub(crate) async fn remove<R: Record>(cx: &mut Cx, record: &R) -> Result<(), Error> {
    note_change(cx);
    table::delete::<R>(cx.tx(), record.key()).await?;
    Ok(())
}

/// Tells access decisions that identities change with the transaction.
fn note_change(cx: &mut Cx) {
    let cloud = cx.cloud().clone();
    cloud.identities().note_change(cx.tx());
}

/// Refuses to delete an entity that still has policies.
pub(crate) fn check_bare<E: Entity>(entity: &E) -> Result<(), Error> {
    if !entity.attached().is_empty() {
        return Err(Error::DeleteConflict("Cannot delete entity, must detach all policies first.".into()));
    }
    if !entity.inline().is_empty() {
        return Err(Error::DeleteConflict("Cannot delete entity, must delete policies first.".into()));
    }
    Ok(())
}

/// What access to the entity called `name` is decided on: its ARN, with its path once it is there.
pub(crate) async fn resource<E: Entity>(cx: &mut Cx, name: &str) -> Result<Resource, Error> {
    let named = match find::<E>(cx, name).await? {
        Some(entity) => parse(&entity.arn())?,
        None => arn(cx, E::NOUN, "/", name),
    };
    Ok(named.into())
}

/// An ARN of IAM in the caller's account.
pub(crate) fn arn(cx: &Cx, kind: &str, path: &str, name: &str) -> Arn {
    Arn::new("iam", "", cx.account(), format_args!("{kind}{path}{name}"))
}

/// An ARN that was made here.
fn parse(arn: &str) -> Result<Arn, Error> {
    arn.parse().map_err(|error| Error::Internal(Failure::internal(error)))
}

/// A page of the entities whose path begins with `path_prefix`, by name.
pub(crate) async fn list<E: Entity>(
    cx: &mut Cx,
    path_prefix: Option<&str>,
    paged: &Paged,
) -> Result<Page<E>, Error> {
    list_where(cx, paged, |entity: &E| entity.path().starts_with(path_prefix.unwrap_or("/"))).await
}

/// A page of the records of the account that `wanted` picks, by name.
pub(crate) async fn list_where<R: Record>(
    cx: &mut Cx,
    paged: &Paged,
    wanted: impl Fn(&R) -> bool,
) -> Result<Page<R>, Error> {
    let account = cx.account().to_owned();
    let mut after = paged.cursor()?;
    let mut items = Vec::new();
    loop {
        let room = paged.max() - items.len();
        let listing = table::list::<R>(cx.tx(), &account, &Paging::after(room, after)).await?;
        items.extend(listing.items.into_iter().filter(&wanted));
        match listing.next {
            Some(next) if items.len() < paged.max() => after = Some(next),
            next => return Ok(Page { items, more: More::at(next.map(|next| next.to_text())) }),
        }
    }
}

/// Makes a record an [`Entity`]: all three have these fields.
macro_rules! entity {
    ($record:ident, $noun:literal, $title:literal, $attached_quota:literal, $inline_characters_max:expr) => {
        impl Entity for $record {
            const NOUN: &'static str = $noun;
            const TITLE: &'static str = $title;
            const ATTACHED_QUOTA: &'static str = $attached_quota;
            const INLINE_CHARACTERS_MAX: usize = $inline_characters_max;

            fn name(&self) -> &str {
                &self.name
            }

            fn path(&self) -> &str {
                &self.path
            }

            fn arn(&self) -> String {
                self.arn()
            }

            fn inline(&self) -> &BTreeMap<String, String> {
                &self.inline
            }

            fn inline_mut(&mut self) -> &mut BTreeMap<String, String> {
                &mut self.inline
            }

            fn attached(&self) -> &[String] {
                &self.attached
            }

            fn attached_mut(&mut self) -> &mut Vec<String> {
                &mut self.attached
            }
        }
    };
}

entity!(User, "user", "User", "PoliciesPerUser", iampolicy::USER_INLINE_CHARACTERS_MAX);
entity!(Group, "group", "Group", "PoliciesPerGroup", iampolicy::GROUP_INLINE_CHARACTERS_MAX);
entity!(Role, "role", "Role", "PoliciesPerRole", iampolicy::ROLE_INLINE_CHARACTERS_MAX);
