//! Records in the form in which Lambda gives them to functions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#example-event> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#example-event>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::filter::content;
use super::{Feed, Record};

/// A record, and what filters see of it.
pub(super) struct Read {
    pub(super) record: Record,
    pub(super) is_wanted: bool,
}

/// A message of ReceiveMessage.
pub(super) fn message(feed: &Feed, message: &Value) -> Read {
    let text = |name: &str| message[name].as_str().unwrap_or_default();
    let attributes = message.get("Attributes").cloned().unwrap_or_else(|| json!({}));
    let mut shown = json!({
        "messageId": text("MessageId"),
        "receiptHandle": text("ReceiptHandle"),
        "body": text("Body"),
        "attributes": attributes,
        "messageAttributes": message_attributes(&message["MessageAttributes"]),
        "md5OfBody": text("MD5OfBody"),
        "eventSource": "aws:sqs",
        "eventSourceARN": feed.source.as_str(),
        "awsRegion": feed.source.region(),
    });
    if let Some(md5) = message.get("MD5OfMessageAttributes").filter(|md5| md5.is_string()) {
        shown["md5OfMessageAttributes"] = md5.clone();
    }
    let sent = message["Attributes"]["SentTimestamp"].as_str().and_then(|sent| sent.parse().ok());
    let record = Record {
        id: text("MessageId").to_owned(),
        json: shown.to_string(),
        at_millis: sent.unwrap_or_default(),
        handle: text("ReceiptHandle").to_owned(),
        trace: message["Attributes"]["AWSTraceHeader"].as_str().map(str::to_owned),
    };
    let filter = &feed.settings.filter;
    let is_wanted = filter.is_open() || {
        shown["body"] = content(text("Body"));
        filter.wants(&shown)
    };
    Read { record, is_wanted }
}

fn message_attributes(given: &Value) -> Value {
    let shown = given.as_object().into_iter().flatten().map(|(name, attribute)| {
        let mut shown =
            json!({"stringListValues": [], "binaryListValues": [], "dataType": attribute["DataType"]});
        for (from, to) in [("StringValue", "stringValue"), ("BinaryValue", "binaryValue")] {
            if let Some(value) = attribute.get(from).filter(|value| !value.is_null()) {
                shown[to] = value.clone();
            }
        }
        (name.clone(), shown)
    });
    Value::Object(shown.collect())
}

/// A record of DynamoDB streams' GetRecords.
pub(super) fn change(feed: &Feed, mut given: Value) -> Read {
    let change = &given["dynamodb"];
    let (id, key) = (text_of(&change["SequenceNumber"]), change["Keys"].to_string());
    let at_millis = millis(&change["ApproximateCreationDateTime"]);
    given["eventSourceARN"] = json!(feed.source.as_str());
    if let Some(Value::Object(identity)) = given.get_mut("userIdentity") {
        // The API writes them with capitals.
        let small = |name: &str| name[..1].to_lowercase() + &name[1..];
        *identity = std::mem::take(identity).into_iter().map(|(name, value)| (small(&name), value)).collect();
    }
    drop_nulls(&mut given);
    let is_wanted = feed.settings.filter.wants(&given);
    Read { record: Record { id, json: given.to_string(), at_millis, handle: key, trace: None }, is_wanted }
}

/// A record of Kinesis' GetRecords.
pub(super) fn datum(feed: &Feed, shard: &str, given: &Value) -> Read {
    let (id, key) = (text_of(&given["SequenceNumber"]), text_of(&given["PartitionKey"]));
    let data = text_of(&given["Data"]);
    let mut kinesis = json!({
        "kinesisSchemaVersion": "1.0",
        "partitionKey": key,
        "sequenceNumber": id,
        "data": data,
        "approximateArrivalTimestamp": given["ApproximateArrivalTimestamp"],
    });
    if let Some(kind) = given["EncryptionType"].as_str().filter(|kind| *kind != "NONE") {
        kinesis["encryptionType"] = json!(kind);
    }
    let mut shown = json!({
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": format!("{shard}:{id}"),
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": feed.identity,
        "awsRegion": feed.source.region(),
        "eventSourceARN": feed.source.as_str(),
    });
    let filter = &feed.settings.filter;
    let is_wanted = filter.is_open() || {
        // Patterns name the members of `kinesis` without it, and the JSON in `data`.
        let mut view: Map<String, Value> = shown.as_object().cloned().unwrap_or_default();
        view.extend(kinesis.as_object().cloned().unwrap_or_default());
        let decoded = STANDARD.decode(&data).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        view.insert("data".to_owned(), decoded.map_or(Value::Null, |text| content(&text)));
        filter.wants(&Value::Object(view))
    };
    let at_millis = millis(&given["ApproximateArrivalTimestamp"]);
    shown["kinesis"] = kinesis;
    Read { record: Record { id, json: shown.to_string(), at_millis, handle: key, trace: None }, is_wanted }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Seconds as JSON has them.
fn millis(seconds: &Value) -> i64 {
    // Times of records are far from the ends of the range.
    seconds.as_f64().map_or(0, |seconds| (seconds * 1000.0).round() as i64)
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(members) = value {
        members.retain(|_, member| !member.is_null());
        // Attribute values say NULL as `true`: only the frame of a record has members without a value.
        for name in ["dynamodb"] {
            if let Some(member) = members.get_mut(name) {
                drop_nulls(member);
            }
        }
    }
}
