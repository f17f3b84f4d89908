//! Imports of tables from S3: the row of an import, what is told of it, and its steps.
//!
//! An object is read as a stream, unpacked and cut into records; a few records at a time become items in one
//! transaction, with the number of those that are done. So a crash costs the work of some records.

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Index, Record};
use store::tuple::Tuple;

use crate::describe;
use crate::error::Error;
use crate::shapes::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, OnDemandThroughput,
    ProvisionedThroughput, SseSpecification, SseType,
};
use crate::table::TableRow;
use crate::tables::TableName;
use crate::transfers::Failed;
use crate::work::Place;

mod reading;
mod records;
mod unpack;

pub(crate) use reading::step;

/// How far an import has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ImportPhase {
    Running,
    Completed,
    /// The table is gone.
    Cancelled,
    Failed(Failed),
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImportRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) table: String,
    /// The last part of the ARN: the time and some random letters.
    pub(crate) id: String,
    /// The table as it was made.
    pub(crate) target: TableRow,
    pub(crate) token: String,
    pub(crate) bucket: String,
    pub(crate) bucket_owner: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) format: Format,
    pub(crate) is_packed: bool,
    pub(crate) started_at_millis: i64,
    pub(crate) ended_at_millis: Option<i64>,
    /// Who asked for it: the objects are read in their name.
    pub(crate) caller: StoredCaller,
    pub(crate) phase: ImportPhase,
    /// The last object that was begun, and how many of its records are done; all of them when it is none.
    pub(crate) object: Option<String>,
    pub(crate) records_done: Option<u64>,
    /// Objects that were begun.
    pub(crate) objects: u64,
    pub(crate) processed: i64,
    pub(crate) processed_bytes: i64,
    pub(crate) imported: i64,
    pub(crate) errors: i64,
}

/// How the records of an object are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Format {
    DynamodbJson,
    /// Without names of columns they stand in the first record of each object.
    Csv {
        delimiter: char,
        header: Option<Vec<String>>,
    },
}

impl Record for ImportRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_IMPORT;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.table, &self.id))
    }

    /// Those that are not at their end.
    fn indexes(&self) -> Vec<Index> {
        let is_open = self.phase == ImportPhase::Running;
        is_open.then(|| Index::new(1, self.started_at_millis)).into_iter().collect()
    }
}

/// Where the objects are.
#[derive(Clone, Debug, Shape)]
pub(crate) struct S3BucketSource {
    #[shape(name = "S3BucketOwner", pattern = "[0-9]{12}")]
    pub(crate) s3_bucket_owner: Option<String>,
    #[shape(name = "S3Bucket", len = 0..=255, pattern = "^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$")]
    pub(crate) s3_bucket: String,
    #[shape(name = "S3KeyPrefix", len = 0..=1024)]
    pub(crate) s3_key_prefix: Option<String>,
}

/// Formats of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum InputFormat {
    #[shape(name = "DYNAMODB_JSON")]
    DynamodbJson,
    #[shape(name = "ION")]
    Ion,
    #[shape(name = "CSV")]
    Csv,
}

/// How objects are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum InputCompressionType {
    Gzip,
    Zstd,
    None,
}

/// How CSV is written.
#[derive(Clone, Debug, Shape)]
pub(crate) struct CsvOptions {
    #[shape(len = 1..=1, pattern = "[,;:|\\t ]")]
    pub(crate) delimiter: Option<String>,
    #[shape(len = 1..=255)]
    pub(crate) header_list: Option<Vec<String>>,
}

/// What is known of a format besides its name.
#[derive(Clone, Debug, Shape)]
pub(crate) struct InputFormatOptions {
    pub(crate) csv: Option<CsvOptions>,
}

/// The table that is made.
#[derive(Clone, Debug, Shape)]
pub(crate) struct TableCreationParameters {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    pub(crate) table_name: String,
    pub(crate) attribute_definitions: Vec<AttributeDefinition>,
    #[shape(len = 1..)]
    pub(crate) key_schema: Vec<KeySchemaElement>,
    pub(crate) billing_mode: Option<BillingMode>,
    pub(crate) provisioned_throughput: Option<ProvisionedThroughput>,
    pub(crate) on_demand_throughput: Option<OnDemandThroughput>,
    #[shape(name = "SSESpecification")]
    pub(crate) sse_specification: Option<SseSpecification>,
    pub(crate) global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
    pub(crate) vector_indexes: Option<Json>,
}

/// An import in a list.
#[derive(Debug, Shape)]
pub(crate) struct ImportSummary {
    import_arn: String,
    import_status: String,
    table_arn: String,
    s3_bucket_source: S3BucketSource,
    input_format: InputFormat,
    start_time: Timestamp,
    end_time: Option<Timestamp>,
}

/// An import in answers.
#[derive(Debug, Shape)]
pub(crate) struct ImportTableDescription {
    import_arn: String,
    import_status: String,
    table_arn: String,
    table_id: String,
    client_token: String,
    s3_bucket_source: S3BucketSource,
    error_count: i64,
    input_format: InputFormat,
    input_format_options: Option<InputFormatOptions>,
    input_compression_type: InputCompressionType,
    table_creation_parameters: TableCreationParameters,
    start_time: Timestamp,
    end_time: Option<Timestamp>,
    processed_size_bytes: Option<i64>,
    processed_item_count: Option<i64>,
    imported_item_count: Option<i64>,
    failure_code: Option<String>,
    failure_message: Option<String>,
}

