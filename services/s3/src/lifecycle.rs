//! Lifecycle rules: when objects expire and unfinished uploads are given up.
//!
//! Rules about versions and delete markers are kept; they have nothing to act on while objects have no versions.
//!
//! Differs from AWS: transitions to other storage classes are refused.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{BucketRow, ObjectRow};
use crate::limits::LIFECYCLE_RULES_MAX;
use crate::settings;
use crate::tagging::Tag;

/// Its name among a bucket's configurations.
pub(crate) const NAME: &str = "lifecycle";
/// The default of the smallest size for transitions, of which there are none.
pub(crate) const MINIMUM_SIZE: &str = "all_storage_classes_128K";
/// Characters of a rule's id that a header does not show as they are.
const ENCODED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
const ID_CHARS_MAX: usize = 255;

#[derive(Clone, Debug, Shape)]
#[shape(xml = "LifecycleConfiguration")]
pub(crate) struct Lifecycle {
    #[shape(flat, xml = "Rule")]
    pub(crate) rules: Vec<Rule>,
}

#[derive(Clone, Debug, Shape)]
pub(crate) struct Rule {
    expiration: Option<Expiration>,
    #[shape(name = "ID")]
    id: Option<String>,
    prefix: Option<String>,
    filter: Option<Filter>,
    status: String,
    #[shape(flat, xml = "Transition")]
    transitions: Option<Vec<Transition>>,
    #[shape(flat, xml = "NoncurrentVersionTransition")]
    noncurrent_version_transitions: Option<Vec<NoncurrentTransition>>,
    noncurrent_version_expiration: Option<NoncurrentExpiration>,
    abort_incomplete_multipart_upload: Option<AbortIncomplete>,
}

#[derive(Clone, Debug, Shape)]
struct Expiration {
    #[shape(format = "iso8601")]
    date: Option<Timestamp>,
    days: Option<i32>,
    expired_object_delete_marker: Option<bool>,
}

#[derive(Clone, Debug, Default, Shape)]
struct Filter {
    prefix: Option<String>,
    tag: Option<Tag>,
    object_size_greater_than: Option<i64>,
    object_size_less_than: Option<i64>,
    and: Option<And>,
}

#[derive(Clone, Debug, Shape)]
struct And {
    prefix: Option<String>,
    #[shape(flat, xml = "Tag")]
    tags: Option<Vec<Tag>>,
    object_size_greater_than: Option<i64>,
    object_size_less_than: Option<i64>,
}

#[derive(Clone, Debug, Shape)]
struct Transition {
    #[shape(format = "iso8601")]
    date: Option<Timestamp>,
    days: Option<i32>,
    storage_class: Option<String>,
}

#[derive(Clone, Debug, Shape)]
struct NoncurrentTransition {
    noncurrent_days: Option<i32>,
    storage_class: Option<String>,
    newer_noncurrent_versions: Option<i32>,
}

#[derive(Clone, Debug, Shape)]
struct NoncurrentExpiration {
    noncurrent_days: Option<i32>,
    newer_noncurrent_versions: Option<i32>,
}

#[derive(Clone, Debug, Shape)]
struct AbortIncomplete {
    days_after_initiation: Option<i32>,
}

/// Which objects a rule is about, its forms made one.
struct Scope<'a> {
    prefix: &'a str,
    tags: BTreeMap<&'a str, &'a str>,
    larger_than: Option<i64>,
    smaller_than: Option<i64>,
}

