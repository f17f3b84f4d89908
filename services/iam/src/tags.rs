//! Tags of users, roles, policies and instance profiles.

use cloud::access;
use cloud::identity::record::Tags;
use cloud::prelude::*;

use crate::error::Error;

/// Most tags that one thing may have.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
const TAGS_MAX: usize = 50;

/// A tag on the wire.
#[derive(Shape, Clone)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    key: String,
    #[shape(len = 0..=256)]
    value: String,
}

/// The tags of a new thing.
pub(crate) fn new(tags: Option<Vec<Tag>>) -> Result<Tags, Error> {
    let mut all = Tags::new();
    add(&mut all, tags.unwrap_or_default())?;
    Ok(all)
}

/// Adds tags; one with a known key, whatever its case, takes that one's place.
pub(crate) fn add(all: &mut Tags, more: Vec<Tag>) -> Result<(), Error> {
    for (index, tag) in more.iter().enumerate() {
        if tag.key.to_ascii_lowercase().starts_with("aws:") {
            return Err(Error::InvalidInput(format!(
                "Invalid tag key: {}. Tag keys cannot start with the reserved prefix aws:",
                tag.key
            )));
        }
        if more[..index].iter().any(|other| other.key.eq_ignore_ascii_case(&tag.key)) {
            return Err(Error::InvalidInput(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.".into(),
            ));
        }
    }
    for tag in more {
        match all.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(&tag.key)) {
            Some(known) => *known = (tag.key, tag.value),
            None => all.push((tag.key, tag.value)),
        }
    }
    if all.len() > TAGS_MAX {
        return Err(Error::LimitExceeded(format!(
            "The number of tags has reached the maximum limit of {TAGS_MAX}."
        )));
    }
    Ok(())
}

/// Takes tags away; unknown keys are fine.
pub(crate) fn remove(all: &mut Tags, keys: &[String]) {
    all.retain(|(key, _)| !keys.iter().any(|gone| gone.eq_ignore_ascii_case(key)));
}

/// Tags for an answer.
pub(crate) fn shapes(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// Tags for an answer that leaves out an empty list.
pub(crate) fn shapes_if_any(tags: &Tags) -> Option<Vec<Tag>> {
    (!tags.is_empty()).then(|| shapes(tags))
}

/// The tags of a request as the condition `aws:RequestTag`.
pub(crate) fn conditions(tags: Option<&Vec<Tag>>) -> Conditions {
    match tags {
        Some(tags) if !tags.is_empty() => {
            vec![access::request_tags(tags.iter().map(|tag| (&tag.key, &tag.value)))]
        }
        _ => Vec::new(),
    }
}
