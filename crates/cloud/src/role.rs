//! Roles as which services act: a rule, a schedule or a pipe names a role, and the service assumes it for each call.

use crate::access;
use crate::caller::{Caller, Origin, Principal};
use crate::cx::Cx;
use crate::failure::Failure;
use crate::operation::Resource;

/// The role at `role_arn` as a caller, in a session of this name, when `service` may assume it. `service` says on whose
/// behalf it comes, so that trust policies can ask for `aws:SourceArn` and `aws:SourceAccount`.
///
/// A role that is not there is refused in the same words as one that does not trust the service: which roles there are
/// is nobody else's business.
pub async fn assume(cx: &Cx, service: &Caller, role_arn: &str, session: &str) -> Result<Caller, Failure> {
    let Some(role) = cx.cloud().identities().find_role(role_arn).await? else {
        let text = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            service.arn()
        );
        return Err(Failure::new("AccessDenied", 403, text));
    };
    let asking = cx.act_as(service.clone());
    access::decide_trust(&asking, "sts:AssumeRole", role_arn, &role.trust, &Vec::new()).await?;
    Ok(Caller {
        principal: Principal::AssumedRole {
            role: role.name.as_str().into(),
            path: role.path.as_str().into(),
            id: role.id.as_str().into(),
            session: session.into(),
        },
        account: role.account.as_str().into(),
        region: service.region.clone(),
        access_key_id: None,
        session: None,
        origin: Origin::default(),
    })
}

/// What stands in the way of handing a role to a service.
#[derive(Debug)]
pub enum Unusable {
    /// The service cannot assume it, or it is not there.
    Untrusted,
    /// The caller may not pass it, or the question could not be asked.
    Failed(Failure),
}

/// Decides whether the caller may pass a role to `service`, and whether the service may assume it.
pub async fn check(cx: &mut Cx, service: &Caller, role_arn: &str) -> Result<(), Unusable> {
    let Ok(arn) = role_arn.parse() else { return Err(Unusable::Untrusted) };
    let passed_to = vec![("iam:PassedToService", vec![service.arn()])];
    cx.require("iam:PassRole", &Resource::One(arn), &passed_to).await.map_err(Unusable::Failed)?;
    match assume(cx, service, role_arn, "check").await {
        Ok(_) => Ok(()),
        Err(failure) if failure.status() >= 500 => Err(Unusable::Failed(failure)),
        Err(_) => Err(Unusable::Untrusted),
    }
}
