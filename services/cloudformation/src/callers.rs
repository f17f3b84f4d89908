//! On whose behalf the resources of a stack are made.

use cloud::access;
use cloud::caller::{Caller, Origin, Principal, StoredCaller};
use cloud::identity::record::{self, Role};
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;

const PRINCIPAL: &str = "cloudformation.amazonaws.com";
/// The name of the sessions in which CloudFormation uses a stack's role.
const SESSION: &str = "AWSCloudFormation";

/// The caller that was written down. `None` when acting for it would allow more than it was allowed.
pub(crate) fn restore(stored: &StoredCaller) -> Option<Caller> {
    stored.restore(PRINCIPAL)
}

/// Whether the caller may hand this role to CloudFormation. Asked when a request names a role; a role that a stack has
/// already is used for everybody who may work on the stack, as in AWS.
pub(crate) async fn check_pass(cx: &mut Cx, role_arn: &str) -> Result<(), Error> {
    let arn: Arn = role_arn.parse().map_err(|_| invalid_role(role_arn))?;
    let passed_to = vec![("iam:PassedToService", vec![PRINCIPAL.to_owned()])];
    Ok(cx.require("iam:PassRole", &arn.into(), &passed_to).await?)
}

fn invalid_role(role_arn: &str) -> Error {
    Error::invalid(format!("Role {role_arn} is invalid or cannot be assumed"))
}

/// The caller as which the resources of a stack are made: the stack's role, or the caller with its call forwarded.
pub(crate) async fn acting(cx: &Cx, role_arn: Option<&str>) -> Result<Caller, Error> {
    let Some(role_arn) = role_arn else {
        return Ok(cx.caller().via(PRINCIPAL));
    };
    let wrong = || invalid_role(role_arn);
    let (account, name) = record::role_of_arn(role_arn).ok_or_else(wrong)?;
    let tx = cx.snapshot().await?;
    let role: Role = table::get(&tx, record::key(account, name)).await?.ok_or_else(wrong)?;
    let service = Caller::service(PRINCIPAL, cx.account(), cx.region(), None);
    let (service, conditions) = (cx.act_as(service), Vec::new());
    let trusted = access::decide_trust(&service, "sts:AssumeRole", role_arn, &role.trust, &conditions).await;
    if role.arn() != role_arn || account != cx.account() || trusted.is_err() {
        return Err(wrong());
    }
    Ok(Caller {
        principal: Principal::AssumedRole {
            role: role.name.as_str().into(),
            path: role.path.as_str().into(),
            id: role.id.as_str().into(),
            session: SESSION.into(),
        },
        account: cx.caller().account.clone(),
        region: cx.caller().region.clone(),
        access_key_id: None,
        session: None,
        origin: Origin { via: Some(PRINCIPAL), ..Origin::default() },
    })
}
