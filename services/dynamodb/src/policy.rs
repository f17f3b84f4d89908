//! Resource policies of tables and streams.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::POLICY_BYTES_MAX;
use crate::table::PolicyRow;

/// A policy that a request gives, with a new revision.
pub(crate) fn checked(cx: &Cx, text: &str) -> Result<PolicyRow, Error> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(Error::validation(format!(
            "Resource policy size of {} bytes exceeds the limit of {POLICY_BYTES_MAX} bytes",
            text.len()
        )));
    }
    if let Err(error) = iampolicy::Policy::parse(text, iampolicy::Kind::Resource) {
        return Err(Error::validation(format!("Invalid policy document: {error}")));
    }
    Ok(PolicyRow { text: text.to_owned(), revision: revision(cx) })
}

/// AWS's revision ids are numbers of 13 digits: the time in milliseconds.
fn revision(cx: &Cx) -> String {
    cx.now().millis().to_string()
}