impl Lifecycle {
    /// Refuses rules that S3 refuses, and those that this cloud cannot follow.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.rules.is_empty() || self.rules.len() > LIFECYCLE_RULES_MAX {
            return Err(Error::MalformedXml);
        }
        let mut ids = BTreeSet::new();
        for rule in &self.rules {
            rule.check()?;
            if rule.id.as_ref().is_some_and(|id| !ids.insert(id)) {
                return Err(Error::InvalidArgument {
                    message: "Rule ID must be unique. Found same ID for more than one rule".to_owned(),
                    name: "ID",
                    value: rule.id.clone().unwrap_or_default(),
                });
            }
        }
        Ok(())
    }

    /// As S3 keeps it: every rule has an id.
    pub(crate) fn complete(mut self, mut new_id: impl FnMut() -> String) -> Self {
        for rule in &mut self.rules {
            if rule.id.as_deref().unwrap_or_default().is_empty() {
                rule.id = Some(new_id());
            }
        }
        self
    }

    /// Whether any rule can make objects expire.
    pub(crate) fn expires(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_enabled() && rule.expiration.is_some())
    }

    /// When an object expires, and by which rule: the earliest counts.
    pub(crate) fn expiry<'a>(&'a self, object: &ObjectRow) -> Option<(i64, &'a str)> {
        let rules = self.rules.iter().filter(|rule| rule.is_enabled() && rule.scope().holds(object));
        rules
            .filter_map(|rule| {
                let expiration = rule.expiration.as_ref()?;
                let at = match (expiration.date, expiration.days) {
                    (Some(date), _) => date.millis(),
                    (None, Some(days)) => midnight_after(object.modified_at_millis, days),
                    (None, None) => return None,
                };
                Some((at, rule.id.as_deref().unwrap_or_default()))
            })
            .min()
    }

    /// When an unfinished upload is given up, and by which rule.
    pub(crate) fn abort<'a>(&'a self, key: &str, begun_millis: i64) -> Option<(i64, &'a str)> {
        let rules =
            self.rules.iter().filter(|rule| rule.is_enabled() && key.starts_with(rule.scope().prefix));
        rules
            .filter_map(|rule| {
                let days = rule.abort_incomplete_multipart_upload.as_ref()?.days_after_initiation?;
                Some((midnight_after(begun_millis, days), rule.id.as_deref().unwrap_or_default()))
            })
            .min()
    }
}

impl Rule {
    fn is_enabled(&self) -> bool {
        self.status == "Enabled"
    }

    fn check(&self) -> Result<(), Error> {
        let invalid = |text: &str| Err(Error::InvalidRequest(text.to_owned()));
        if !matches!(self.status.as_str(), "Enabled" | "Disabled")
            || self.prefix.is_some() == self.filter.is_some()
            || self.filter.as_ref().is_some_and(|filter| filter.conditions() > 1)
        {
            return Err(Error::MalformedXml);
        }
        if self.id.as_deref().unwrap_or_default().chars().count() > ID_CHARS_MAX {
            return invalid("ID length should not exceed allowed limit of 255");
        }
        if self.transitions.is_some() || self.noncurrent_version_transitions.is_some() {
            return Err(Error::not_supported("lifecycle transitions to other storage classes"));
        }
        let about_versions = self.noncurrent_version_expiration.as_ref();
        if let Some(days) = about_versions.map(|rule| rule.noncurrent_days)
            && days.is_none_or(|days| days <= 0)
        {
            return Err(positive("NoncurrentDays", days));
        }
        let abort = self.abort_incomplete_multipart_upload.as_ref();
        if self.expiration.is_none() && about_versions.is_none() && abort.is_none() {
            return invalid("At least one action needs to be specified in a rule");
        }
        if let Some(AbortIncomplete { days_after_initiation }) = abort {
            if days_after_initiation.is_none_or(|days| days <= 0) {
                return Err(positive("DaysAfterInitiation", *days_after_initiation));
            }
            let scope = self.scope();
            if !scope.tags.is_empty() || scope.larger_than.is_some() || scope.smaller_than.is_some() {
                return invalid("AbortIncompleteMultipartUpload cannot be specified with Tags.");
            }
        }
        self.expiration.as_ref().map_or(Ok(()), Expiration::check)
    }

