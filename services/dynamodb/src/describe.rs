//! The description of a table, as CreateTable, DescribeTable and others answer it.

use cloud::prelude::*;
use store::Tx;

use crate::error::Error;
use crate::keys::{self, Counted};
use crate::shapes::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, OnDemandThroughput, Projection,
    ProjectionType, SseType, StreamSpecification, TableClass,
};
use crate::table::{IndexRow, KeyNames, OnDemand, Projected, TableRow, Throughput};

/// Units that AWS keeps ready for an on-demand table that was not asked for more.
const WARM_READ_UNITS: i64 = 12_000;
/// The same for writes.
const WARM_WRITE_UNITS: i64 = 4_000;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Units with their history.
#[derive(Debug, Shape)]
pub(crate) struct ProvisionedThroughputDescription {
    last_increase_date_time: Option<Timestamp>,
    last_decrease_date_time: Option<Timestamp>,
    number_of_decreases_today: i64,
    read_capacity_units: i64,
    write_capacity_units: i64,
}

impl ProvisionedThroughputDescription {
    fn of(units: &Throughput, now: Timestamp) -> Self {
        let today = now.millis() / DAY_MILLIS;
        Self {
            last_increase_date_time: units.increased_at_millis.map(Timestamp::from_millis),
            last_decrease_date_time: units.decreased_at_millis.map(Timestamp::from_millis),
            number_of_decreases_today: if units.decreases.0 == today { units.decreases.1 } else { 0 },
            read_capacity_units: units.read,
            write_capacity_units: units.write,
        }
    }
}

/// How the table is paid for.
#[derive(Debug, Shape)]
pub(crate) struct BillingModeSummary {
    billing_mode: BillingMode,
    last_update_to_pay_per_request_date_time: Option<Timestamp>,
}

/// Units that are kept ready.
#[derive(Debug, Shape)]
pub(crate) struct WarmThroughputDescription {
    read_units_per_second: i64,
    write_units_per_second: i64,
    status: String,
}

/// An index.
#[derive(Debug, Shape)]
pub(crate) struct IndexDescription {
    index_name: String,
    key_schema: Vec<KeySchemaElement>,
    projection: Projection,
    index_status: Option<String>,
    backfilling: Option<bool>,
    provisioned_throughput: Option<ProvisionedThroughputDescription>,
    index_size_bytes: i64,
    item_count: i64,
    index_arn: String,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: Option<WarmThroughputDescription>,
}

/// Encryption.
#[derive(Debug, Shape)]
pub(crate) struct SseDescription {
    status: String,
    #[shape(name = "SSEType")]
    sse_type: SseType,
    #[shape(name = "KMSMasterKeyArn")]
    kms_master_key_arn: String,
}

/// The table class.
#[derive(Debug, Shape)]
pub(crate) struct TableClassSummary {
    table_class: TableClass,
    last_update_date_time: Option<Timestamp>,
}

/// Where a restored table comes from.
#[derive(Debug, Shape)]
pub(crate) struct RestoreSummary {
    source_backup_arn: Option<String>,
    source_table_arn: Option<String>,
    restore_date_time: Timestamp,
    restore_in_progress: bool,
}

/// A table.
#[derive(Debug, Shape)]
pub(crate) struct TableDescription {
    attribute_definitions: Vec<AttributeDefinition>,
    table_name: String,
    key_schema: Vec<KeySchemaElement>,
    table_status: String,
    creation_date_time: Timestamp,
    provisioned_throughput: ProvisionedThroughputDescription,
    table_size_bytes: i64,
    item_count: i64,
    table_arn: String,
    table_id: String,
    billing_mode_summary: Option<BillingModeSummary>,
    local_secondary_indexes: Option<Vec<IndexDescription>>,
    global_secondary_indexes: Option<Vec<IndexDescription>>,
    stream_specification: Option<StreamSpecification>,
    latest_stream_label: Option<String>,
    latest_stream_arn: Option<String>,
    restore_summary: Option<RestoreSummary>,
    #[shape(name = "SSEDescription")]
    sse_description: Option<SseDescription>,
    table_class_summary: Option<TableClassSummary>,
    deletion_protection_enabled: bool,
    on_demand_throughput: Option<OnDemandThroughput>,
    warm_throughput: WarmThroughputDescription,
}

