//! Settings of tables that several operations change: streams, encryption.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::StreamRow;
use crate::shapes::{SseSpecification, SseType, StreamSpecification, WarmThroughput};
use crate::table::{EncryptionRow, LatestStream, OnDemand, TableRow};

/// Encryption as it is asked for; none means with a key of DynamoDB's own.
pub(crate) fn encryption(cx: &Cx, asked: Option<&SseSpecification>) -> Result<Option<EncryptionRow>, Error> {
    let Some(asked) = asked else { return Ok(None) };
    if !asked.enabled.unwrap_or(false) {
        if asked.kms_master_key_id.is_some() || asked.sse_type.is_some() {
            return Err(Error::parameter(
                "SSEType and KMSMasterKeyId can only be specified when SSE is enabled",
            ));
        }
        return Ok(None);
    }
    if asked.sse_type == Some(SseType::Aes256) {
        return Err(Error::parameter("SSEType AES256 is not supported"));
    }
    let key = asked.kms_master_key_id.as_deref().unwrap_or("alias/aws/dynamodb");
    let key_arn = match key {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        alias if alias.starts_with("alias/") => cx.arn("kms", alias).to_string(),
        id => cx.arn("kms", format_args!("key/{id}")).to_string(),
    };
    Ok(Some(EncryptionRow { key_arn }))
}

/// Units that a table must be ready for.
pub(crate) fn warm(asked: WarmThroughput) -> OnDemand {
    OnDemand { read: asked.read_units_per_second, write: asked.write_units_per_second }
}

/// Enables or disables the stream of a table whose row is then stored.
pub(crate) async fn set_stream(
    cx: &mut Cx,
    row: &mut TableRow,
    asked: StreamSpecification,
) -> Result<(), Error> {
    match (asked.stream_enabled, asked.stream_view_type) {
        (false, Some(_)) => {
            Err(Error::parameter("StreamViewType must not be specified when StreamEnabled is false"))
        }
        (true, None) => Err(Error::parameter("StreamViewType is required when StreamEnabled is true")),
        (true, Some(view)) => {
            if row.open_stream().is_some() {
                return Err(Error::validation(format!(
                    "Table already has an enabled stream: TableName: {}",
                    row.name
                )));
            }
            let stream = StreamRow {
                account: row.account.clone(),
                region: row.region.clone(),
                table: row.name.clone(),
                label: free_label(cx, row).await?,
                view,
                key: row.key.clone(),
                created_at_millis: cx.now().millis(),
                disabled_at_millis: None,
                trimmed: false,
            };
            table::put(cx.tx(), &stream).await?;
            row.stream = Some(LatestStream { label: stream.label, view, is_enabled: true });
            Ok(())
        }
        (false, None) => close_stream(cx, row).await,
    }
}

/// The label of a new stream: the time, which no other stream of the table may have.
async fn free_label(cx: &mut Cx, row: &TableRow) -> Result<String, Error> {
    let mut at = cx.now();
    loop {
        let label = wire::time::iso8601_millis(at);
        let label = label.trim_end_matches('Z').to_owned();
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str(), label.as_str());
        if !table::exists::<StreamRow>(cx.tx(), key).await? {
            return Ok(label);
        }
        at = at.plus_millis(1);
    }
}

/// Disables the stream if there is one; its records stay for a day.
pub(crate) async fn close_stream(cx: &mut Cx, row: &mut TableRow) -> Result<(), Error> {
    let now = cx.now().millis();
    let Some(stream) = row.stream.as_mut().filter(|stream| stream.is_enabled) else { return Ok(()) };
    stream.is_enabled = false;
    let key = (row.account.as_str(), row.region.as_str(), row.name.as_str(), stream.label.as_str());
    if let Some(mut stored) = table::get::<StreamRow>(cx.tx(), key).await? {
        stored.disabled_at_millis = Some(now);
        table::put(cx.tx(), &stored).await?;
    }
    Ok(())
}
