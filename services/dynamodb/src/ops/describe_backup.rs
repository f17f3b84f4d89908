//! DescribeBackup.

use cloud::prelude::*;

use super::describe_time_to_live::TimeToLiveDescription;
use super::tag_resource::arn_of;
use crate::backup::{BackupDetails, BackupName, BackupRow};
use crate::describe::{self, SseDescription};
use crate::error::Error;
use crate::shapes::{BillingMode, KeySchemaElement, OnDemandThroughput, Projection, StreamSpecification};
use crate::table::{IndexRow, TableRow, Throughput};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    backup_arn: String,
}

/// Units of the source.
#[derive(Shape)]
pub(crate) struct Units {
    read_capacity_units: i64,
    write_capacity_units: i64,
}

/// The table of a backup.
#[derive(Shape)]
pub(crate) struct SourceTableDetails {
    table_name: String,
    table_id: String,
    table_arn: String,
    table_size_bytes: i64,
    key_schema: Vec<KeySchemaElement>,
    table_creation_date_time: Timestamp,
    provisioned_throughput: Units,
    item_count: i64,
    billing_mode: BillingMode,
}

/// An index of the source.
#[derive(Shape)]
pub(crate) struct IndexInfo {
    index_name: String,
    key_schema: Vec<KeySchemaElement>,
    projection: Projection,
    provisioned_throughput: Option<Units>,
    on_demand_throughput: Option<OnDemandThroughput>,
}

/// What else was on at the source.
#[derive(Shape)]
pub(crate) struct SourceTableFeatureDetails {
    local_secondary_indexes: Option<Vec<IndexInfo>>,
    global_secondary_indexes: Option<Vec<IndexInfo>>,
    stream_description: Option<StreamSpecification>,
    time_to_live_description: Option<TimeToLiveDescription>,
    #[shape(name = "SSEDescription")]
    sse_description: Option<SseDescription>,
}

/// A backup with its source.
#[derive(Shape)]
pub(crate) struct BackupDescription {
    backup_details: BackupDetails,
    source_table_details: SourceTableDetails,
    source_table_feature_details: SourceTableFeatureDetails,
}

#[derive(Shape)]
pub(crate) struct Output {
    backup_description: BackupDescription,
}

impl Units {
    fn of(units: &Throughput) -> Self {
        Self { read_capacity_units: units.read, write_capacity_units: units.write }
    }
}

impl IndexInfo {
    fn of(index: &IndexRow) -> Self {
        Self {
            index_name: index.name.clone(),
            key_schema: describe::key_schema(&index.key),
            projection: describe::projection(&index.projected),
            provisioned_throughput: index.is_global.then(|| Units::of(&index.throughput)),
            on_demand_throughput: index.on_demand.map(Into::into),
        }
    }
}

impl SourceTableFeatureDetails {
    fn of(source: &TableRow) -> Self {
        let indexes = |is_global| {
            let all: Vec<_> = source.indexes_of(is_global).map(IndexInfo::of).collect();
            (!all.is_empty()).then_some(all)
        };
        Self {
            local_secondary_indexes: indexes(false),
            global_secondary_indexes: indexes(true),
            stream_description: describe::stream(source),
            time_to_live_description: source.ttl.as_ref().map(|_| TimeToLiveDescription::of(source)),
            sse_description: describe::sse(source),
        }
    }
}

impl BackupDescription {
    /// The description of a backup.
    pub(crate) fn of(row: &BackupRow) -> Self {
        let source = &row.source;
        Self {
            backup_details: row.details(),
            source_table_details: SourceTableDetails {
                table_name: source.name.clone(),
                table_id: source.id.clone(),
                table_arn: source.arn(),
                table_size_bytes: row.bytes,
                key_schema: describe::key_schema(&source.key),
                table_creation_date_time: Timestamp::from_millis(source.created_at_millis),
                provisioned_throughput: Units::of(&source.throughput),
                item_count: row.items,
                billing_mode: BillingMode::of(source.is_on_demand),
            },
            source_table_feature_details: SourceTableFeatureDetails::of(source),
        }
    }

    /// The same of a backup that is gone with this answer.
    pub(crate) fn deleted(row: &BackupRow) -> Self {
        let mut description = Self::of(row);
        description.backup_details.backup_status = "DELETED".to_owned();
        description
    }
}

pub(crate) struct DescribeBackup;

impl Operation for DescribeBackup {
    const NAME: &'static str = "DescribeBackup";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.backup_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = BackupName::read(&input.backup_arn)?.find(cx.tx()).await?;
        Ok(Output { backup_description: BackupDescription::of(&row) })
    }
}
