//! Tags of buses and rules.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{BusRow, RuleRow};
use crate::limits::TAGS_MAX;
use crate::{bus, rule};

/// A tag.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    pub(crate) key: String,
    #[shape(len = 0..=256)]
    pub(crate) value: String,
}

/// The tags of a request, for the decision on access.
pub(crate) fn of_request(tags: Option<&[Tag]>) -> (&'static str, Vec<String>) {
    access::request_tags(tags.into_iter().flatten().map(|tag| (&tag.key, &tag.value)))
}

/// What tags can be on.
pub(crate) enum Tagged {
    Bus(BusRow),
    Rule(Box<RuleRow>),
}

impl Tagged {
    /// The bus or rule with this ARN.
    pub(crate) async fn open(cx: &mut Cx, arn: &str) -> Result<Self, Error> {
        let missing = || Error::NotFound(format!("Resource {arn} does not exist."));
        let parsed: Arn =
            arn.parse().map_err(|_| Error::invalid(format!("Parameter {arn} is not valid.")))?;
        if parsed.service() != "events" || parsed.account() != cx.account() || parsed.region() != cx.region()
        {
            return Err(missing());
        }
        let resource = parsed.resource().to_owned();
        if let Some(name) = resource.strip_prefix("event-bus/") {
            return Ok(Self::Bus(bus::open(cx, name).await?));
        }
        let path = resource.strip_prefix("rule/").ok_or_else(missing)?;
        let (bus, name) = path.split_once('/').unwrap_or((bus::DEFAULT, path));
        Ok(Self::Rule(Box::new(rule::open(cx, bus, name).await?)))
    }

    /// Its tags.
    pub(crate) fn tags(&mut self) -> &mut BTreeMap<String, String> {
        match self {
            Self::Bus(row) => &mut row.tags,
            Self::Rule(row) => &mut row.tags,
        }
    }

    /// Stores it.
    pub(crate) async fn put(&self, cx: &mut Cx) -> Result<(), Error> {
        match self {
            Self::Bus(row) => table::put(cx.tx(), row).await?,
            Self::Rule(row) => table::put(cx.tx(), row.as_ref()).await?,
        }
        Ok(())
    }
}

/// Tags as they are stored.
pub(crate) fn of(tags: Option<Vec<Tag>>) -> Result<BTreeMap<String, String>, Error> {
    let tags: BTreeMap<_, _> = tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
    if tags.len() > TAGS_MAX { Err(Error::Limit) } else { Ok(tags) }
}

/// Tags as they are shown.
pub(crate) fn shown(tags: BTreeMap<String, String>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key, value }).collect()
}
