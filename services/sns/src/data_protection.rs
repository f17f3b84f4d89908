//! Data protection policies, which are kept and shown. Pure.

use serde_json::Value;

use crate::error::Error;
use crate::limits::DATA_PROTECTION_BYTES_MAX;

/// Refuses what is no policy.
pub(crate) fn check(policy: &str) -> Result<(), Error> {
    let wrong = |text: &str| Err(Error::invalid(format!("DataProtectionPolicy Reason: {text}")));
    if policy.len() > DATA_PROTECTION_BYTES_MAX {
        return wrong("Policy is too large");
    }
    match serde_json::from_str::<Value>(policy) {
        Ok(document) if document["Statement"].is_array() && document["Name"].is_string() => Ok(()),
        Ok(_) => wrong("Name and Statement are required"),
        Err(_) => wrong("failed to parse JSON."),
    }
}
