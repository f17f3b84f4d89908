//! Conditional requests: `If-Match` and its siblings.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::ObjectRow;

/// The conditions of a read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Read {
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl Read {
    /// Decides as RFC 9110 does, in S3's order: an ETag that matches outweighs a date, and so does one that does not.
    pub(crate) fn check(&self, row: &ObjectRow, now: Timestamp) -> Result<(), Error> {
        let modified_secs = Timestamp::from_millis(row.modified_at_millis).secs();
        match (&self.if_match, self.if_unmodified_since) {
            (Some(wanted), _) if !matches(wanted, &row.etag) => return failed("If-Match"),
            (None, Some(since)) if modified_secs > since.secs() => return failed("If-Unmodified-Since"),
            _ => {}
        }
        // A date that is yet to come does not count (RFC 9110, "If-Modified-Since").
        let if_modified_since = self.if_modified_since.filter(|since| *since <= now);
        match (&self.if_none_match, if_modified_since) {
            (Some(unwanted), _) if matches(unwanted, &row.etag) => Err(Error::NotModified),
            (None, Some(since)) if modified_secs <= since.secs() => Err(Error::NotModified),
            _ => Ok(()),
        }
    }
}

/// Decides the conditions of a write on what is there now.
pub(crate) fn check_write(
    if_match: Option<&str>,
    if_none_match: Option<&str>,
    current: Option<&ObjectRow>,
    key: &str,
) -> Result<(), Error> {
    if if_match.is_some() && if_none_match.is_some() {
        return Err(Error::NotImplemented {
            header: "If-Match,If-None-Match".to_owned(),
            why: "Multiple conditional request headers present in the request".to_owned(),
        });
    }
    if if_match == Some("*") {
        return Err(Error::NotImplemented {
            header: "If-Match".to_owned(),
            why: "We don't accept the provided value of If-Match header for this API".to_owned(),
        });
    }
    if let Some(wanted) = if_match {
        let row = current.ok_or_else(|| Error::no_key(key))?;
        if !matches(wanted, &row.etag) {
            return failed("If-Match");
        }
    }
    match (if_none_match, current) {
        (Some("*"), Some(_)) => failed("If-None-Match"),
        (Some("*") | None, _) => Ok(()),
        (Some(_), _) => Err(Error::NotImplemented {
            header: "If-None-Match".to_owned(),
            why: "We don't accept the provided value of If-None-Match header for this API".to_owned(),
        }),
    }
}

fn failed(condition: &'static str) -> Result<(), Error> {
    Err(Error::PreconditionFailed { condition })
}

/// Whether one of the ETags in `header` is `etag`.
pub(crate) fn matches(header: &str, etag: &str) -> bool {
    header
        .split(',')
        .map(|one| one.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|one| one == "*" || one == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_with_and_without_quotes() {
        assert!(matches("\"abc\"", "abc") && matches("abc", "abc") && matches("\"x\", \"abc\"", "abc"));
        assert!(matches("*", "abc") && !matches("\"ab\"", "abc"));
    }
}
