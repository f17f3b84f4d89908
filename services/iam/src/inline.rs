//! Policies inside users, groups and roles.

use cloud::prelude::*;
use iampolicy::{Kind as PolicyKind, Policy};

use crate::entity::{self, Entity};
use crate::error::Error;
use crate::names;
use crate::page::{Page, Paged};

/// Puts a policy in, in place of one of the same name.
pub(crate) async fn put<E: Entity>(
    cx: &mut Cx,
    name: &str,
    policy: String,
    document: String,
) -> Result<(), Error> {
    names::check("policyName", &policy)?;
    let mut entity: E = entity::get(cx, name).await?;
    entity::check_changeable(entity.path(), entity.name())?;
    Policy::parse(&document, PolicyKind::Inline)?;
    entity.inline_mut().insert(policy, document);
    let size: usize = entity.inline().values().map(|document| iampolicy::size(document)).sum();
    let max = E::INLINE_CHARACTERS_MAX;
    if size > max {
        return Err(Error::LimitExceeded(format!(
            "Maximum policy size of {max} bytes exceeded for {} {}",
            E::NOUN,
            entity.name()
        )));
    }
    entity::save(cx, &entity).await
}

/// The name of the entity and the text of the policy.
pub(crate) async fn get<E: Entity>(cx: &mut Cx, name: &str, policy: &str) -> Result<(String, String), Error> {
    let entity: E = entity::get(cx, name).await?;
    match entity.inline().get(policy) {
        Some(document) => Ok((entity.name().to_owned(), document.clone())),
        None => Err(missing::<E>(policy)),
    }
}

/// Takes a policy out.
pub(crate) async fn delete<E: Entity>(cx: &mut Cx, name: &str, policy: &str) -> Result<(), Error> {
    let mut entity: E = entity::get(cx, name).await?;
    entity::check_changeable(entity.path(), entity.name())?;
    if entity.inline_mut().remove(policy).is_none() {
        return Err(missing::<E>(policy));
    }
    entity::save(cx, &entity).await
}

/// A page of the names.
pub(crate) async fn list<E: Entity>(cx: &mut Cx, name: &str, paged: &Paged) -> Result<Page<String>, Error> {
    let entity: E = entity::get(cx, name).await?;
    paged.of(entity.inline().keys().cloned().collect())
}

fn missing<E: Entity>(policy: &str) -> Error {
    Error::NoSuchEntity(format!("The {} policy with name {policy} cannot be found.", E::NOUN))
}
