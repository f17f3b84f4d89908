//! Batches: what their entries share.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::{BATCH_MAX, ENTRY_ID_CHARS_MAX};

/// An entry that failed, in a batch that as a whole succeeded.
#[derive(Debug, Shape)]
pub(crate) struct FailedEntry {
    id: String,
    sender_fault: bool,
    code: String,
    message: Option<String>,
}

impl FailedEntry {
    /// Entry `id` failed with `error`; an internal failure fails the whole batch, so that nothing is done half.
    pub(crate) fn of(id: String, error: Error) -> Result<Self, Error> {
        if matches!(error, Error::Internal(_)) {
            return Err(error);
        }
        let failure = cloud::ApiError::into_failure(error);
        let body = failure.body();
        Ok(Self {
            id,
            sender_fault: !body.server_fault,
            // Entries have the old codes in both protocols.
            code: body.query_code.clone().unwrap_or_else(|| body.code.clone()),
            message: Some(body.message.clone()),
        })
    }
}

/// Refuses batches that are empty, too large, or whose ids are wrong. `kind` is the entry's type, for the text.
pub(crate) fn check_ids<'a>(
    kind: &'static str,
    ids: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> Result<(), Error> {
    if ids.len() == 0 {
        return Err(Error::EmptyBatch(kind));
    }
    if ids.len() > BATCH_MAX {
        return Err(Error::TooManyEntries(ids.len()));
    }
    for (at, id) in ids.clone().enumerate() {
        if !is_label(id) {
            return Err(Error::InvalidEntryId);
        }
        if ids.clone().take(at).any(|earlier| earlier == id) {
            return Err(Error::EntryIdRepeated(id.to_owned()));
        }
    }
    Ok(())
}

/// Letters, digits, hyphens and underscores, 1 to 80 of them.
pub(crate) fn is_label(text: &str) -> bool {
    (1..=ENTRY_ID_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        let check = |ids: &[&str]| {
            let result = check_ids("X", ids.iter().copied());
            result.err().map(|error| cloud::ApiError::into_failure(error).code().to_owned())
        };
        assert_eq!(check(&["a", "b-_1"]), None);
        assert_eq!(check(&[]).unwrap(), "EmptyBatchRequest");
        assert_eq!(check(&["a"; 11]).unwrap(), "TooManyEntriesInBatchRequest");
        assert_eq!(check(&["a", "a"]).unwrap(), "BatchEntryIdsNotDistinct");
        assert_eq!(check(&["a:b"]).unwrap(), "InvalidBatchEntryId");
        assert_eq!(check(&[""]).unwrap(), "InvalidBatchEntryId");
        assert_eq!(check(&[&"a".repeat(81)]).unwrap(), "InvalidBatchEntryId");
    }
}
