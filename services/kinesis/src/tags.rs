//! Tags of streams and consumers.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::TAGS_MAX;

/// A tag in an answer.
#[derive(Debug, Shape)]
pub(crate) struct Tag {
    pub(crate) key: String,
    value: Option<String>,
}

/// Tags as they are shown.
pub(crate) fn shown(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: Some(value.clone()) }).collect()
}

/// Tags that a request gives.
pub(crate) fn checked(given: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    add(&mut tags, given)?;
    Ok(tags)
}

/// Longest key, and longest value. (botocore's model: TagKey, TagValue)
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// Adds tags to those that are there.
pub(crate) fn add(tags: &mut BTreeMap<String, String>, given: BTreeMap<String, String>) -> Result<(), Error> {
    let fits = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    for (key, value) in &given {
        if key.is_empty() || key.chars().count() > KEY_CHARS_MAX || value.chars().count() > VALUE_CHARS_MAX {
            return Err(Error::invalid(format!(
                "A tag's key has 1 to {KEY_CHARS_MAX} characters and its value up to {VALUE_CHARS_MAX}."
            )));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Error::invalid("Tag keys must not begin with the reserved prefix aws:."));
        }
        if !key.chars().chain(value.chars()).all(fits) {
            // Text: kinesalite, addTagsToStream.js
            return Err(Error::invalid(
                "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :.",
            ));
        }
    }
    tags.extend(given);
    if tags.len() > TAGS_MAX {
        return Err(Error::invalid(format!("A resource cannot have more than {TAGS_MAX} tags.")));
    }
    Ok(())
}

/// Removes tags.
pub(crate) fn remove(tags: &mut BTreeMap<String, String>, keys: &[String]) {
    tags.retain(|key, _| !keys.contains(key));
}
