//! What a table is: its stored row and the rules that follow from it alone.

use std::collections::{BTreeMap, BTreeSet};

use cloud::prelude::*;
use ddbexpr::Kind as ValueKind;
use serde::{Deserialize, Serialize};
use store::Version;
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::Tuple;

use crate::destination::DestinationRow;

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Shape)]
pub(crate) enum KeyKind {
    #[shape(name = "B")]
    B,
    #[shape(name = "N")]
    N,
    #[shape(name = "S")]
    S,
}

impl KeyKind {
    /// The type of a value that may stand there.
    pub(crate) fn value_kind(self) -> ValueKind {
        match self {
            Self::B => ValueKind::B,
            Self::N => ValueKind::N,
            Self::S => ValueKind::S,
        }
    }
}

/// The attributes that make a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyNames {
    pub(crate) hash: String,
    pub(crate) range: Option<String>,
}

impl KeyNames {
    /// Both names, partition key first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.hash.as_str()).chain(self.range.as_deref())
    }

    /// Whether `name` is part of the key.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.iter().any(|part| part == name)
    }
}

/// What an index holds of an item, besides the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Projected {
    All,
    KeysOnly,
    Include(Vec<String>),
}

/// Units of throughput as they were asked for, and when they changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) read: i64,
    pub(crate) write: i64,
    pub(crate) increased_at_millis: Option<i64>,
    pub(crate) decreased_at_millis: Option<i64>,
    /// The day of the last decrease, in days since 1970, and how many there were on it.
    pub(crate) decreases: (i64, i64),
}

/// Highest units of an on-demand table or index; -1 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OnDemand {
    pub(crate) read: Option<i64>,
    pub(crate) write: Option<i64>,
}

/// A secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexRow {
    /// Names its entries: an index made again under the same name has none of the old ones.
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) is_global: bool,
    pub(crate) key: KeyNames,
    pub(crate) projected: Projected,
    pub(crate) throughput: Throughput,
    pub(crate) on_demand: Option<OnDemand>,
    /// Whether entries of items that were there before it are still missing.
    pub(crate) is_backfilling: bool,
}

/// Expiry of items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TtlRow {
    pub(crate) attribute: String,
    /// Names the entries by which expired items are found.
    pub(crate) number: u32,
}

/// What a stream shows of a changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ViewType {
    NewImage,
    OldImage,
    NewAndOldImages,
    KeysOnly,
}

impl ViewType {
    /// Whether records have the item as it was.
    pub(crate) fn has_old(self) -> bool {
        matches!(self, Self::OldImage | Self::NewAndOldImages)
    }

    /// Whether records have the item as it is.
    pub(crate) fn has_new(self) -> bool {
        matches!(self, Self::NewImage | Self::NewAndOldImages)
    }
}

/// The latest stream of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LatestStream {
    pub(crate) label: String,
    pub(crate) view: ViewType,
    /// A disabled one can still be read for a day, and its ARN is still shown.
    pub(crate) is_enabled: bool,
}

/// Point-in-time recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecoveryRow {
    pub(crate) since_millis: i64,
    pub(crate) days: i32,
}

/// Encryption with a key of the customer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EncryptionRow {
    pub(crate) key_arn: String,
}

/// Where a restored table comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RestoredRow {
    pub(crate) backup_arn: Option<String>,
    pub(crate) table_arn: Option<String>,
    pub(crate) at_millis: i64,
}

/// A policy on the table or on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyRow {
    pub(crate) text: String,
    pub(crate) revision: String,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TableRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// AWS's table id. The items' keys begin with [`TableRow::space`], which comes from it: a table made again under
    /// the same name has none of the old items.
    pub(crate) id: String,
    pub(crate) created_at_millis: i64,
    /// Being filled by a restore or an import; it takes no items until that is done.
    pub(crate) is_creating: bool,
    pub(crate) attributes: BTreeMap<String, KeyKind>,
    pub(crate) key: KeyNames,
    pub(crate) is_on_demand: bool,
    /// When the billing mode was first or last set to on-demand.
    pub(crate) on_demand_since_millis: Option<i64>,
    pub(crate) throughput: Throughput,
    pub(crate) on_demand: Option<OnDemand>,
    /// In the order of their names.
    pub(crate) indexes: Vec<IndexRow>,
    pub(crate) next_index: u32,
    pub(crate) ttl: Option<TtlRow>,
    pub(crate) ttl_changed_at_millis: Option<i64>,
    pub(crate) stream: Option<LatestStream>,
    pub(crate) recovery: Option<RecoveryRow>,
    pub(crate) encryption: Option<EncryptionRow>,
    pub(crate) is_infrequent_access: bool,
    pub(crate) class_changed_at_millis: Option<i64>,
    pub(crate) is_protected: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<PolicyRow>,
    /// Policies of streams, by label.
    pub(crate) stream_policies: BTreeMap<String, PolicyRow>,
    pub(crate) restored: Option<RestoredRow>,
    /// Units that were asked to be kept ready.
    pub(crate) warm: Option<OnDemand>,
    /// The streams of Kinesis that get its changes, or did, the latest first.
    #[serde(default)]
    pub(crate) destinations: Vec<DestinationRow>,
}

impl Record for TableRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_TABLE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl TableRow {
    /// The table's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:dynamodb:{}:{}:table/{}", self.region, self.account, self.name)
    }

    /// The ARN of one of its streams.
    pub(crate) fn stream_arn(&self, label: &str) -> String {
        format!("{}/stream/{label}", self.arn())
    }

    /// The first eight bytes of the keys of its items.
    pub(crate) fn space(&self) -> [u8; 8] {
        crate::keys::space_of(&self.id)
    }

    /// The index called `name`.
    pub(crate) fn index(&self, name: &str) -> Option<&IndexRow> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// The global or the local indexes.
    pub(crate) fn indexes_of(&self, is_global: bool) -> impl Iterator<Item = &IndexRow> {
        self.indexes.iter().filter(move |index| index.is_global == is_global)
    }

    /// The stream that takes records now.
    pub(crate) fn open_stream(&self) -> Option<&LatestStream> {
        self.stream.as_ref().filter(|stream| stream.is_enabled)
    }

    /// The attributes that keys of the table or of any index are made of.
    pub(crate) fn key_attributes(&self) -> BTreeSet<&str> {
        let indexes = self.indexes.iter().flat_map(|index| index.key.iter());
        self.key.iter().chain(indexes).collect()
    }

    /// A number that no index of this table ever had.
    pub(crate) fn take_index_number(&mut self) -> u32 {
        self.next_index += 1;
        self.next_index
    }

    /// The type of a key attribute.
    pub(crate) fn kind_of(&self, name: &str) -> KeyKind {
        *self.attributes.get(name).expect("a key schema names defined attributes only")
    }
}

/// A table as operations see it: the row, its version in the store, and what is derived from the row once.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) row: TableRow,
    pub(crate) version: Version,
    pub(crate) space: [u8; 8],
}

impl Table {
    /// The table of a row that was read at `version`.
    pub(crate) fn new(row: TableRow, version: Version) -> Self {
        let space = row.space();
        Self { row, version, space }
    }
}