impl ImportRow {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}/import/{}", self.target.arn(), self.id)
    }

    /// The table that is made.
    pub(crate) fn place(&self) -> Place {
        Place::of(&self.target)
    }

    fn status(&self) -> &'static str {
        match self.phase {
            ImportPhase::Running => "IN_PROGRESS",
            ImportPhase::Completed => "COMPLETED",
            ImportPhase::Cancelled => "CANCELLED",
            ImportPhase::Failed(_) => "FAILED",
        }
    }

    fn source(&self) -> S3BucketSource {
        S3BucketSource {
            s3_bucket_owner: self.bucket_owner.clone(),
            s3_bucket: self.bucket.clone(),
            s3_key_prefix: self.prefix.clone(),
        }
    }

    fn input_format(&self) -> InputFormat {
        match self.format {
            Format::DynamodbJson => InputFormat::DynamodbJson,
            Format::Csv { .. } => InputFormat::Csv,
        }
    }

    /// What a list says of it.
    pub(crate) fn summary(&self) -> ImportSummary {
        ImportSummary {
            import_arn: self.arn(),
            import_status: self.status().to_owned(),
            table_arn: self.target.arn(),
            s3_bucket_source: self.source(),
            input_format: self.input_format(),
            start_time: Timestamp::from_millis(self.started_at_millis),
            end_time: self.ended_at_millis.map(Timestamp::from_millis),
        }
    }

    /// What answers say of it.
    pub(crate) fn describe(&self) -> ImportTableDescription {
        let options = match &self.format {
            Format::DynamodbJson => None,
            Format::Csv { delimiter, header } => Some(InputFormatOptions {
                csv: Some(CsvOptions { delimiter: Some(delimiter.to_string()), header_list: header.clone() }),
            }),
        };
        let failed = match &self.phase {
            ImportPhase::Failed(failed) => Some(failed.clone()),
            _ => None,
        };
        let (failure_code, failure_message) = failed.map(|failed| (failed.code, failed.message)).unzip();
        let is_over = self.ended_at_millis.is_some();
        ImportTableDescription {
            import_arn: self.arn(),
            import_status: self.status().to_owned(),
            table_arn: self.target.arn(),
            table_id: self.target.id.clone(),
            client_token: self.token.clone(),
            s3_bucket_source: self.source(),
            error_count: self.errors,
            input_format: self.input_format(),
            input_format_options: options,
            input_compression_type: match self.is_packed {
                true => InputCompressionType::Gzip,
                false => InputCompressionType::None,
            },
            table_creation_parameters: parameters(&self.target),
            start_time: Timestamp::from_millis(self.started_at_millis),
            end_time: self.ended_at_millis.map(Timestamp::from_millis),
            processed_size_bytes: is_over.then_some(self.processed_bytes),
            processed_item_count: is_over.then_some(self.processed),
            imported_item_count: is_over.then_some(self.imported),
            failure_code,
            failure_message,
        }
    }
}

/// What a table was made from.
fn parameters(row: &TableRow) -> TableCreationParameters {
    let units = |units: &crate::table::Throughput| {
        let (read, write) = (units.read, units.write);
        let given = ProvisionedThroughput { read_capacity_units: read, write_capacity_units: write };
        (!row.is_on_demand).then_some(given)
    };
    let indexes = row.indexes_of(true).map(|index| GlobalSecondaryIndex {
        index_name: index.name.clone(),
        key_schema: describe::key_schema(&index.key),
        projection: describe::projection(&index.projected),
        provisioned_throughput: units(&index.throughput),
        on_demand_throughput: index.on_demand.map(Into::into),
        warm_throughput: None,
    });
    let indexes: Vec<_> = indexes.collect();
    TableCreationParameters {
        table_name: row.name.clone(),
        attribute_definitions: describe::definitions(row),
        key_schema: describe::key_schema(&row.key),
        billing_mode: Some(BillingMode::of(row.is_on_demand)),
        provisioned_throughput: units(&row.throughput),
        on_demand_throughput: row.on_demand.map(Into::into),
        sse_specification: row.encryption.as_ref().map(|encryption| SseSpecification {
            enabled: Some(true),
            sse_type: Some(SseType::Kms),
            kms_master_key_id: Some(encryption.key_arn.clone()),
        }),
        global_secondary_indexes: (!indexes.is_empty()).then_some(indexes),
        vector_indexes: None,
    }
}

/// The import of an ARN.
pub(crate) async fn find(tx: &Tx, arn: &str) -> Result<ImportRow, Error> {
    let invalid = || Error::validation(format!("Invalid ImportArn: {arn}"));
    let (name, id) = arn.split_once("/import/").ok_or_else(invalid)?;
    let name = TableName::of_arn(name).ok_or_else(invalid)?;
    let row = table::get(tx, (&name.account, &name.region, &name.name, id)).await?;
    row.ok_or_else(|| Error::ImportNotFound(arn.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let format: Format = serde_json::from_str(r#"{"Csv":{"delimiter":";","header":["a"]}}"#).unwrap();
        assert_eq!(format, Format::Csv { delimiter: ';', header: Some(vec!["a".to_owned()]) });
        assert_eq!(serde_json::from_str::<ImportPhase>(r#""Running""#).unwrap(), ImportPhase::Running);
    }
}
