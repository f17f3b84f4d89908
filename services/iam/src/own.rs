//! Operations that mean the caller when they name no user.

use cloud::caller::Principal;
use cloud::identity::record::User;
use cloud::prelude::*;

use crate::entity;
use crate::error::Error;

/// The name of the user: the given one or the caller's; `None` is the root user.
pub(crate) fn user(cx: &Cx, given: Option<String>) -> Result<Option<String>, Error> {
    if given.is_some() {
        return Ok(given);
    }
    match &cx.caller().principal {
        Principal::Root => Ok(None),
        Principal::User { name, .. } => Ok(Some(name.to_string())),
        _ => Err(Error::Validation("Must specify userName when calling with non-User credentials".into())),
    }
}

/// What access is decided on, without looking at the store.
pub(crate) fn arn(cx: &Cx, given: Option<&str>) -> Resource {
    match (given, &cx.caller().principal) {
        (Some(name), _) => entity::arn(cx, "user", "/", name).into(),
        (None, Principal::User { name, path, .. }) => entity::arn(cx, "user", path, name).into(),
        (None, Principal::Root) => entity::arn(cx, "root", "", "").into(),
        // `user` refuses these callers.
        (None, _) => Resource::Any,
    }
}

/// What access is decided on.
pub(crate) async fn resource(cx: &mut Cx, given: Option<&str>) -> Result<Resource, Error> {
    match given {
        Some(name) => entity::resource::<User>(cx, name).await,
        None => Ok(arn(cx, None)),
    }
}
