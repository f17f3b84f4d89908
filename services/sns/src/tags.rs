//! Tags of topics. Pure.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::TAGS_MAX;

/// A tag.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    pub(crate) key: String,
    #[shape(len = 0..=256)]
    pub(crate) value: String,
}

/// Tags as they are stored. A name that comes twice is refused (recorded: test_tags).
pub(crate) fn read(tags: Vec<Tag>) -> Result<BTreeMap<String, String>, Error> {
    let mut read = BTreeMap::new();
    for tag in tags {
        if read.insert(tag.key, tag.value).is_some() {
            return Err(Error::invalid("Duplicated keys are not allowed."));
        }
    }
    Ok(read)
}

/// Refuses more tags than a topic may have.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > TAGS_MAX { Err(Error::Tags) } else { Ok(()) }
}

/// Tags as they are shown.
pub(crate) fn shown(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}
