//! Reading a page of a table or an index: what Query and Scan have in common.

use cloud::prelude::*;
use ddbexpr::partiql::Column;
use ddbexpr::{Condition, Item, Projection, size};
use serde_json::Value as Json;
use store::{Range, Scan, Tx};

use crate::capacity::{ConsumedCapacity, ReturnConsumedCapacity, Units, read_units};
use crate::error::Error;
use crate::item;
use crate::keys::{self, Rows};
use crate::limits::{PAGE_BYTES_MAX, READ_ROWS};
use crate::request;
use crate::table::{IndexRow, KeyNames, Projected, Table, TableRow};
use crate::write;

/// Which attributes an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Select {
    SpecificAttributes,
    Count,
    AllAttributes,
    AllProjectedAttributes,
}

/// The table or the index that is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) table: &'a Table,
    pub(crate) index: Option<&'a IndexRow>,
}

impl<'a> Source<'a> {
    /// The source with the index called `name`, if one is named.
    pub(crate) fn of(table: &'a Table, name: Option<&str>, is_consistent: bool) -> Result<Self, Error> {
        let Some(name) = name else { return Ok(Self { table, index: None }) };
        let index = table.row.index(name).ok_or_else(|| {
            Error::validation(format!("The table does not have the specified index: {name}"))
        })?;
        if index.is_global && is_consistent {
            return Err(Error::validation("Consistent reads are not supported on global secondary indexes"));
        }
        if index.is_backfilling {
            return Err(Error::validation(format!(
                "Cannot read from backfilling global secondary index: {name}"
            )));
        }
        Ok(Self { table, index: Some(index) })
    }

    /// The key by which rows are found.
    pub(crate) fn key(&self) -> &'a KeyNames {
        self.index.map_or(&self.table.row.key, |index| &index.key)
    }

    /// The rows.
    pub(crate) fn rows(&self) -> Rows {
        match self.index {
            Some(index) => Rows::entries(self.table.space, index.number, index.key.range.is_some()),
            None => Rows::items(self.table.space),
        }
    }

    /// The place of a row whose keys an `ExclusiveStartKey` gives.
    pub(crate) fn place(&self, start: &Item) -> store::Key {
        let row = &self.table.row;
        let item = item::place_stored(&row.key, start);
        match self.index {
            Some(index) => {
                let range = index.key.range.as_ref().map(|name| &start[name]);
                self.rows().entry(&start[&index.key.hash], range, &item)
            }
            None => item.row(self.table.space),
        }
    }

    /// Refuses an `ExclusiveStartKey` that is no key of a row: all key attributes of table and index, no others.
    pub(crate) fn check_start(&self, start: &Item, words: &str) -> Result<(), Error> {
        let row = &self.table.row;
        let mut names: Vec<&str> = row.key.iter().chain(self.key().iter()).collect();
        names.sort_unstable();
        names.dedup();
        let fits = names.len() == start.len()
            && names.iter().all(|name| {
                start.get(*name).is_some_and(|value| value.kind() == row.kind_of(name).value_kind())
            });
        if !fits {
            return Err(Error::validation(words));
        }
        item::place(&row.key, start)?;
        if self.index.is_some() {
            item::place(self.key(), start)?;
        }
        Ok(())
    }
}

/// What is shown of the items.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) select: Select,
    pub(crate) projection: Option<Projection>,
    /// Columns of PartiQL, which have names of their own.
    pub(crate) columns: Option<Vec<Column>>,
    /// Whether whole items are fetched from the table for the entries of a local index.
    pub(crate) fetches: bool,
}

/// What the parameters ask to be shown, when they fit each other and the source.
pub(crate) struct Asked<'a> {
    pub(crate) select: Option<Select>,
    pub(crate) projection: Option<Projection>,
    /// Whether the projection came as `AttributesToGet`.
    pub(crate) is_legacy: bool,
    pub(crate) filter: Option<&'a Condition>,
    /// `Querying` or `Scanning`.
    pub(crate) verb: &'a str,
}

impl Asked<'_> {
    /// Refuses what contradicts itself, before the table is known.
    pub(crate) fn check(&self, has_index: bool) -> Result<(), Error> {
        let parameter = if self.is_legacy { "AttributesToGet" } else { "ProjectionExpression" };
        match (self.select, &self.projection) {
            (Some(Select::SpecificAttributes), None) => Err(Error::validation(
                "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
            )),
            (Some(Select::Count), Some(_)) => Err(Error::validation(format!(
                "Cannot specify the {parameter} when choosing to get only the Count"
            ))),
            (Some(select @ (Select::AllAttributes | Select::AllProjectedAttributes)), Some(_)) => {
                Err(Error::validation(format!(
                    "Cannot specify the {parameter} when choosing to get {}",
                    select.as_str()
                )))
            }
            (Some(Select::AllProjectedAttributes), None) if !has_index => Err(Error::validation(format!(
                "ALL_PROJECTED_ATTRIBUTES can be used only when {} using an IndexName",
                self.verb
            ))),
            _ => Ok(()),
        }
    }

    /// What is shown of a source that has it.
    pub(crate) fn of(self, source: Source<'_>) -> Result<Shown, Error> {
        let default = match (&self.projection, source.index) {
            (Some(_), _) => Select::SpecificAttributes,
            (None, None) => Select::AllAttributes,
            (None, Some(_)) => Select::AllProjectedAttributes,
        };
        let select = self.select.unwrap_or(default);
        let mut fetches = false;
        if let Some(index) = source.index {
            let row = &source.table.row;
            let paths = self.projection.iter().flat_map(Projection::paths).map(ddbexpr::Path::head);
            let looked_at = self.filter.map(Condition::attributes).unwrap_or_default();
            let wanted: Vec<&str> = paths.chain(looked_at.iter().copied()).collect();
            let whole = select == Select::AllAttributes && index.projected != Projected::All;
            if index.is_global {
                check_global(row, index, whole, &wanted)?;
            } else {
                fetches = whole || !item::covers(row, index, wanted.iter().copied());
            }
        }
        Ok(Shown { select, projection: self.projection, columns: None, fetches })
    }
}

