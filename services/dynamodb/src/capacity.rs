//! Capacity units: what an operation costs, and how the answer tells it.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>; what writes cost on
//! indexes was measured on DynamoDB by `nubo-db/dynamodb-conformance` (tests/tier1/putItem/indexConsumedCapacity).

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::limits::{READ_UNIT_BYTES, WRITE_UNIT_BYTES};
use crate::table::TableRow;

/// What the answer says of the cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnConsumedCapacity {
    Indexes,
    Total,
    None,
}

/// The cost of a table or an index. Reads and writes are told apart only for transactions.
#[derive(Clone, Debug, Default, PartialEq, Shape)]
pub(crate) struct Capacity {
    pub(crate) read_capacity_units: Option<f64>,
    pub(crate) write_capacity_units: Option<f64>,
    pub(crate) capacity_units: Option<f64>,
}

/// The cost of an operation on one table.
#[derive(Clone, Debug, Default, PartialEq, Shape)]
pub(crate) struct ConsumedCapacity {
    pub(crate) table_name: Option<String>,
    pub(crate) capacity_units: Option<f64>,
    pub(crate) read_capacity_units: Option<f64>,
    pub(crate) write_capacity_units: Option<f64>,
    pub(crate) table: Option<Capacity>,
    pub(crate) local_secondary_indexes: Option<BTreeMap<String, Capacity>>,
    pub(crate) global_secondary_indexes: Option<BTreeMap<String, Capacity>>,
}

/// Whether units are of reads or of writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Units spent on one table and its indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Units {
    pub(crate) table: f64,
    pub(crate) local: BTreeMap<String, f64>,
    pub(crate) global: BTreeMap<String, f64>,
}

impl Units {
    /// Units spent on the table itself.
    pub(crate) fn of_table(units: f64) -> Self {
        Self { table: units, ..Self::default() }
    }

    /// Adds units spent on an index.
    pub(crate) fn add_index(&mut self, name: &str, is_global: bool, units: f64) {
        if units > 0.0 {
            let indexes = if is_global { &mut self.global } else { &mut self.local };
            *indexes.entry(name.to_owned()).or_default() += units;
        }
    }

    /// Adds other units of the same table.
    pub(crate) fn add(&mut self, other: &Self) {
        self.table += other.table;
        for (name, units) in &other.local {
            self.add_index(name, false, *units);
        }
        for (name, units) in &other.global {
            self.add_index(name, true, *units);
        }
    }

    /// The same work in a transaction costs twice as much.
    #[must_use]
    pub(crate) fn doubled(mut self) -> Self {
        let again = self.clone();
        self.add(&again);
        self
    }

    fn total(&self) -> f64 {
        self.table + self.local.values().sum::<f64>() + self.global.values().sum::<f64>()
    }

    /// What the answer says of these units.
    pub(crate) fn tell(
        &self,
        wanted: Option<ReturnConsumedCapacity>,
        table_name: &str,
    ) -> Option<ConsumedCapacity> {
        self.told(wanted, table_name, None)
    }

    /// As [`Units::tell`] for a transaction, which tells reads from writes.
    pub(crate) fn tell_split(
        &self,
        wanted: Option<ReturnConsumedCapacity>,
        table_name: &str,
        access: Access,
    ) -> Option<ConsumedCapacity> {
        self.told(wanted, table_name, Some(access))
    }

    fn told(
        &self,
        wanted: Option<ReturnConsumedCapacity>,
        table_name: &str,
        access: Option<Access>,
    ) -> Option<ConsumedCapacity> {
        let wanted = wanted.filter(|wanted| *wanted != ReturnConsumedCapacity::None)?;
        let capacity = |units: f64| Capacity {
            read_capacity_units: (access == Some(Access::Read)).then_some(units),
            write_capacity_units: (access == Some(Access::Write)).then_some(units),
            capacity_units: Some(units),
        };
        let total = capacity(self.total());
        let indexes = |units: &BTreeMap<String, f64>| {
            (!units.is_empty())
                .then(|| units.iter().map(|(name, units)| (name.clone(), capacity(*units))).collect())
        };
        let mut told = ConsumedCapacity {
            table_name: Some(table_name.to_owned()),
            capacity_units: total.capacity_units,
            read_capacity_units: total.read_capacity_units,
            write_capacity_units: total.write_capacity_units,
            ..ConsumedCapacity::default()
        };
        if wanted == ReturnConsumedCapacity::Indexes {
            told.table = Some(capacity(self.table));
            told.local_secondary_indexes = indexes(&self.local);
            told.global_secondary_indexes = indexes(&self.global);
        }
        Some(told)
    }
}

/// Units of reading `bytes` at once: one for each 4 KB, half of it when the read need not be consistent; a read that
/// finds nothing costs as much as the smallest one.
pub(crate) fn read_units(bytes: usize, is_consistent: bool) -> f64 {
    let units = bytes.div_ceil(READ_UNIT_BYTES).max(1) as f64;
    if is_consistent { units } else { units / 2.0 }
}

/// Units of writing an item or entry that has `bytes`: one for each KB.
pub(crate) fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(WRITE_UNIT_BYTES).max(1) as f64
}

/// Whether operations ask for item collection metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ReturnItemCollectionMetrics {
    Size,
    None,
}

/// The item collection that a write has touched.
#[derive(Clone, Debug, PartialEq, Shape)]
pub(crate) struct ItemCollectionMetrics {
    pub(crate) item_collection_key: serde_json::Value,
    #[shape(name = "SizeEstimateRangeGB")]
    pub(crate) size_estimate: Vec<f64>,
}

impl ItemCollectionMetrics {
    /// The metrics of the collection of `item`, which holds `bytes`. Only tables with local indexes have collections.
    pub(crate) fn of(table: &TableRow, item: &ddbexpr::Item, bytes: i64) -> Self {
        const GIGABYTE: i64 = 1024 * 1024 * 1024;
        let hash = &table.key.hash;
        let key = item.get(hash).map(|value| (hash.clone(), ddbexpr::json::write(value)));
        let below = (bytes.max(0) / GIGABYTE) as f64;
        Self {
            item_collection_key: serde_json::Value::Object(key.into_iter().collect()),
            size_estimate: vec![below, below + 1.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_rounded_as_dynamodb_does() {
        assert_eq!([0, 1, 4096, 4097].map(|bytes| read_units(bytes, true)), [1.0, 1.0, 1.0, 2.0]);
        assert_eq!([0, 4096, 4097].map(|bytes| read_units(bytes, false)), [0.5, 0.5, 1.0]);
        assert_eq!([0, 1, 1024, 1025].map(write_units), [1.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    fn answers_tell_what_was_asked_for() {
        let mut units = Units::of_table(1.0);
        units.add_index("g", true, 2.0);
        units.add_index("l", false, 0.0);
        assert_eq!(units.tell(None, "t"), None);
        assert_eq!(units.tell(Some(ReturnConsumedCapacity::None), "t"), None);
        let total = units.tell(Some(ReturnConsumedCapacity::Total), "t").unwrap();
        assert_eq!((total.capacity_units, total.table), (Some(3.0), None));
        let told =
            units.clone().doubled().tell_split(Some(ReturnConsumedCapacity::Indexes), "t", Access::Write);
        let told = told.unwrap();
        assert_eq!((told.capacity_units, told.write_capacity_units), (Some(6.0), Some(6.0)));
        assert_eq!(told.read_capacity_units, None);
        assert_eq!(told.global_secondary_indexes.unwrap()["g"].capacity_units, Some(4.0));
        assert_eq!(told.local_secondary_indexes, None);
    }
}
