//! SELECT.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ddbexpr::partiql::{Access, Select};
use ddbexpr::{Item, KeyQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::Tx;

use super::{Outcome, Prepared, key_attributes};
use crate::error::Error;
use crate::item;
use crate::limits::PAGE_BYTES_MAX;
use crate::ops::query;
use crate::reading::{self, Plan, Shown, Source};
use crate::table::Table;

/// Where a read goes on: the statement it belongs to, the partition, and the row behind which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    #[serde(rename = "s")]
    digest: String,
    #[serde(rename = "p")]
    partition: usize,
    #[serde(rename = "k")]
    key: Option<Json>,
}

/// Bytes of the text of a position: a key of 3 KB, its names, and what base64 adds.
const TOKEN_BYTES_MAX: usize = 512 * 1024;

impl Position {
    /// The text for a client.
    pub(crate) fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("a position is plain JSON"))
    }

    /// Reads the text that a client gave back with the same statement.
    pub(crate) fn read(text: &str, prepared: &Prepared) -> Result<Self, Error> {
        let invalid = || Error::validation("Invalid NextToken");
        if text.len() > TOKEN_BYTES_MAX {
            return Err(invalid());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| invalid())?;
        let position: Self = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        if position.digest != prepared.digest {
            return Err(Error::validation("NextToken does not match request"));
        }
        Ok(position)
    }
}

/// A read that is to be made.
pub(crate) struct Reading<'a> {
    pub(crate) select: &'a Select,
    pub(crate) digest: &'a str,
    pub(crate) is_consistent: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) start: Option<Position>,
}

/// The partitions of a read in their order; one of none is the whole table.
struct Route {
    partitions: Vec<Option<KeyQuery>>,
    reverse: bool,
}