fn check_global(row: &TableRow, index: &IndexRow, whole: bool, wanted: &[&str]) -> Result<(), Error> {
    if whole {
        return Err(Error::parameter(format_args!(
            "Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is not ALL",
            index.name
        )));
    }
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|name| !item::covers(row, index, std::iter::once(*name))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::parameter(format_args!(
        "Global secondary index {} does not project [{}]",
        index.name,
        missing.join(", ")
    )))
}

/// A page to be read.
pub(crate) struct Plan<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) range: Range,
    pub(crate) reverse: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) filter: Option<&'a Condition>,
    pub(crate) shown: &'a Shown,
    pub(crate) is_consistent: bool,
}

/// A page that was read.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// None when only the count was asked for.
    pub(crate) items: Option<Vec<Json>>,
    pub(crate) count: i32,
    pub(crate) scanned: i32,
    /// Where to go on; none at the end.
    pub(crate) last: Option<Json>,
    pub(crate) units: Units,
    /// Bytes of what was looked at.
    pub(crate) bytes: usize,
}

/// What Query and Scan answer.
#[derive(Shape)]
pub(crate) struct PageOutput {
    items: Option<Vec<Json>>,
    count: i32,
    scanned_count: i32,
    last_evaluated_key: Option<Json>,
    consumed_capacity: Option<ConsumedCapacity>,
}

impl Page {
    /// The answer, which tells the cost as `capacity` asks.
    pub(crate) fn answer(self, capacity: Option<ReturnConsumedCapacity>, table_name: &str) -> PageOutput {
        PageOutput {
            items: self.items,
            count: self.count,
            scanned_count: self.scanned,
            last_evaluated_key: self.last,
            consumed_capacity: self.units.tell(capacity, table_name),
        }
    }
}

impl Plan<'_> {
    /// Reads rows until there are no more, as many as were asked for are seen, or a page is full.
    pub(crate) async fn read(self, tx: &Tx) -> Result<Page, Error> {
        let mut page = Page { items: (self.shown.select != Select::Count).then(Vec::new), ..Page::default() };
        let (mut bytes, mut fetched, mut seen) = (0, 0.0, 0);
        let mut rest = Scan::new(self.range.clone()).reverse(self.reverse);
        'rows: loop {
            let left = self.limit.map_or(usize::MAX, |limit| limit - seen);
            rest.limit = left.min(READ_ROWS);
            rest.bytes_max = PAGE_BYTES_MAX.saturating_sub(bytes).max(1);
            let found = tx.scan(rest.clone()).await?;
            for (_, row) in &found.rows {
                let mut item = keys::decode_item(row)?;
                seen += 1;
                bytes += size::item(&item);
                let is_full = bytes >= PAGE_BYTES_MAX || self.limit == Some(seen);
                let last = is_full.then(|| self.key_of(&item));
                if self.shown.fetches {
                    let (whole, units) = self.fetch(tx, &item).await?;
                    item = whole;
                    fetched += units;
                }
                self.show(&item, &mut page);
                if is_full {
                    page.last = last;
                    break 'rows;
                }
            }
            match found.next {
                Some(next) => rest = rest.resume(next),
                None => break,
            }
        }
        page.scanned = i32::try_from(seen).expect("a page has at most a megabyte of items");
        page.units = self.units(bytes, fetched);
        page.bytes = bytes;
        Ok(page)
    }

    fn show(&self, item: &Item, page: &mut Page) {
        if self.filter.is_some_and(|filter| !filter.holds(item)) {
            return;
        }
        page.count += 1;
        if let Some(items) = &mut page.items {
            items.push(match (&self.shown.columns, &self.shown.projection) {
                (Some(columns), _) => request::write(&Column::of_item(columns, item)),
                (None, Some(projection)) => request::write(&projection.of_item(item)),
                (None, None) => request::write(item),
            });
        }
    }

    /// The whole item behind an entry of a local index, and what its fetch costs.
    async fn fetch(&self, tx: &Tx, entry: &Item) -> Result<(Item, f64), Error> {
        let table = self.source.table;
        let place = item::place_stored(&table.row.key, entry);
        let whole = write::get(tx, table, &place).await?;
        let whole = whole.ok_or_else(|| Failure::internal("an index entry without its item"))?;
        let units = read_units(size::item(&whole), self.is_consistent);
        Ok((whole, units))
    }

    fn key_of(&self, item: &Item) -> Json {
        let mut key = item::key_of(&self.source.table.row.key, item);
        key.extend(item::key_of(self.source.key(), item));
        request::write(&key)
    }

    fn units(&self, bytes: usize, fetched: f64) -> Units {
        let units = read_units(bytes, self.is_consistent);
        match self.source.index {
            None => Units::of_table(units),
            Some(index) => {
                let mut all = Units::of_table(fetched);
                all.add_index(&index.name, index.is_global, units);
                all
            }
        }
    }
}
