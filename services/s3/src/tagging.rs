//! Tags of buckets and objects.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::BucketRow;
use crate::limits::{BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TAG_KEY_CHARS_MAX, TAG_VALUE_CHARS_MAX};
use crate::settings;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "tagging";

/// Tags, as S3 reads and writes them.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tagging {
    /// S3 takes a missing set for an empty one.
    #[shape(default, member = "Tag")]
    pub(crate) tag_set: Vec<Tag>,
}

#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
}

impl Tagging {
    /// From a map.
    pub(crate) fn of(tags: &BTreeMap<String, String>) -> Self {
        let tag =
            |(key, value): (&String, &String)| Tag { key: Some(key.clone()), value: Some(value.clone()) };
        Self { tag_set: tags.iter().map(tag).collect() }
    }

    /// To a map.
    pub(crate) fn map(self) -> BTreeMap<String, String> {
        self.tag_set
            .into_iter()
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect()
    }

    /// Refuses tags that a bucket cannot have.
    pub(crate) fn check_bucket(&self, system: &str) -> Result<(), Error> {
        if self.tag_set.len() > BUCKET_TAGS_MAX {
            let text = format!("Bucket tag count cannot be greater than {BUCKET_TAGS_MAX}");
            return Err(Error::invalid_tag(&text, None, None));
        }
        self.check(system)
    }

    /// Refuses tags that an object cannot have.
    pub(crate) fn check_object(&self) -> Result<(), Error> {
        if self.tag_set.len() > OBJECT_TAGS_MAX {
            return Err(Error::BadRequest(format!("Object tags cannot be greater than {OBJECT_TAGS_MAX}")));
        }
        self.check("Your TagKey cannot be prefixed with aws:")
    }

    fn check(&self, system: &str) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for Tag { key, value } in &self.tag_set {
            let (Some(key), Some(value)) = (key, value) else {
                return Err(Error::MalformedXml);
            };
            let invalid = |message: &str| Error::invalid_tag(message, Some(key), None);
            if key.starts_with("aws:") {
                return Err(invalid(system));
            }
            if key.is_empty() || !is_text(key, TAG_KEY_CHARS_MAX) {
                return Err(invalid("The TagKey you have provided is invalid"));
            }
            if !is_text(value, TAG_VALUE_CHARS_MAX) {
                let text = "The TagValue you have provided is invalid";
                return Err(Error::invalid_tag(text, Some(key), Some(value)));
            }
            if !seen.insert(key) {
                return Err(invalid("Cannot provide multiple Tags with the same key"));
            }
        }
        Ok(())
    }
}

/// Letters, digits, spaces and `+ - = . _ : / @` ("Tagging and access control policies").
fn is_text(text: &str, chars_max: usize) -> bool {
    text.chars().count() <= chars_max
        && text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "+-=._:/@".contains(c))
}

/// The bucket's tags.
pub(crate) fn of_bucket(row: &BucketRow) -> Result<Option<Tagging>, Error> {
    let tagging: Option<Tagging> = settings::read(row, NAME)?;
    Ok(tagging.filter(|tagging| !tagging.tag_set.is_empty()))
}

/// The tags that CloudFormation gave a bucket: who calls S3 can neither change nor remove them.
pub(crate) fn system_tags(row: &BucketRow) -> Result<Vec<Tag>, Error> {
    let tagging: Option<Tagging> = settings::read(row, NAME)?;
    let is_system = |tag: &Tag| tag.key.as_deref().is_some_and(|key| key.starts_with("aws:"));
    Ok(tagging.map(|tagging| tagging.tag_set).unwrap_or_default().into_iter().filter(is_system).collect())
}
