//! Instance profiles.

use cloud::identity::record::{self, BY_ROLE, InstanceProfile, Role};
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::entity;
use crate::error::Error;
use crate::shapes::{self, InstanceProfileShape};

/// An account has at most this many instance profiles.
const PROFILES_MAX: usize = 1_000;

/// The instance profile called `name`, if there is one.
pub(crate) async fn find(cx: &mut Cx, name: &str) -> Result<Option<InstanceProfile>, Error> {
    let key = record::key(cx.account(), name);
    Ok(table::get(cx.tx(), key).await?)
}

/// The instance profile called `name`.
pub(crate) async fn get(cx: &mut Cx, name: &str) -> Result<InstanceProfile, Error> {
    let missing = || Error::NoSuchEntity(format!("Instance Profile {name} cannot be found."));
    find(cx, name).await?.ok_or_else(missing)
}

/// The instance profiles that hold a role.
pub(crate) async fn of_role(cx: &mut Cx, role: &str) -> Result<Vec<InstanceProfile>, Error> {
    let role = (cx.account().to_owned(), role.to_ascii_lowercase());
    Ok(table::list_by(cx.tx(), BY_ROLE, role, &Paging::first(PROFILES_MAX)).await?.items)
}

/// An instance profile for an answer, with its role.
pub(crate) async fn shape(cx: &mut Cx, profile: &InstanceProfile) -> Result<InstanceProfileShape, Error> {
    let role: Option<Role> = match &profile.role {
        Some(name) => Some(entity::get(cx, name).await?),
        None => None,
    };
    Ok(shapes::instance_profile(profile, role.as_ref()))
}

/// What access to the instance profile is decided on: its ARN, with its path once it is there.
pub(crate) async fn resource(cx: &mut Cx, name: &str) -> Result<Resource, Error> {
    let path = find(cx, name).await?.map_or_else(|| "/".to_owned(), |profile| profile.path);
    Ok(entity::arn(cx, "instance-profile", &path, name).into())
}
