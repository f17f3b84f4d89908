//! Managed policies: finding them by ARN, those of AWS and those of the account.

use std::collections::HashMap;

use cloud::identity::record::{self, BY_BOUNDARY, BY_POLICY, Group, ManagedPolicy, Role, User};
use cloud::identity::{AwsPolicy, aws_policy};
use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::shapes::Uses;

/// A managed policy, whoever's it is.
pub(crate) enum Found {
    Own(ManagedPolicy),
    Aws(AwsPolicy),
}

/// Where the ARNs of managed policies of AWS begin.
const AWS_ARN_START: &str = "arn:aws:iam::aws:policy/";

/// The managed policy with this ARN, if there is one.
pub(crate) async fn find(cx: &mut Cx, arn: &str) -> Result<Option<Found>, Error> {
    if arn.starts_with(AWS_ARN_START) {
        return Ok(aws_policy(arn).map(Found::Aws));
    }
    Ok(find_own(cx, arn).await?.map(Found::Own))
}

/// The policy of the account with this ARN, if there is one.
async fn find_own(cx: &mut Cx, arn: &str) -> Result<Option<ManagedPolicy>, Error> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let key = record::key(cx.account(), name);
    let policy: Option<ManagedPolicy> = table::get(cx.tx(), key).await?;
    Ok(policy.filter(|policy| policy.arn() == arn))
}

/// The managed policy with this ARN.
pub(crate) async fn get(cx: &mut Cx, arn: &str) -> Result<Found, Error> {
    find(cx, arn).await?.ok_or_else(|| missing(arn))
}

/// The policy of the account with this ARN; those of AWS cannot be changed.
pub(crate) async fn get_own(cx: &mut Cx, arn: &str) -> Result<ManagedPolicy, Error> {
    if arn.starts_with(AWS_ARN_START) {
        return Err(Error::AccessDenied(format!("The policy {arn} belongs to AWS and cannot be changed.")));
    }
    find_own(cx, arn).await?.ok_or_else(|| missing(arn))
}

/// Refuses to attach a policy that is not there.
pub(crate) async fn check_attachable(cx: &mut Cx, arn: &str) -> Result<(), Error> {
    if find(cx, arn).await?.is_none() {
        return Err(Error::NoSuchEntity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    Ok(())
}

/// Refuses a permissions boundary that is not there.
pub(crate) async fn check_boundary(cx: &mut Cx, arn: &str) -> Result<(), Error> {
    if find(cx, arn).await?.is_none() {
        return Err(Error::NoSuchEntity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(())
}

/// No policy has this ARN.
pub(crate) fn missing(arn: &str) -> Error {
    Error::NoSuchEntity(format!("Policy {arn} was not found."))
}

/// The name at the end of a policy's ARN.
pub(crate) fn name_of(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What access to the policy is decided on.
pub(crate) fn resource(arn: &str) -> Result<Resource, Error> {
    let invalid = || Error::InvalidInput(format!("ARN {arn} is not valid."));
    arn.parse::<Arn>().map(Resource::One).map_err(|_| invalid())
}

/// The users, groups and roles that a policy is attached to, or that it bounds.
#[derive(Default)]
pub(crate) struct Users {
    pub(crate) users: Vec<User>,
    pub(crate) groups: Vec<Group>,
    pub(crate) roles: Vec<Role>,
}

/// An account has at most this many users, the largest quota among users, groups and roles.
const ENTITIES_MAX: usize = 5_000;

/// Who a policy is attached to.
pub(crate) async fn attached_to(cx: &mut Cx, arn: &str) -> Result<Users, Error> {
    let at = (cx.account().to_owned(), arn.to_owned());
    let all = Paging::first(ENTITIES_MAX);
    let tx = cx.tx();
    Ok(Users {
        users: table::list_by(tx, BY_POLICY, &at_ref(&at), &all).await?.items,
        groups: table::list_by(tx, BY_POLICY, &at_ref(&at), &all).await?.items,
        roles: table::list_by(tx, BY_POLICY, &at_ref(&at), &all).await?.items,
    })
}

/// Whom a policy bounds.
pub(crate) async fn bounds(cx: &mut Cx, arn: &str) -> Result<Users, Error> {
    let at = (cx.account().to_owned(), arn.to_owned());
    let all = Paging::first(ENTITIES_MAX);
    let tx = cx.tx();
    Ok(Users {
        users: table::list_by(tx, BY_BOUNDARY, &at_ref(&at), &all).await?.items,
        groups: Vec::new(),
        roles: table::list_by(tx, BY_BOUNDARY, &at_ref(&at), &all).await?.items,
    })
}

fn at_ref(at: &(String, String)) -> (&str, &str) {
    (&at.0, &at.1)
}

impl Users {
    pub(crate) fn count(&self) -> i32 {
        i32::try_from(self.users.len() + self.groups.len() + self.roles.len()).unwrap_or(i32::MAX)
    }
}

/// All policies of the account by name.
pub(crate) async fn all_own(cx: &mut Cx) -> Result<Vec<ManagedPolicy>, Error> {
    let account = cx.account().to_owned();
    Ok(table::list(cx.tx(), &account, &Paging::first(ENTITIES_MAX)).await?.items)
}

/// How often each policy is used, by ARN.
pub(crate) async fn uses_of_all(cx: &mut Cx) -> Result<HashMap<String, Uses>, Error> {
    let account = cx.account().to_owned();
    let all = Paging::first(ENTITIES_MAX);
    let users = table::list::<User>(cx.tx(), &account, &all).await?.items;
    let groups = table::list::<Group>(cx.tx(), &account, &all).await?.items;
    let roles = table::list::<Role>(cx.tx(), &account, &all).await?.items;
    let mut uses: HashMap<String, Uses> = HashMap::new();
    let attached = users.iter().map(|user| &user.attached);
    let attached = attached.chain(groups.iter().map(|group| &group.attached));
    for arn in attached.chain(roles.iter().map(|role| &role.attached)).flatten() {
        uses.entry(arn.clone()).or_default().attached += 1;
    }
    let bounds = users.iter().map(|user| &user.boundary).chain(roles.iter().map(|role| &role.boundary));
    for arn in bounds.flatten() {
        uses.entry(arn.clone()).or_default().boundary += 1;
    }
    Ok(uses)
}

/// How often a policy is attached and how often it is a boundary.
pub(crate) async fn uses(cx: &mut Cx, arn: &str) -> Result<Uses, Error> {
    Ok(Uses { attached: attached_to(cx, arn).await?.count(), boundary: bounds(cx, arn).await?.count() })
}
