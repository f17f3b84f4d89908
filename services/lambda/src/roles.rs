//! Execution roles.

use std::sync::Arc;

use cloud::caller::{Caller, Origin};
use cloud::identity::session::Wanted;
use cloud::prelude::*;
use cloud::{Cloud, access};
use serde_json::json;

use crate::error::Error;
use crate::limits::CREDENTIALS_SECONDS;
use crate::runtime::launch::Credentials;

/// The principal as which Lambda assumes roles.
pub(crate) const SERVICE: &str = "lambda.amazonaws.com";

/// The policy of an internal operation: only the outbox, which calls as Lambda, may come there.
pub(crate) fn outbox_policy(action: &str, resource: &str) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": action,
        "Resource": resource,
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Refuses a role that the caller may not pass, that is not there, or that does not trust Lambda.
pub(crate) async fn check(cx: &mut Cx, arn: &str) -> Result<(), Error> {
    // AWS's text for both, so that it does not tell which roles exist.
    let refused = || Error::invalid("The role defined for the function cannot be assumed by Lambda.");
    let parsed: Arn = arn.parse().map_err(|_| refused())?;
    if parsed.account() != cx.account() {
        return Err(Error::AccessDenied("Cross-account pass role is not allowed.".to_string()));
    }
    let to_lambda = vec![("iam:PassedToService", vec![SERVICE.to_string()])];
    cx.require("iam:PassRole", &Resource::One(parsed), &to_lambda).await?;
    let role = cx.cloud().identities().find_role(arn).await?.ok_or_else(refused)?;
    let lambda = Caller::service(SERVICE, cx.account(), cx.region(), None);
    let as_lambda = cx.act_as(lambda);
    match access::decide_trust(&as_lambda, "sts:AssumeRole", arn, &role.trust, &Vec::new()).await {
        Ok(()) => Ok(()),
        Err(failure) if failure.status() >= 500 => Err(failure.into()),
        Err(_) => Err(refused()),
    }
}

/// The function's role as a caller of other services, with the function's name as the session's.
pub(crate) async fn caller(
    cloud: &Arc<Cloud>,
    role: &str,
    function: &str,
    region: &str,
) -> Result<Option<Caller>, store::Error> {
    let Some((account, principal)) = cloud.identities().role(role, function).await? else { return Ok(None) };
    Ok(Some(Caller {
        principal,
        account,
        region: region.into(),
        access_key_id: None,
        session: None,
        origin: Origin::default(),
    }))
}

/// Temporary credentials of the role for one environment; none when the role is gone.
pub(crate) async fn credentials(cloud: &Arc<Cloud>, role: &str, function: &str) -> Option<Credentials> {
    let wanted = Wanted {
        session_name: function,
        duration_seconds: CREDENTIALS_SECONDS,
        policies: &[],
        tags: &[],
        transitive_tags: &[],
    };
    match cloud.identities().role_session(cloud.clock(), cloud.chance(), role, wanted).await {
        Ok(Some(Ok(issued))) => Some(Credentials {
            access_key_id: issued.access_key_id,
            secret_access_key: issued.secret_access_key,
            session_token: issued.session_token,
        }),
        Ok(Some(Err(_too_large))) => None, // Without policies and tags a token is never too large.
        Ok(None) => {
            tracing::warn!(role, function, "the role of the function is gone: it gets no credentials");
            None
        }
        Err(error) => {
            tracing::error!(%error, role, "the credentials of a function could not be made");
            None
        }
    }
}
