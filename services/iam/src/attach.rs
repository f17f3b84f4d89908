//! Managed policies at users, groups and roles.

use cloud::prelude::*;

use crate::entity::{self, Entity};
use crate::error::Error;
use crate::managed;
use crate::page::{Page, Paged};
use crate::shapes::AttachedPolicy;

/// Most managed policies at one user, group or role (the default quotas).
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const ATTACHED_MAX: usize = 10;

/// The condition key that names the policy, so that policies can limit what may be attached.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>.
pub(crate) fn conditions(policy_arn: &str) -> Conditions {
    vec![("iam:PolicyARN", vec![policy_arn.to_owned()])]
}

/// Attaches a policy; one that is attached already is fine.
pub(crate) async fn attach<E: Entity>(cx: &mut Cx, name: &str, policy_arn: &str) -> Result<(), Error> {
    let mut entity: E = entity::get(cx, name).await?;
    entity::check_changeable(entity.path(), entity.name())?;
    managed::check_attachable(cx, policy_arn).await?;
    if entity.attached().iter().any(|arn| arn == policy_arn) {
        return Ok(());
    }
    if entity.attached().len() >= ATTACHED_MAX {
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for {}: {ATTACHED_MAX}",
            E::ATTACHED_QUOTA
        )));
    }
    entity.attached_mut().push(policy_arn.to_owned());
    entity::save(cx, &entity).await
}

/// Detaches a policy.
pub(crate) async fn detach<E: Entity>(cx: &mut Cx, name: &str, policy_arn: &str) -> Result<(), Error> {
    let mut entity: E = entity::get(cx, name).await?;
    entity::check_changeable(entity.path(), entity.name())?;
    let before = entity.attached().len();
    entity.attached_mut().retain(|arn| arn != policy_arn);
    if entity.attached().len() == before {
        return Err(managed::missing(policy_arn));
    }
    entity::save(cx, &entity).await
}

/// A page of the attached policies.
pub(crate) async fn list<E: Entity>(
    cx: &mut Cx,
    name: &str,
    path_prefix: Option<&str>,
    paged: &Paged,
) -> Result<Page<AttachedPolicy>, Error> {
    let entity: E = entity::get(cx, name).await?;
    let under = |arn: &&String| {
        let path = arn.split_once(":policy").map_or("/", |(_, path)| path);
        path.starts_with(path_prefix.unwrap_or("/"))
    };
    let attached = entity.attached().iter().filter(under);
    let shapes =
        attached.map(|arn| AttachedPolicy { policy_name: managed::name_of(arn), policy_arn: arn.clone() });
    paged.of(shapes.collect())
}
