//! Queue tags. Pure.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::{TAG_KEY_CHARS_MAX, TAG_VALUE_CHARS_MAX, TAGS_MAX};

/// Adds tags; one with a known key gets the new value.
pub(crate) fn add(queue: &mut QueueRow, tags: BTreeMap<String, String>) -> Result<(), Error> {
    for (key, value) in tags {
        if !(1..=TAG_KEY_CHARS_MAX).contains(&key.chars().count()) {
            return Err(Error::Invalid(
                "Tag keys must be between 1 and 128 characters in length.".to_owned(),
            ));
        }
        if value.chars().count() > TAG_VALUE_CHARS_MAX {
            return Err(Error::Invalid(
                "Tag values must be between 0 and 256 characters in length.".to_owned(),
            ));
        }
        queue.tags.insert(key, value);
    }
    if queue.tags.len() > TAGS_MAX {
        return Err(Error::Invalid(format!("Too many tags added for queue {}.", queue.name)));
    }
    Ok(())
}
