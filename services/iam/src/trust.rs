//! Trust policies: who may assume a role.

use cloud::identity::record::{Role, User};
use cloud::prelude::*;
use iampolicy::{Kind, Policy, TRUST_POLICY_CHARACTERS_MAX};

use crate::entity;
use crate::error::Error;

/// Refuses a document that is no trust policy, is too long or trusts somebody who is not there.
///
/// Differs from AWS: only users and roles of the caller's own account are looked up.
pub(crate) async fn check(cx: &mut Cx, document: &str) -> Result<(), Error> {
    let policy = Policy::parse(document, Kind::Trust)?;
    if iampolicy::size(document) > TRUST_POLICY_CHARACTERS_MAX {
        return Err(Error::LimitExceeded(format!(
            "Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARACTERS_MAX}"
        )));
    }
    for principal in policy.named_principals() {
        if !exists(cx, principal).await? {
            let text = format!("Invalid principal in policy: \"AWS\":\"{principal}\"");
            return Err(Error::MalformedPolicyDocument(text));
        }
    }
    Ok(())
}

async fn exists(cx: &mut Cx, principal: &str) -> Result<bool, Error> {
    let start = format!("arn:aws:iam::{}:", cx.account());
    let Some(rest) = principal.strip_prefix(&start) else { return Ok(true) };
    let name = rest.rsplit('/').next().unwrap_or_default();
    if rest.starts_with("role/") {
        return Ok(entity::find::<Role>(cx, name).await?.is_some_and(|role| role.arn() == principal));
    }
    Ok(entity::find::<User>(cx, name).await?.is_some_and(|user| user.arn() == principal))
}