    fn scope(&self) -> Scope<'_> {
        let nothing = Scope { prefix: "", tags: BTreeMap::new(), larger_than: None, smaller_than: None };
        match (&self.filter, &self.prefix) {
            (Some(Filter { and: Some(and), .. }), _) => Scope {
                prefix: and.prefix.as_deref().unwrap_or_default(),
                tags: and.tags.iter().flatten().map(pair).collect(),
                larger_than: and.object_size_greater_than,
                smaller_than: and.object_size_less_than,
            },
            (Some(filter), _) => Scope {
                prefix: filter.prefix.as_deref().unwrap_or_default(),
                tags: filter.tag.iter().map(pair).collect(),
                larger_than: filter.object_size_greater_than,
                smaller_than: filter.object_size_less_than,
            },
            (None, prefix) => Scope { prefix: prefix.as_deref().unwrap_or_default(), ..nothing },
        }
    }
}

impl Expiration {
    fn check(&self) -> Result<(), Error> {
        match (self.date, self.days) {
            (None, None) if self.expired_object_delete_marker.is_some() => Ok(()),
            _ if self.expired_object_delete_marker.is_some() => Err(Error::MalformedXml),
            (Some(date), None) if date.millis() % DAY_MILLIS == 0 => Ok(()),
            (Some(date), None) => Err(Error::InvalidArgument {
                message: "'Date' must be at midnight GMT".to_owned(),
                name: "Date",
                value: wire::time::iso8601(date),
            }),
            (None, Some(days)) if days > 0 => Ok(()),
            (None, Some(days)) => Err(positive("Days", Some(days))),
            _ => Err(Error::MalformedXml),
        }
    }
}

impl Filter {
    fn conditions(&self) -> usize {
        [
            self.prefix.is_some(),
            self.tag.is_some(),
            self.object_size_greater_than.is_some(),
            self.object_size_less_than.is_some(),
            self.and.is_some(),
        ]
        .into_iter()
        .filter(|given| *given)
        .count()
    }
}

impl Scope<'_> {
    fn holds(&self, object: &ObjectRow) -> bool {
        let size = i64::try_from(object.size).unwrap_or(i64::MAX);
        object.key.starts_with(self.prefix)
            && self.tags.iter().all(|(key, value)| object.tags.get(*key).is_some_and(|own| own == value))
            && self.larger_than.is_none_or(|least| size > least)
            && self.smaller_than.is_none_or(|most| size < most)
    }
}

fn pair(tag: &Tag) -> (&str, &str) {
    (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default())
}

fn positive(name: &'static str, value: Option<i32>) -> Error {
    Error::InvalidArgument {
        message: format!("'{name}' for Expiration action must be a positive integer"),
        name,
        value: value.map(|days| days.to_string()).unwrap_or_default(),
    }
}

/// S3 counts whole days and rounds up to the next midnight UTC ("Lifecycle rules: based on an object's age").
fn midnight_after(millis: i64, days: i32) -> i64 {
    let at = millis.saturating_add(i64::from(days).saturating_mul(DAY_MILLIS));
    at.div_euclid(DAY_MILLIS).saturating_add(1).saturating_mul(DAY_MILLIS)
}

/// The header that tells when an object will expire: `expiry-date="…", rule-id="…"`.
pub(crate) fn expiration(row: &BucketRow, object: &ObjectRow) -> Result<Option<String>, Error> {
    let rules = of(row)?;
    Ok(rules.as_ref().and_then(|rules| rules.expiry(object)).map(|(at, rule)| {
        let date = wire::time::http_date(Timestamp::from_millis(at));
        let rule = percent_encoding::utf8_percent_encode(rule, ENCODED);
        format!("expiry-date=\"{date}\", rule-id=\"{rule}\"")
    }))
}

