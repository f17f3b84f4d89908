//! Backups and tables made from them.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Record};
use store::tuple::Tuple;

use crate::describe::TableDescription;
use crate::error::Error;
use crate::schema;
use crate::settings;
use crate::shapes::{
    BillingMode, GlobalSecondaryIndex, LocalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput,
    SseSpecification,
};
use crate::table::{RestoredRow, TableRow};
use crate::tables::{self, TableName};
use crate::work::{self, CopyTo, Place, Task};

/// How long the backup of a deleted table is kept that had point-in-time recovery: 35 days.
pub(crate) const SYSTEM_MILLIS: i64 = 35 * 24 * 60 * 60 * 1000;

/// A backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BackupRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) table: String,
    /// The last part of the ARN: the time and some random letters.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created_at_millis: i64,
    /// When a backup that nobody asked for goes.
    pub(crate) expires_at_millis: Option<i64>,
    /// Whether all items are copied.
    pub(crate) is_complete: bool,
    /// The table as it was.
    pub(crate) source: TableRow,
    /// Stands in place of a table's id in the keys of the copied items.
    pub(crate) space_id: String,
    pub(crate) items: i64,
    pub(crate) bytes: i64,
}

impl Record for BackupRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_BACKUP;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.table, &self.id))
    }
}

/// A backup as a request names it.
#[derive(Clone, Debug)]
pub(crate) struct BackupName {
    table: TableName,
    id: String,
    arn: String,
}

impl BackupName {
    /// Reads a backup's ARN.
    pub(crate) fn read(arn: &str) -> Result<Self, Error> {
        let invalid = || Error::validation(format!("Invalid BackupArn: {arn}"));
        let (table, id) = arn.split_once("/backup/").ok_or_else(invalid)?;
        let table = TableName::of_arn(table).ok_or_else(invalid)?;
        Ok(Self { table, id: id.to_owned(), arn: arn.to_owned() })
    }

    /// The backup.
    pub(crate) async fn find(&self, tx: &Tx) -> Result<BackupRow, Error> {
        let table = &self.table;
        let key = (table.account.as_str(), table.region.as_str(), table.name.as_str(), self.id.as_str());
        let row: Option<BackupRow> = table::get(tx, key).await?;
        row.ok_or_else(|| Error::BackupNotFound(self.arn.clone()))
    }
}

impl BackupRow {
    /// A backup of a table that is made now.
    pub(crate) fn new(cx: &Cx, source: &TableRow, name: &str, space_id: String) -> Self {
        let random: String = cx.new_id().chars().filter(char::is_ascii_hexdigit).take(8).collect();
        Self {
            account: source.account.clone(),
            region: source.region.clone(),
            table: source.name.clone(),
            id: format!("{:014}-{random}", cx.now().millis()),
            name: name.to_owned(),
            created_at_millis: cx.now().millis(),
            expires_at_millis: None,
            is_complete: false,
            source: source.clone(),
            space_id,
            items: 0,
            bytes: 0,
        }
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}/backup/{}", self.source.arn(), self.id)
    }

    /// What all answers say of it.
    pub(crate) fn details(&self) -> BackupDetails {
        BackupDetails {
            backup_arn: self.arn(),
            backup_name: self.name.clone(),
            backup_size_bytes: self.bytes,
            backup_status: if self.is_complete { "AVAILABLE" } else { "CREATING" }.to_owned(),
            backup_type: self.kind().to_owned(),
            backup_creation_date_time: Timestamp::from_millis(self.created_at_millis),
            backup_expiry_date_time: self.expires_at_millis.map(Timestamp::from_millis),
        }
    }

    /// `SYSTEM` for the backup of a deleted table, `USER` for one that was asked for.
    pub(crate) fn kind(&self) -> &'static str {
        if self.expires_at_millis.is_some() { "SYSTEM" } else { "USER" }
    }
}

/// A backup in answers.
#[derive(Debug, Shape)]
pub(crate) struct BackupDetails {
    pub(crate) backup_arn: String,
    pub(crate) backup_name: String,
    pub(crate) backup_size_bytes: i64,
    pub(crate) backup_status: String,
    pub(crate) backup_type: String,
    pub(crate) backup_creation_date_time: Timestamp,
    pub(crate) backup_expiry_date_time: Option<Timestamp>,
}

