//! Exports of tables to S3: the row of an export, and what is told of it. `transfers.rs` writes the files.

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::table::{self, Index, Record};
use store::tuple::Tuple;

use crate::error::Error;
use crate::table::TableRow;
use crate::tables::TableName;
use crate::transfers::Failed;

/// The format of the manifests, as the developer guide shows it in "DynamoDB table export output format".
const MANIFEST_VERSION: &str = "2020-06-30";

/// How far an export has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum ExportPhase {
    /// The items are copied and brought back to the time of the export.
    Copying,
    /// The items from here on are still to be written.
    Writing {
        after: Option<String>,
    },
    /// All data files are written, the manifests are not.
    Closing,
    Completed,
    Failed(Failed),
}

/// A data file that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataFile {
    pub(crate) key: String,
    pub(crate) items: i64,
    /// In base64.
    pub(crate) md5: String,
    pub(crate) etag: String,
}

/// An export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ExportRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) table: String,
    /// The last part of the ARN: the time and some random letters.
    pub(crate) id: String,
    /// The table as it was when the export was asked for.
    pub(crate) source: TableRow,
    pub(crate) token: String,
    pub(crate) bucket: String,
    pub(crate) bucket_owner: Option<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) sse: Option<String>,
    /// The time whose items are exported.
    pub(crate) at_millis: i64,
    pub(crate) started_at_millis: i64,
    pub(crate) ended_at_millis: Option<i64>,
    /// Who asked for it: the files are written in their name.
    pub(crate) caller: StoredCaller,
    /// Stands in place of a table's id in the keys of the copied items.
    pub(crate) space_id: String,
    pub(crate) phase: ExportPhase,
    pub(crate) files: Vec<DataFile>,
    pub(crate) bytes: i64,
}

impl Record for ExportRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_EXPORT;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.table, &self.id))
    }

    /// Those that are not at their end.
    fn indexes(&self) -> Vec<Index> {
        let is_open = !matches!(self.phase, ExportPhase::Completed | ExportPhase::Failed(_));
        is_open.then(|| Index::new(1, self.started_at_millis)).into_iter().collect()
    }
}

/// Formats of exported items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum ExportFormat {
    #[shape(name = "DYNAMODB_JSON")]
    DynamodbJson,
    #[shape(name = "ION")]
    Ion,
}

/// Kinds of exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ExportType {
    FullExport,
    IncrementalExport,
}

/// An export in answers.
#[derive(Debug, Shape)]
pub(crate) struct ExportDescription {
    export_arn: String,
    export_status: String,
    start_time: Timestamp,
    end_time: Option<Timestamp>,
    export_manifest: Option<String>,
    table_arn: String,
    table_id: String,
    export_time: Timestamp,
    client_token: String,
    #[shape(name = "S3Bucket")]
    s3_bucket: String,
    #[shape(name = "S3BucketOwner")]
    s3_bucket_owner: Option<String>,
    #[shape(name = "S3Prefix")]
    s3_prefix: Option<String>,
    #[shape(name = "S3SseAlgorithm")]
    s3_sse_algorithm: Option<String>,
    failure_code: Option<String>,
    failure_message: Option<String>,
    export_format: ExportFormat,
    billed_size_bytes: Option<i64>,
    item_count: Option<i64>,
    export_type: ExportType,
}