impl Reading<'_> {
    /// Reads partitions one after the other until the limit or a full page.
    pub(crate) async fn run(self, tx: &Tx, table: &Arc<Table>) -> Result<Outcome, Error> {
        let source = self.source(table)?;
        let route = self.route(source)?;
        let is_keyed = route.partitions.iter().all(Option::is_some);
        let shown = self.shown(source, is_keyed)?;
        let mut outcome = Outcome::default();
        let (mut at, mut key) = match &self.start {
            Some(start) => (start.partition, start.key.clone()),
            None => (0, None),
        };
        let (mut seen, mut bytes) = (0, 0);
        while let Some(query) = route.partitions.get(at) {
            let start = key.take().map(|key| item::read(&key)).transpose()?;
            let plan = Plan {
                source,
                range: range(source, query.as_ref(), start.as_ref(), route.reverse)?,
                reverse: route.reverse,
                limit: self.limit.map(|limit| limit - seen),
                filter: self.select.condition.as_ref(),
                shown: &shown,
                is_consistent: self.is_consistent,
            };
            let page = plan.read(tx).await?;
            seen += usize::try_from(page.scanned).unwrap_or_default();
            bytes += page.bytes;
            outcome.items.extend(page.items.unwrap_or_default());
            outcome.units.add(&page.units);
            let is_full = bytes >= PAGE_BYTES_MAX || self.limit.is_some_and(|limit| seen >= limit);
            match page.last {
                Some(last) => {
                    outcome.last = Some(last.clone());
                    outcome.next = Some(self.position(at, Some(last)));
                    return Ok(outcome);
                }
                None => at += 1,
            }
            if is_full && at < route.partitions.len() {
                outcome.next = Some(self.position(at, None));
                return Ok(outcome);
            }
        }
        Ok(outcome)
    }

    fn position(&self, partition: usize, key: Option<Json>) -> Position {
        Position { digest: self.digest.to_owned(), partition, key }
    }

    fn source<'t>(&self, table: &'t Table) -> Result<Source<'t>, Error> {
        let name = self.select.source.index.as_deref();
        // PartiQL has other words than Query for the same errors.
        if let Some(name) = name {
            let index = table.row.index(name);
            let index =
                index.ok_or_else(|| Error::validation("The table does not have the specified index"))?;
            if index.is_global && self.is_consistent {
                return Err(Error::validation(
                    "Strongly consistent read is not supported on Global Secondary Indexes",
                ));
            }
        }
        Source::of(table, name, self.is_consistent)
    }

    fn route(&self, source: Source<'_>) -> Result<Route, Error> {
        let names = source.key();
        let (partition, sort) = key_attributes(&source.table.row, names);
        let access = self.select.access(partition, sort);
        let order = &self.select.order;
        if !order.is_empty() {
            let known = |name: &str| names.has(name);
            if self.select.condition.is_none() {
                return Err(Error::validation(
                    "Must have WHERE clause in the statement when using ORDER BY clause.",
                ));
            }
            if access == Access::Scan {
                return Err(Error::validation(
                    "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
                ));
            }
            if let Some(unknown) = order.iter().find(|key| !known(&key.name)) {
                return Err(Error::validation(format!(
                    "Variable reference {} in ORDER BY clause must be part of the primary key",
                    unknown.name
                )));
            }
        }
        let descending = |name: &str| order.iter().find(|key| key.name == name).map(|key| key.descending);
        let reverse = names.range.as_deref().and_then(descending).unwrap_or(false);
        let mut queries = match access {
            Access::Scan => return Ok(Route { partitions: vec![None], reverse: false }),
            Access::Queries(queries) => queries,
        };
        for query in &queries {
            ddbexpr::key::require_content(&names.hash, &query.partition)?;
        }
        if queries.len() > 1 && !order.is_empty() {
            let by_hash = descending(&names.hash).ok_or_else(|| {
                Error::validation(
                    "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
                )
            })?;
            queries.sort_by(|one, two| {
                let order = one.partition.order(&two.partition).unwrap_or(std::cmp::Ordering::Equal);
                if by_hash { order.reverse() } else { order }
            });
        }
        Ok(Route { partitions: queries.into_iter().map(Some).collect(), reverse })
    }

    /// What is shown, when the index has it. Only a local index fetches what it has not.
    fn shown(&self, source: Source<'_>, is_keyed: bool) -> Result<Shown, Error> {
        let columns = self.select.columns.clone();
        let select = match (&columns, source.index) {
            (Some(_), _) => reading::Select::SpecificAttributes,
            (None, None) => reading::Select::AllAttributes,
            (None, Some(_)) => reading::Select::AllProjectedAttributes,
        };
        let mut fetches = false;
        if let Some(index) = source.index {
            let row = &source.table.row;
            let missing = |names: Vec<&str>| {
                let names: Vec<&str> = names
                    .into_iter()
                    .filter(|name| !item::covers(row, index, std::iter::once(*name)))
                    .collect();
                (!names.is_empty()).then(|| names.join(", "))
            };
            let filtered = self.select.condition.iter().flat_map(ddbexpr::Condition::attributes);
            if let Some(names) = missing(filtered.collect()).filter(|_| is_keyed) {
                return Err(Error::parameter(format_args!(
                    "Secondary index {} does not project one or more filter attributes: [{names}]",
                    index.name
                )));
            }
            if let Some(names) = missing(self.select.attributes().into_iter().flatten().collect()) {
                if index.is_global {
                    return Err(Error::parameter(format_args!(
                        "Global secondary index {} does not project [{names}]",
                        index.name
                    )));
                }
                fetches = true;
            }
        }
        Ok(Shown { select, projection: None, columns, fetches })
    }
}

/// The rows of one partition, or of everything, behind a row.
fn range(
    source: Source<'_>,
    query: Option<&KeyQuery>,
    start: Option<&Item>,
    reverse: bool,
) -> Result<store::Range, Error> {
    if let Some(query) = query {
        return query::behind(source, query::range(source, query), query, start, reverse);
    }
    let mut range = source.rows().all();
    if let Some(start) = start {
        source.check_start(start, "Invalid NextToken")?;
        range.from = [&source.place(start)[..], &[0]].concat().into();
    }
    Ok(range)
}
