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
    // Naming a kind alone enables it (`ack-api-quirks`, the summary of streams and encryption).
    if !asked.enabled.unwrap_or(asked.sse_type.is_some()) {
        // (`ack-api-quirks`, DDB-TABLE-442, as the two texts below.)
        let given =
            [("SSEType", asked.sse_type.is_some()), ("KMSMasterKeyId", asked.kms_master_key_id.is_some())];
        if let Some((member, _)) = given.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Error::parameter(format_args!("{member} can not be specified if Enabled is false")));
        }
        return Ok(None);
    }
    if asked.kms_master_key_id.is_some() && asked.sse_type.is_none() {
        return Err(Error::parameter("SSEType KMS is required if KMSMasterKeyId is specified"));
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

/// Enables or disables the stream of a table whose row is then stored. Of a table that is just being made the texts are
/// others (`ack-api-quirks`, DDB-TABLE-442).
pub(crate) async fn set_stream(
    cx: &mut Cx,
    row: &mut TableRow,
    asked: StreamSpecification,
    is_new: bool,
) -> Result<(), Error> {
    match (asked.stream_enabled, asked.stream_view_type) {
        (false, Some(_)) if is_new => Err(Error::parameter(
            "Table is being created with a stream disabled, UpdateViewType should not be specified",
        )),
        (false, Some(_)) => {
            Err(Error::parameter("If stream is being disabled, then UpdateViewType must not be specified"))
        }
        (true, None) if is_new => {
            Err(Error::parameter("Table is being created with a stream enabled, UpdateViewType is required"))
        }
        (true, None) => Err(Error::parameter("If stream is being enabled then UpdateViewType is required")),
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
        (false, None) if row.open_stream().is_none() && !is_new => {
            Err(Error::validation(format!("Table has no stream to disable: TableName: {}", row.name)))
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
