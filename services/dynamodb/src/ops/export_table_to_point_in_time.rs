//! ExportTableToPointInTime: all items of a table, as they were at a time, as files of JSON in S3.
//!
//! Differs from AWS: ION, incremental exports and encryption with keys of KMS are refused. Files have 8 MB of JSON each
//! before they are packed, whatever the partitions of the table are.

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use serde_json::Value as Json;
use store::layer::table::{self, Paging};

use super::tag_resource::{arn_of, tagged};
use crate::error::Error;
use crate::export::{ExportDescription, ExportFormat, ExportPhase, ExportRow, ExportType};
use crate::limits::{TOKEN_TRANSFERS_MAX, TRANSFER_TOKEN_MILLIS};
use crate::recovery;
use crate::tables;
use crate::work::{self, CopyTo, Task};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_arn: String,
    export_time: Option<Timestamp>,
    #[shape(pattern = "^[^\\$]+$")]
    client_token: Option<String>,
    #[shape(name = "S3Bucket", len = 0..=255, pattern = "^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$")]
    s3_bucket: String,
    #[shape(name = "S3BucketOwner", pattern = "[0-9]{12}")]
    s3_bucket_owner: Option<String>,
    #[shape(name = "S3Prefix", len = 0..=1024)]
    s3_prefix: Option<String>,
    #[shape(name = "S3SseAlgorithm")]
    s3_sse_algorithm: Option<SseAlgorithm>,
    #[shape(name = "S3SseKmsKeyId", len = 1..=2048)]
    s3_sse_kms_key_id: Option<String>,
    export_format: Option<ExportFormat>,
    export_type: Option<ExportType>,
    incremental_export_specification: Option<Json>,
    filter_specification: Option<Json>,
}

/// How the files are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum SseAlgorithm {
    #[shape(name = "AES256")]
    Aes256,
    #[shape(name = "KMS")]
    Kms,
}

#[derive(Shape)]
pub(crate) struct Output {
    export_description: ExportDescription,
}

impl Input {
    /// Refuses what cannot be done.
    fn check(&self) -> Result<(), Error> {
        let refused = if self.export_format == Some(ExportFormat::Ion) {
            "exports in ION are not supported by this cloud; use DYNAMODB_JSON"
        } else if self.export_type == Some(ExportType::IncrementalExport)
            || self.incremental_export_specification.is_some()
        {
            "incremental exports are not supported by this cloud; use FULL_EXPORT"
        } else if self.filter_specification.is_some() {
            "exports of some of the items are not supported by this cloud; leave out FilterSpecification"
        } else if self.s3_sse_algorithm == Some(SseAlgorithm::Kms) || self.s3_sse_kms_key_id.is_some() {
            "exports encrypted with keys of KMS are not supported by this cloud; use AES256"
        } else {
            return Ok(());
        };
        Err(Error::validation(refused))
    }

    /// Whether an export was asked for in the same words.
    fn is_of(&self, row: &ExportRow) -> bool {
        row.bucket == self.s3_bucket
            && row.bucket_owner == self.s3_bucket_owner
            && row.prefix == self.s3_prefix
            && row.sse.as_deref() == self.s3_sse_algorithm.as_ref().map(SseAlgorithm::as_str)
            && self.export_time.is_none_or(|time| time.millis() == row.at_millis)
    }
}

pub(crate) struct ExportTableToPointInTime;

impl Operation for ExportTableToPointInTime {
    const NAME: &'static str = "ExportTableToPointInTime";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.table_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        input.check()?;
        let name = tagged(cx, &input.table_arn)?;
        let table = tables::load(cx, &name).await?.ok_or_else(|| Error::TableNotFound(name.name.clone()))?;
        let now = cx.now();
        if let Some(token) = &input.client_token {
            let since = now.millis() - TRANSFER_TOKEN_MILLIS;
            let parts = (name.account.as_str(), name.region.as_str(), name.name.as_str());
            let newest = Paging::first(TOKEN_TRANSFERS_MAX).reversed();
            let there = table::list::<ExportRow>(cx.tx(), parts, &newest).await?.items;
            let same = |row: &&ExportRow| row.token == *token && row.started_at_millis > since;
            match there.iter().find(same) {
                Some(row) if input.is_of(row) => return Ok(Output { export_description: row.describe() }),
                Some(_) => return Err(Error::ExportConflict),
                None => {}
            }
        }
        let (earliest, latest) = recovery::window(&table.row, now).ok_or_else(|| {
            Error::RecoveryUnavailable(format!(
                "Point in time recovery is not enabled for table '{}'",
                table.row.name
            ))
        })?;
        let time = input.export_time.unwrap_or(latest);
        // A time in whole seconds may lie a moment before the earliest one.
        if time.millis() / 1000 < earliest.millis() / 1000 || time > latest {
            return Err(Error::InvalidExportTime);
        }
        let random: String = cx.new_id().chars().filter(char::is_ascii_hexdigit).take(8).collect();
        let row = ExportRow {
            account: name.account,
            region: name.region,
            table: name.name,
            id: format!("{:014}-{random}", now.millis()),
            source: table.row.clone(),
            token: input.client_token.unwrap_or_else(|| cx.new_id()),
            bucket: input.s3_bucket,
            bucket_owner: input.s3_bucket_owner,
            prefix: input.s3_prefix,
            sse: input.s3_sse_algorithm.as_ref().map(|sse| sse.as_str().to_owned()),
            at_millis: time.millis(),
            started_at_millis: now.millis(),
            ended_at_millis: None,
            caller: StoredCaller::of(cx.caller()),
            space_id: cx.new_id(),
            phase: ExportPhase::Copying,
            files: Vec::new(),
            bytes: 0,
        };
        table::put(cx.tx(), &row).await?;
        let to = CopyTo::Export {
            account: row.account.clone(),
            region: row.region.clone(),
            table: row.table.clone(),
            id: row.id.clone(),
        };
        work::begin(cx, Task::Copy { from_id: table.row.id.clone(), to, after: None }).await?;
        Ok(Output { export_description: row.describe() })
    }
}

#[cfg(test)]
mod tests;