/// What a restored table has otherwise than its source.
pub(crate) struct Overrides<'a> {
    pub(crate) mode: Option<BillingMode>,
    pub(crate) global: Option<&'a [GlobalSecondaryIndex]>,
    pub(crate) local: Option<&'a [LocalSecondaryIndex]>,
    pub(crate) throughput: Option<ProvisionedThroughput>,
    pub(crate) on_demand: Option<OnDemandThroughput>,
    pub(crate) encryption: Option<&'a SseSpecification>,
}

/// The row of a table that is made from `source`: its items come in the background. Streams, expiry, recovery, tags
/// and policies do not come along, as with DynamoDB.
pub(crate) async fn restored(
    cx: &mut Cx,
    source: &TableRow,
    target: &str,
    overrides: &Overrides<'_>,
    from: RestoredRow,
) -> Result<TableRow, Error> {
    let name = TableName::read(cx, target)?;
    if tables::load(cx, &name).await?.is_some() {
        return Err(Error::TableAlreadyExists(target.to_owned()));
    }
    let mut row = source.clone();
    let now = cx.now().millis();
    (row.account, row.region, row.name) = (name.account, name.region, name.name);
    (row.id, row.created_at_millis, row.is_creating) = (cx.new_id(), now, true);
    (row.stream, row.ttl, row.recovery, row.policy) = (None, None, None, None);
    (row.tags, row.stream_policies) = (BTreeMap::new(), BTreeMap::new());
    (row.is_protected, row.ttl_changed_at_millis) = (false, None);
    row.destinations = Vec::new();
    row.restored = Some(from);
    let mode = overrides.mode.unwrap_or(BillingMode::of(row.is_on_demand));
    let is_on_demand = mode == BillingMode::PayPerRequest;
    if overrides.throughput.is_some() || is_on_demand != row.is_on_demand {
        row.throughput = schema::throughput(mode, overrides.throughput, None)?;
    }
    if is_on_demand && !row.is_on_demand {
        row.on_demand_since_millis = Some(now);
    }
    row.is_on_demand = is_on_demand;
    if let Some(units) = overrides.on_demand {
        row.on_demand = Some(schema::on_demand(mode, units, None, true)?);
    }
    if overrides.encryption.is_some() {
        row.encryption = settings::encryption(cx, overrides.encryption)?;
    }
    override_indexes(&mut row, mode, overrides)?;
    Ok(row)
}

/// Begins to fill a restored table from the items under `from_id`, which then go back to a time if one is given.
pub(crate) async fn fill(
    cx: &mut Cx,
    row: &TableRow,
    from_id: String,
    back_to_millis: Option<i64>,
) -> Result<TableDescription, Error> {
    table::put(cx.tx(), row).await?;
    let to = CopyTo::Table { place: Place::of(row), back_to_millis };
    work::begin(cx, Task::Copy { from_id, to, after: None }).await?;
    let now = cx.now();
    TableDescription::of(cx.tx(), row, now).await
}

/// Keeps the indexes that the request lists, all of which the source must have.
fn override_indexes(row: &mut TableRow, mode: BillingMode, overrides: &Overrides<'_>) -> Result<(), Error> {
    let mut kept = Vec::new();
    let local = overrides.local.map(|asked| asked.iter().map(|index| &index.index_name).collect::<Vec<_>>());
    for index in row.indexes_of(false) {
        if local.as_ref().is_none_or(|names| names.contains(&&index.name)) {
            kept.push(index.clone());
        }
    }
    match overrides.global {
        None => kept.extend(row.indexes_of(true).cloned()),
        Some(asked) => {
            for asked in asked {
                let index = schema::global_index(asked, mode, &row.attributes)?;
                if row.index(&index.name).is_none_or(|there| there.key != index.key) {
                    return Err(Error::parameter(format_args!(
                        "Index is not in the source table: {}",
                        index.name
                    )));
                }
                kept.push(index);
            }
        }
    }
    row.next_index = 0;
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    for index in &mut kept {
        row.next_index += 1;
        index.number = row.next_index;
        index.is_backfilling = false;
    }
    row.indexes = kept;
    let used: Vec<String> = row.key_attributes().into_iter().map(str::to_owned).collect();
    row.attributes.retain(|name, _| used.contains(name));
    Ok(())
}
