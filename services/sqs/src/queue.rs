//! What a queue is: names, URLs, rules. Pure.

use crate::error::Error;

/// Longest queue name (SQS Developer Guide, "Quotas related to queues").
const NAME_CHARS_MAX: usize = 80;

/// Refuses names that SQS does not allow.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len());
    if fits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Ok(());
    }
    Err(Error::InvalidParameterValue(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length".to_owned(),
    ))
}

/// The URL of a queue.
pub(crate) fn url(endpoint: &str, account: &str, name: &str) -> String {
    format!("{endpoint}/{account}/{name}")
}
