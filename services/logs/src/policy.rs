//! Policies by which an account lets services write to its groups.
//!
//! They belong to the account in a region, not to a group: what they say is for the groups that they name.

use cloud::prelude::*;
use iampolicy::{Kind as PolicyKind, Policy};
use serde_json::{Value, json};
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::PolicyRow;
use crate::limits::{POLICIES_MAX, POLICY_CHARS_MAX};

/// Checks a policy's text.
pub(crate) fn check(text: &str) -> Result<(), Error> {
    if text.chars().count() > POLICY_CHARS_MAX {
        return Err(Error::invalid(format!("the policy document has {POLICY_CHARS_MAX} characters at most")));
    }
    match Policy::parse(text, PolicyKind::Resource) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::invalid(error.to_string())),
    }
}

/// All policies of the caller's account in its region.
pub(crate) async fn all(cx: &Cx) -> Result<Vec<PolicyRow>, Error> {
    let view = cx.snapshot().await?;
    let page = Paging::first(POLICIES_MAX);
    Ok(table::list::<PolicyRow>(&view, (cx.account(), cx.region()), &page).await?.items)
}

/// What all policies say, as one.
pub(crate) async fn joined(cx: &Cx) -> Result<Option<String>, Error> {
    // The account's own principals need none of them.
    if !matches!(cx.caller().principal, cloud::caller::Principal::Service(_)) {
        return Ok(None);
    }
    let mut statements = Vec::new();
    for row in all(cx).await? {
        let document: Value = serde_json::from_str(&row.document).map_err(Failure::internal)?;
        match &document["Statement"] {
            Value::Array(some) => statements.extend(some.iter().cloned()),
            one => statements.push(one.clone()),
        }
    }
    if statements.is_empty() {
        return Ok(None);
    }
    Ok(Some(json!({"Version": "2012-10-17", "Statement": statements}).to_string()))
}
