//! What a pipe calls with its records.

use std::collections::BTreeMap;

use cloud::prelude::*;
use serde_json::{Value, json};

use crate::error::Error;
use crate::keys::PipeRow;
use crate::limits::{REQUEST_BYTES_MAX, REQUEST_ENTRIES_MAX};
use crate::pipe::PRINCIPAL;
use crate::record::{as_text, text_of};
use crate::shapes::{HttpParameters, TargetParameters};

/// A record on its way to the target.
pub(crate) struct Item {
    /// The number of the record of the batch that it comes from; none once an enrichment has made other records.
    pub(crate) of: Option<usize>,
    /// What paths of parameters lead into.
    pub(crate) record: Value,
    /// What the target gets.
    pub(crate) payload: Value,
}

/// A call, and the records that it is for.
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) input: Value,
    /// Places among the items.
    pub(crate) items: Vec<usize>,
}

/// Refuses targets that this cloud does not have.
pub(crate) fn check(cx: &Cx, target: &str, parameters: &TargetParameters) -> Result<(), Error> {
    parameters.check()?;
    let arn: Arn = target.parse().map_err(|_| Error::invalid(format!("{target} is not a valid ARN.")))?;
    let resource = arn.resource();
    let is_there = match arn.service() {
        "lambda" => resource.starts_with("function:"),
        "events" => resource.starts_with("event-bus/") || resource.starts_with("api-destination/"),
        "kinesis" => resource.starts_with("stream/"),
        "logs" => cloud::client::logs::group_of(target).is_some(),
        "sqs" => true,
        // "Amazon SNS topic (SNS FIFO topics not supported)", in the user guide's list of targets.
        "sns" => !resource.ends_with(".fifo"),
        _ => false,
    };
    if !is_there || cx.cloud().registry().service(arn.service()).is_none() {
        return Err(Error::unsupported(&format!("a target in `{}` ({arn})", arn.service())));
    }
    let group = parameters.sqs_queue_parameters.as_ref().and_then(|queue| queue.message_group_id.as_ref());
    match arn.service() {
        "kinesis" if parameters.kinesis_stream_parameters.is_none() => {
            Err(Error::invalid("KinesisStreamParameters must be specified for a stream as target."))
        }
        "sqs" if resource.ends_with(".fifo") && group.is_none() => Err(Error::invalid(
            "SqsQueueParameters with a MessageGroupId must be specified for a FIFO queue as target.",
        )),
        _ => Ok(()),
    }
}

/// The calls that bring items to the target of a pipe, but for functions.
pub(crate) fn calls(
    pipe: &PipeRow,
    parameters: &TargetParameters,
    items: &[Item],
    now_millis: i64,
) -> Result<Vec<Call>, Failure> {
    let arn: Arn = pipe.target.parse().map_err(Failure::internal)?;
    let mut calls = Vec::new();
    for places in slices(items, arn.service(), arn.resource()) {
        let of: Vec<(usize, &Item)> = places.iter().map(|place| (*place, &items[*place])).collect();
        let (service, operation, input) = match arn.service() {
            "sqs" => ("sqs", "SendMessageBatch", messages(&arn, parameters, &of)),
            "kinesis" => ("kinesis", "PutRecords", records(&arn, parameters, &of)),
            "sns" => {
                ("sns", "Publish", json!({"TopicArn": arn.as_str(), "Message": as_text(&of[0].1.payload)}))
            }
            "logs" => ("logs", "PutLogEvents", lines(pipe, parameters, &of, now_millis)),
            _ if arn.resource().starts_with("api-destination/") => {
                let http = parameters.http_parameters.as_ref();
                ("events", "InvokeApiDestination", endpoint(pipe, &pipe.target, http, of[0].1))
            }
            _ => ("events", "PutEvents", entries(pipe, &arn, parameters, &of)),
        };
        calls.push(Call { service, operation, input, items: places });
    }
    Ok(calls)
}

/// Which items go in one call.
fn slices(items: &[Item], service: &str, resource: &str) -> Vec<Vec<usize>> {
    let entries_max = match service {
        "sns" => 1,
        "events" if resource.starts_with("api-destination/") => 1,
        "logs" | "kinesis" => 500,
        _ => REQUEST_ENTRIES_MAX,
    };
    let mut slices: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0;
    for (place, item) in items.iter().enumerate() {
        let size = item.payload.to_string().len();
        bytes += size;
        match slices.last_mut().filter(|slice| slice.len() < entries_max && bytes <= REQUEST_BYTES_MAX) {
            Some(slice) => slice.push(place),
            None => {
                bytes = size;
                slices.push(vec![place]);
            }
        }
    }
    slices
}

fn messages(arn: &Arn, parameters: &TargetParameters, items: &[(usize, &Item)]) -> Value {
    let own = parameters.sqs_queue_parameters.as_ref();
    let entries: Vec<Value> = items
        .iter()
        .map(|(place, item)| {
            let mut entry = json!({"Id": place.to_string(), "MessageBody": as_text(&item.payload)});
            if let Some(group) = own.and_then(|own| own.message_group_id.as_deref()) {
                entry["MessageGroupId"] = json!(text_of(group, &item.record));
            }
            if let Some(id) = own.and_then(|own| own.message_deduplication_id.as_deref()) {
                entry["MessageDeduplicationId"] = json!(text_of(id, &item.record));
            }
            entry
        })
        .collect();
    // SQS takes the account and name from the path of the URL.
    json!({"QueueUrl": format!("/{}/{}", arn.account(), arn.resource()), "Entries": entries})
}

