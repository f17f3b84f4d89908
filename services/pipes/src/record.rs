//! Records in the form that pipes give them, and what templates see of them.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-source.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#input-transform-implicit>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::prelude::*;
use inputtemplate::Path;
use serde_json::{Value, json};

use crate::keys::PipeRow;

/// A record as pipes give it: as functions get it, but for those of Kinesis, whose members all stand at the top.
pub(crate) fn of(json: &str) -> Result<Value, Failure> {
    let mut record: Value = serde_json::from_str(json).map_err(Failure::internal)?;
    if let Some(members) = record.as_object_mut()
        && let Some(Value::Object(inner)) = members.remove("kinesis")
    {
        members.extend(inner);
    }
    Ok(record)
}

/// What paths see: bodies and data that are JSON are read.
fn view(record: &Value) -> Value {
    let mut view = record.clone();
    let parsed = |text: &str| match serde_json::from_str(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Some(value),
        _ => None,
    };
    if let Some(body) = record["body"].as_str().and_then(parsed) {
        view["body"] = body;
    }
    if record["eventSource"] == "aws:kinesis"
        && let Some(data) = record["data"].as_str()
        && let Ok(bytes) = STANDARD.decode(data)
    {
        let text = String::from_utf8_lossy(&bytes);
        view["data"] = parsed(&text).unwrap_or_else(|| json!(text));
    }
    view
}

/// A text that may be a path into the record.
pub(crate) fn text_of(text: &str, record: &Value) -> String {
    inputtemplate::text_of(text, &view(record))
}

/// The record, or what a template makes of it.
pub(crate) fn payload(template: Option<&str>, record: &Value, pipe: &PipeRow, now_millis: i64) -> Value {
    let Some(template) = template.filter(|template| !template.is_empty()) else { return record.clone() };
    let view = view(record);
    let is_name = |name: &str| name.starts_with('$') || name.starts_with("aws.pipes.");
    let filled = inputtemplate::fill(template, is_name, |name| match name {
        "aws.pipes.pipe-arn" => Some(json!(pipe.arn())),
        "aws.pipes.pipe-name" => Some(json!(pipe.name)),
        "aws.pipes.source-arn" => Some(json!(pipe.source)),
        "aws.pipes.enrichment-arn" => pipe.enrichment.as_ref().map(|arn| json!(arn)),
        "aws.pipes.target-arn" => Some(json!(pipe.target)),
        "aws.pipes.event.ingestion-time" => Some(json!(seconds(now_millis))),
        "aws.pipes.event" | "aws.pipes.event.json" => Some(record.clone()),
        name => Path::parse(name)?.of(&view).cloned(),
    });
    serde_json::from_str(&filled).unwrap_or(Value::String(filled))
}

/// A payload as a text: of a text itself, of anything else its JSON.
pub(crate) fn as_text(payload: &Value) -> String {
    payload.as_str().map_or_else(|| payload.to_string(), str::to_owned)
}

/// A time in seconds, with a Z.
pub(crate) fn seconds(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::row;

    #[test]
    fn kinesis_records_are_flat() {
        let json = r#"{"eventSource":"aws:kinesis","kinesis":{"partitionKey":"p","data":"eyJhIjoxfQ=="}}"#;
        let record = of(json).unwrap();
        assert_eq!(
            record,
            json!({"eventSource": "aws:kinesis", "partitionKey": "p", "data": "eyJhIjoxfQ=="})
        );
        assert_eq!(payload(Some("<$.data.a>"), &record, &row(), 0), json!(1));
        assert_eq!(text_of("$.partitionKey", &record), "p");
    }

    #[test]
    fn templates_see_into_bodies() {
        let record = json!({"body": "{\"n\": {\"x\": 2}}", "messageId": "m"});
        let filled = |template: &str| payload(Some(template), &record, &row(), 0);
        assert_eq!(filled(r#"{"n": <$.body.n>, "id": "<$.messageId>"}"#), json!({"n": {"x": 2}, "id": "m"}));
        assert_eq!(filled("plain <$.body.n.x>"), json!("plain 2"));
        assert_eq!(filled(r#"{"pipe": "<aws.pipes.pipe-name>"}"#), json!({"pipe": "n"}));
        assert_eq!(payload(None, &record, &row(), 0), record);
    }
}