impl ExportRow {
    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}/export/{}", self.source.arn(), self.id)
    }

    /// `IN_PROGRESS`, `COMPLETED` or `FAILED`.
    pub(crate) fn status(&self) -> &'static str {
        match self.phase {
            ExportPhase::Completed => "COMPLETED",
            ExportPhase::Failed(_) => "FAILED",
            _ => "IN_PROGRESS",
        }
    }

    /// All items of the files that were written.
    pub(crate) fn items(&self) -> i64 {
        self.files.iter().map(|file| file.items).sum()
    }

    /// The key of one of its objects.
    pub(crate) fn object_key(&self, name: &str) -> String {
        let prefix = self.prefix.as_deref().map(|prefix| prefix.trim_end_matches('/')).unwrap_or_default();
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}AWSDynamoDB/{}/{name}", self.id)
    }

    /// The list of data files: a line of JSON for each.
    pub(crate) fn manifest_files(&self) -> String {
        let lines = self.files.iter().map(|file| {
            let line = serde_json::json!({
                "itemCount": file.items, "md5Checksum": file.md5, "etag": file.etag, "dataFileS3Key": file.key,
            });
            format!("{line}\n")
        });
        lines.collect()
    }

    /// The summary of an export that ends at `end`.
    pub(crate) fn manifest_summary(&self, end: Timestamp) -> String {
        let time = |millis| wire::time::iso8601_millis(Timestamp::from_millis(millis));
        let summary = serde_json::json!({
            "version": MANIFEST_VERSION,
            "exportArn": self.arn(),
            "startTime": time(self.started_at_millis),
            "endTime": time(end.millis()),
            "tableArn": self.source.arn(),
            "tableId": self.source.id,
            "exportTime": time(self.at_millis),
            "s3Bucket": self.bucket,
            "s3Prefix": self.prefix,
            "s3SseAlgorithm": self.sse.as_deref().unwrap_or("AES256"),
            "s3SseKmsKeyId": null,
            "manifestFilesS3Key": self.object_key("manifest-files.json"),
            "billedSizeBytes": self.bytes,
            "itemCount": self.items(),
            "outputFormat": "DYNAMODB_JSON",
            "exportType": "FULL_EXPORT",
        });
        summary.to_string()
    }

    /// What answers say of it.
    pub(crate) fn describe(&self) -> ExportDescription {
        let done = self.phase == ExportPhase::Completed;
        let failed = match &self.phase {
            ExportPhase::Failed(failed) => Some(failed.clone()),
            _ => None,
        };
        let (failure_code, failure_message) = failed.map(|failed| (failed.code, failed.message)).unzip();
        ExportDescription {
            export_arn: self.arn(),
            export_status: self.status().to_owned(),
            start_time: Timestamp::from_millis(self.started_at_millis),
            end_time: self.ended_at_millis.map(Timestamp::from_millis),
            export_manifest: done.then(|| self.object_key("manifest-summary.json")),
            table_arn: self.source.arn(),
            table_id: self.source.id.clone(),
            export_time: Timestamp::from_millis(self.at_millis),
            client_token: self.token.clone(),
            s3_bucket: self.bucket.clone(),
            s3_bucket_owner: self.bucket_owner.clone(),
            s3_prefix: self.prefix.clone(),
            s3_sse_algorithm: self.sse.clone(),
            failure_code,
            failure_message,
            export_format: ExportFormat::DynamodbJson,
            billed_size_bytes: done.then_some(self.bytes),
            item_count: done.then(|| self.items()),
            export_type: ExportType::FullExport,
        }
    }
}

/// The export of an ARN.
pub(crate) async fn find(tx: &Tx, arn: &str) -> Result<ExportRow, Error> {
    let invalid = || Error::validation(format!("Invalid ExportArn: {arn}"));
    let (name, id) = arn.split_once("/export/").ok_or_else(invalid)?;
    let name = TableName::of_arn(name).ok_or_else(invalid)?;
    let row = table::get(tx, (&name.account, &name.region, &name.name, id)).await?;
    row.ok_or_else(|| Error::ExportNotFound(arn.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let file: DataFile = serde_json::from_str(r#"{"key":"k","items":1,"md5":"m","etag":"e"}"#).unwrap();
        assert_eq!(file.items, 1);
        let phase: ExportPhase = serde_json::from_str(r#"{"Writing":{"after":"00"}}"#).unwrap();
        assert_eq!(phase, ExportPhase::Writing { after: Some("00".to_owned()) });
        let phase: ExportPhase =
            serde_json::from_str(r#"{"Failed":{"code":"S3NoSuchBucket","message":"m"}}"#).unwrap();
        assert!(matches!(phase, ExportPhase::Failed(_)));
    }
}