fn records(arn: &Arn, parameters: &TargetParameters, items: &[(usize, &Item)]) -> Value {
    use base64::Engine as _;
    let key = parameters.kinesis_stream_parameters.as_ref().map_or("", |own| own.partition_key.as_str());
    let records = items.iter().map(|(_, item)| {
        let data = base64::engine::general_purpose::STANDARD.encode(as_text(&item.payload));
        json!({"Data": data, "PartitionKey": text_of(key, &item.record)})
    });
    json!({"StreamARN": arn.as_str(), "Records": records.collect::<Vec<_>>()})
}

fn entries(pipe: &PipeRow, arn: &Arn, parameters: &TargetParameters, items: &[(usize, &Item)]) -> Value {
    let own = parameters.event_bridge_event_bus_parameters.clone().unwrap_or_default();
    let entries = items.iter().map(|(_, item)| {
        let text = |text: &String| text_of(text, &item.record);
        let kind = item.record["eventSource"].as_str().unwrap_or("aws:pipes");
        let detail =
            if item.payload.is_object() { item.payload.clone() } else { json!({"data": item.payload}) };
        let mut entry = json!({
            "EventBusName": arn.as_str(),
            "DetailType": own.detail_type.as_ref().map_or_else(|| format!("Event from {kind}"), text),
            "Source": own.source.as_ref().map_or_else(|| format!("Pipe {}", pipe.name), text),
            "Detail": detail.to_string(),
            "Resources": own.resources.iter().flatten().map(text).collect::<Vec<_>>(),
        });
        if let Some(time) = own.time.as_ref().and_then(|path| millis_of(&text(path))) {
            entry["Time"] = json!(time / 1000);
        }
        entry
    });
    json!({"Entries": entries.collect::<Vec<_>>()})
}

fn lines(pipe: &PipeRow, parameters: &TargetParameters, items: &[(usize, &Item)], now_millis: i64) -> Value {
    let own = parameters.cloud_watch_logs_parameters.clone().unwrap_or_default();
    let stream = own.log_stream_name.as_ref().map(|name| text_of(name, &items[0].1.record));
    let events = items.iter().map(|(_, item)| {
        let time = own.timestamp.as_ref().and_then(|path| millis_of(&text_of(path, &item.record)));
        json!({"timestamp": time.unwrap_or(now_millis), "message": as_text(&item.payload)})
    });
    let mut events: Vec<Value> = events.collect();
    events.sort_by_key(|event| event["timestamp"].as_i64());
    json!({
        "logGroupName": cloud::client::logs::group_of(&pipe.target),
        "logStreamName": stream.unwrap_or_else(|| pipe.name.clone()),
        "logEvents": events,
    })
}

/// A time in seconds, in milliseconds, or as ISO 8601 has it.
fn millis_of(text: &str) -> Option<i64> {
    match text.parse::<f64>() {
        // Seconds reach this in the year 5138.
        Ok(number) if number < 1e11 => Some((number * 1000.0) as i64),
        Ok(number) => Some(number as i64),
        Err(_) => text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond),
    }
}

/// A call of an API destination.
pub(crate) fn endpoint(pipe: &PipeRow, arn: &str, http: Option<&HttpParameters>, item: &Item) -> Value {
    let http = http.cloned().unwrap_or_default();
    let map = |map: Option<BTreeMap<String, String>>| -> BTreeMap<String, String> {
        map.into_iter().flatten().map(|(name, text)| (name, text_of(&text, &item.record))).collect()
    };
    let path: Vec<String> =
        http.path_parameter_values.iter().flatten().map(|text| text_of(text, &item.record)).collect();
    json!({
        "Destination": arn,
        "RoleArn": pipe.role_arn,
        "Principal": PRINCIPAL,
        "SourceArn": pipe.arn(),
        "Payload": item.payload.to_string(),
        "Path": path,
        "Headers": map(http.header_parameters),
        "Query": map(http.query_string_parameters),
    })
}

/// The places of the items that an answer says were not taken.
pub(crate) fn refused(call: &Call, answer: &Value) -> Vec<usize> {
    let (list, code) = match call.operation {
        "SendMessageBatch" => {
            let failed = answer["Failed"].as_array().into_iter().flatten();
            return failed.filter_map(|entry| entry["Id"].as_str()?.parse().ok()).collect();
        }
        "PutEvents" => ("Entries", "ErrorCode"),
        "PutRecords" => ("Records", "ErrorCode"),
        _ => return Vec::new(),
    };
    let entries = answer[list].as_array().into_iter().flatten();
    call.items
        .iter()
        .zip(entries)
        .filter(|(_, entry)| entry[code].is_string())
        .map(|(place, _)| *place)
        .collect()
}