/// Statuses that an answer shows while a change is only just made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown<'a> {
    /// Of the table, in place of its own.
    pub(crate) table: Option<&'a str>,
    /// Of all global indexes.
    pub(crate) indexes: Option<&'a str>,
}

impl TableDescription {
    /// The description of a table as it is now.
    pub(crate) async fn of(tx: &Tx, row: &TableRow, now: Timestamp) -> Result<Self, Error> {
        Self::shown(tx, row, now, Shown::default()).await
    }

    /// The same with other statuses.
    pub(crate) async fn shown(
        tx: &Tx,
        row: &TableRow,
        now: Timestamp,
        shown: Shown<'_>,
    ) -> Result<Self, Error> {
        let own = if row.is_creating { "CREATING" } else { "ACTIVE" };
        let (item_count, table_size_bytes) = counts(tx, row, 0).await?;
        Ok(Self {
            attribute_definitions: definitions(row),
            table_name: row.name.clone(),
            key_schema: key_schema(&row.key),
            table_status: shown.table.unwrap_or(own).to_owned(),
            creation_date_time: Timestamp::from_millis(row.created_at_millis),
            provisioned_throughput: ProvisionedThroughputDescription::of(&row.throughput, now),
            table_size_bytes,
            item_count,
            table_arn: row.arn(),
            table_id: row.id.clone(),
            billing_mode_summary: billing(row),
            local_secondary_indexes: indexes(tx, row, false, now, shown).await?,
            global_secondary_indexes: indexes(tx, row, true, now, shown).await?,
            stream_specification: stream(row),
            latest_stream_label: row.stream.as_ref().map(|stream| stream.label.clone()),
            latest_stream_arn: row.stream.as_ref().map(|stream| row.stream_arn(&stream.label)),
            restore_summary: row.restored.as_ref().map(|restored| RestoreSummary {
                source_backup_arn: restored.backup_arn.clone(),
                source_table_arn: restored.table_arn.clone(),
                restore_date_time: Timestamp::from_millis(restored.at_millis),
                restore_in_progress: row.is_creating,
            }),
            sse_description: sse(row),
            table_class_summary: class(row),
            deletion_protection_enabled: row.is_protected,
            on_demand_throughput: row.on_demand.map(Into::into),
            warm_throughput: warm(row, &row.throughput, row.warm),
        })
    }
}

/// Items and bytes of a table (number 0) or one of its indexes.
pub(crate) async fn counts(tx: &Tx, row: &TableRow, number: u32) -> Result<(i64, i64), Error> {
    let space = row.space();
    let items = tx.get_counter(&keys::counter(space, number, Counted::Items)).await?;
    let bytes = tx.get_counter(&keys::counter(space, number, Counted::Bytes)).await?;
    Ok((items, bytes))
}

/// The defined attributes.
pub(crate) fn definitions(row: &TableRow) -> Vec<AttributeDefinition> {
    let attributes = row.attributes.iter();
    attributes
        .map(|(name, kind)| AttributeDefinition { attribute_name: name.clone(), attribute_type: *kind })
        .collect()
}

/// A key as it stands on the wire.
pub(crate) fn key_schema(key: &KeyNames) -> Vec<KeySchemaElement> {
    let element = |name: &str, key_type| KeySchemaElement { attribute_name: name.to_owned(), key_type };
    let range = key.range.as_ref().map(|name| element(name, KeyType::Range));
    std::iter::once(element(&key.hash, KeyType::Hash)).chain(range).collect()
}

/// A projection as it stands on the wire.
pub(crate) fn projection(projected: &Projected) -> Projection {
    let (kind, names) = match projected {
        Projected::All => (ProjectionType::All, None),
        Projected::KeysOnly => (ProjectionType::KeysOnly, None),
        Projected::Include(names) => (ProjectionType::Include, Some(names.clone())),
    };
    Projection { projection_type: Some(kind), non_key_attributes: names }
}