/// The bucket's rules.
pub(crate) fn of(row: &BucketRow) -> Result<Option<Lifecycle>, Error> {
    settings::read(row, NAME)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(rules: Value) -> Lifecycle {
        let doc = wire::json::from_value(Lifecycle::schema(), &json!({ "Rules": rules })).unwrap();
        Lifecycle::from_doc(doc).unwrap()
    }

    fn object(key: &str, size: u64, tags: &[(&str, &str)]) -> ObjectRow {
        ObjectRow {
            bucket: "b".into(),
            key: key.into(),
            size,
            etag: String::new(),
            modified_at_millis: DAY_MILLIS / 2,
            content: crate::keys::Content::Inline(String::new()),
            headers: crate::keys::Headers::default(),
            checksums: BTreeMap::new(),
            checksum_type: String::new(),
            multipart: false,
            part_checksums: String::new(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    /// "S3 calculates the time by adding the number of days and rounding up to the next day midnight UTC."
    #[test]
    fn days_end_at_midnight() {
        let rules = read(json!([{"ID": "r", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 3}}]));
        assert!(rules.check().is_ok() && rules.expires());
        assert_eq!(rules.expiry(&object("a", 1, &[])), Some((4 * DAY_MILLIS, "r")));
        let off = read(json!([{"Status": "Disabled", "Prefix": "", "Expiration": {"Days": 3}}]));
        assert!(!off.expires() && off.expiry(&object("a", 1, &[])).is_none());
    }

    #[test]
    fn filters_narrow() {
        let and = json!({"And": {"Prefix": "tmp/", "Tags": [{"Key": "k", "Value": "v"}],
            "ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 20}});
        let rules = read(json!([{"Status": "Enabled", "Filter": and, "Expiration": {"Days": 1}}]));
        assert!(rules.check().is_ok());
        assert!(rules.expiry(&object("tmp/a", 15, &[("k", "v")])).is_some());
        for other in [
            object("a", 15, &[("k", "v")]),
            object("tmp/a", 10, &[("k", "v")]),
            object("tmp/a", 20, &[("k", "v")]),
            object("tmp/a", 15, &[("k", "w")]),
            object("tmp/a", 15, &[]),
        ] {
            assert!(rules.expiry(&other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn unfinished_uploads_are_given_up() {
        let abort = json!({"DaysAfterInitiation": 2});
        let rules = read(json!([{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "up/"},
            "AbortIncompleteMultipartUpload": abort}]));
        assert!(rules.check().is_ok());
        assert_eq!(rules.abort("up/a", 0), Some((3 * DAY_MILLIS, "r")));
        assert_eq!(rules.abort("down/a", 0), None);
    }

    #[test]
    fn rules_about_versions_have_nothing_to_act_on() {
        let rules = read(json!([{"ID": "r", "Status": "Enabled", "Filter": {},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            "Expiration": {"ExpiredObjectDeleteMarker": true}}]));
        assert!(rules.check().is_ok());
        assert_eq!(rules.expiry(&object("a", 1, &[])), None);
    }

    #[test]
    fn wrong_rules_are_refused() {
        let expiration = json!({"Days": 1});
        for bad in [
            json!([]),
            json!([{"Status": "Enabled", "Filter": {}}]),
            json!([{"Status": "On", "Filter": {}, "Expiration": expiration}]),
            json!([{"Status": "Enabled", "Expiration": expiration}]),
            json!([{"Status": "Enabled", "Filter": {}, "Prefix": "", "Expiration": expiration}]),
            json!([{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 0}}]),
            json!([{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1, "Date": "2026-01-01T00:00:00Z"}}]),
            json!([{"Status": "Enabled", "Filter": {}, "Expiration": {"Date": "2026-01-01T00:00:05Z"}}]),
            json!([{"Status": "Enabled", "Filter": {"Prefix": "a", "ObjectSizeLessThan": 4},
                "Expiration": expiration}]),
            json!([{"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]}]),
            json!([{"Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 0}}]),
            json!([{"Status": "Enabled", "Filter": {},
                "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": true}}]),
            json!([{"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": expiration},
                {"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": expiration}]),
        ] {
            assert!(read(bad.clone()).check().is_err(), "{bad}");
        }
    }
}
