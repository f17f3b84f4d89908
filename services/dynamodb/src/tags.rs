//! Tags of tables. (Texts: `ack-api-quirks`, DDB-TABLE-442.)

use std::collections::BTreeMap;

use crate::error::Error;
use crate::limits::TAGS_MAX;
use crate::shapes::Tag;

/// Tags that a request gives, each key once.
pub(crate) fn checked(tags: &[Tag]) -> Result<BTreeMap<String, String>, Error> {
    let mut checked = BTreeMap::new();
    for tag in tags {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Error::validation(format!("Tag Key cannot be prefixed with aws:, Key: {}", tag.key)));
        }
        if checked.insert(tag.key.clone(), tag.value.clone()).is_some() {
            return Err(Error::validation(format!(
                "Duplicate Tag Keys provided as input: Duplicate Tag Key found {}",
                tag.key
            )));
        }
    }
    check_count(checked.len())?;
    Ok(checked)
}

/// Refuses more tags than a table may have.
pub(crate) fn check_count(count: usize) -> Result<(), Error> {
    if count > TAGS_MAX {
        return Err(Error::validation(
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ));
    }
    Ok(())
}