/// How the table is paid for; AWS says nothing of tables that were always provisioned.
pub(crate) fn billing(row: &TableRow) -> Option<BillingModeSummary> {
    row.on_demand_since_millis.map(|since| BillingModeSummary {
        billing_mode: BillingMode::of(row.is_on_demand),
        last_update_to_pay_per_request_date_time: Some(Timestamp::from_millis(since)),
    })
}

/// The stream, when it is on.
pub(crate) fn stream(row: &TableRow) -> Option<StreamSpecification> {
    let stream = row.open_stream()?;
    Some(StreamSpecification { stream_enabled: true, stream_view_type: Some(stream.view) })
}

/// Encryption with a key of KMS; AWS says nothing of its own keys.
pub(crate) fn sse(row: &TableRow) -> Option<SseDescription> {
    row.encryption.as_ref().map(|encryption| SseDescription {
        status: "ENABLED".to_owned(),
        sse_type: SseType::Kms,
        kms_master_key_arn: encryption.key_arn.clone(),
    })
}

fn class(row: &TableRow) -> Option<TableClassSummary> {
    let changed = row.class_changed_at_millis;
    (row.is_infrequent_access || changed.is_some()).then(|| TableClassSummary {
        table_class: if row.is_infrequent_access {
            TableClass::StandardInfrequentAccess
        } else {
            TableClass::Standard
        },
        last_update_date_time: changed.map(Timestamp::from_millis),
    })
}

fn warm(row: &TableRow, units: &Throughput, asked: Option<OnDemand>) -> WarmThroughputDescription {
    let (read, write) =
        if row.is_on_demand { (WARM_READ_UNITS, WARM_WRITE_UNITS) } else { (units.read, units.write) };
    WarmThroughputDescription {
        read_units_per_second: asked.and_then(|asked| asked.read).unwrap_or(0).max(read),
        write_units_per_second: asked.and_then(|asked| asked.write).unwrap_or(0).max(write),
        status: "ACTIVE".to_owned(),
    }
}

async fn indexes(
    tx: &Tx,
    row: &TableRow,
    is_global: bool,
    now: Timestamp,
    shown: Shown<'_>,
) -> Result<Option<Vec<IndexDescription>>, Error> {
    let mut described = Vec::new();
    for index in row.indexes_of(is_global) {
        described.push(describe_index(tx, row, index, now, shown).await?);
    }
    Ok((!described.is_empty()).then_some(described))
}

async fn describe_index(
    tx: &Tx,
    row: &TableRow,
    index: &IndexRow,
    now: Timestamp,
    shown: Shown<'_>,
) -> Result<IndexDescription, Error> {
    let (item_count, index_size_bytes) = counts(tx, row, index.number).await?;
    let own = if index.is_backfilling { "CREATING" } else { "ACTIVE" };
    let only_global = index.is_global.then_some(());
    Ok(IndexDescription {
        index_name: index.name.clone(),
        key_schema: key_schema(&index.key),
        projection: projection(&index.projected),
        index_status: only_global.map(|()| shown.indexes.unwrap_or(own).to_owned()),
        backfilling: index.is_backfilling.then_some(true),
        provisioned_throughput: only_global
            .map(|()| ProvisionedThroughputDescription::of(&index.throughput, now)),
        index_size_bytes,
        item_count,
        index_arn: format!("{}/index/{}", row.arn(), index.name),
        on_demand_throughput: index.on_demand.map(Into::into),
        warm_throughput: only_global.map(|()| warm(row, &index.throughput, None)),
    })
}

impl From<OnDemand> for OnDemandThroughput {
    fn from(units: OnDemand) -> Self {
        Self { max_read_request_units: units.read, max_write_request_units: units.write }
    }
}

impl From<OnDemandThroughput> for OnDemand {
    fn from(units: OnDemandThroughput) -> Self {
        Self { read: units.max_read_request_units, write: units.max_write_request_units }
    }
}
