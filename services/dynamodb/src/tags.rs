//! Tags of tables.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::limits::TAGS_MAX;
use crate::shapes::Tag;

/// Tags that a request gives, each key once.
pub(crate) fn checked(tags: &[Tag]) -> Result<BTreeMap<String, String>, Error> {
    let mut checked = BTreeMap::new();
    for tag in tags {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Error::parameter("Tag keys must not begin with the reserved prefix: aws:"));
        }
        if checked.insert(tag.key.clone(), tag.value.clone()).is_some() {
            return Err(Error::parameter(format_args!("Duplicate tag key: {}", tag.key)));
        }
    }
    check_count(checked.len())?;
    Ok(checked)
}

/// Refuses more tags than a table may have.
pub(crate) fn check_count(count: usize) -> Result<(), Error> {
    if count > TAGS_MAX {
        return Err(Error::validation(format!(
            "One or more parameter values were invalid: Too many tags: a resource can have up to {TAGS_MAX}, found: {count}"
        )));
    }
    Ok(())
}
