//! What a schedule calls: templated targets, which are resources of some services, and universal ones, which are
//! operations of any.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::operation::Entry;
use cloud::prelude::*;
use cloud::service::Registry;
use cloud::target::Target;
use serde_json::{Value, json};
use shape::{Schema, Structure};

use crate::context::seconds;
use crate::error::Error;
use crate::keys::{ScheduleRow, TargetRow};
use crate::limits::INPUT_BYTES_MAX;

/// Who assumes the roles of schedules.
pub(crate) const PRINCIPAL: &str = "scheduler.amazonaws.com";

/// What the ARNs of universal targets begin with.
const UNIVERSAL: &str = "arn:aws:scheduler:::aws-sdk:";

/// Services that SDKs call otherwise than we do.
const SDK_NAMES: [(&str, &str); 3] =
    [("eventbridge", "events"), ("cloudwatchlogs", "logs"), ("dynamodbstreams", "streams.dynamodb")];

/// Operations whose names begin so only read: a schedule that called one would have nobody to tell the answer.
const READ_ONLY: [&str; 26] = [
    "get",
    "describe",
    "list",
    "poll",
    "receive",
    "search",
    "scan",
    "query",
    "select",
    "read",
    "lookup",
    "discover",
    "validate",
    "batchGet",
    "batchDescribe",
    "batchRead",
    "transactGet",
    "adminGet",
    "adminList",
    "testMigration",
    "retrieve",
    "testConnection",
    "translateDocument",
    "isAuthorized",
    "invokeModel",
    "generateMac",
];

/// Refuses targets that this cloud cannot call, before anything is stored.
pub(crate) fn check(cx: &Cx, row: &TargetRow) -> Result<(), Error> {
    if row.input.as_ref().is_some_and(|input| input.len() > INPUT_BYTES_MAX) {
        return Err(Error::invalid(format!("the Input of a target has {INPUT_BYTES_MAX} bytes at most")));
    }
    if let Some(name) = row.arn.strip_prefix(UNIVERSAL) {
        return check_universal(cx.cloud().registry(), name, row);
    }
    let arn: Arn = row.arn.parse().map_err(|_| Error::invalid("Provided Arn is not in correct format."))?;
    let resource = arn.resource();
    let is_there = match arn.service() {
        "lambda" => resource.starts_with("function:"),
        "events" => resource.starts_with("event-bus/"),
        "kinesis" => resource.starts_with("stream/"),
        "sqs" | "sns" => true,
        _ => false,
    };
    if !is_there || cx.cloud().registry().service(arn.service()).is_none() {
        return Err(Error::unsupported(&format!("a target in `{}` ({arn})", arn.service())));
    }
    let needs = |what: &str| Error::Invalid(format!("{what} must be specified for target {arn}."));
    match arn.service() {
        "events" if row.event.is_none() => Err(needs("EventBridgeParameters")),
        "events" if row.input.as_deref().is_some_and(|input| !is_object(input)) => {
            Err(Error::invalid("The Input of an event bus must be a JSON object."))
        }
        "kinesis" if row.partition_key.is_none() => Err(needs("KinesisParameters")),
        "sqs" if resource.ends_with(".fifo") && row.message_group.is_none() => {
            Err(needs("SqsParameters with a MessageGroupId"))
        }
        _ => Ok(()),
    }
}

fn is_object(text: &str) -> bool {
    matches!(serde_json::from_str(text), Ok(Value::Object(_)))
}

fn check_universal(registry: &Registry, name: &str, row: &TargetRow) -> Result<(), Error> {
    find_universal(registry, name)?;
    match &row.input {
        Some(input) if !is_object(input) => {
            Err(Error::invalid("Invalid RequestJson provided. It must be an object."))
        }
        _ => Ok(()),
    }
}

/// The operation that `service:action` names.
fn find_universal(registry: &Registry, name: &str) -> Result<(&'static str, &'static Entry), Error> {
    let wrong = || Error::unsupported(&format!("the target `{UNIVERSAL}{name}`"));
    let (service, action) = name.split_once(':').ok_or_else(wrong)?;
    let ours = SDK_NAMES.iter().find(|(sdk, _)| *sdk == service).map_or(service, |(_, ours)| ours);
    let service = registry.service(ours).ok_or_else(wrong)?;
    if READ_ONLY.iter().any(|prefix| action.starts_with(prefix)) {
        return Err(Error::Invalid(format!(
            "{UNIVERSAL}{name} only reads: it cannot be the target of a schedule."
        )));
    }
    let mut operations = service.operations.iter().filter(|entry| !entry.internal);
    let entry = operations.find(|entry| entry.name.eq_ignore_ascii_case(action)).ok_or_else(wrong)?;
    Ok((service.name, entry))
}

/// The name of the service and the operation that an invocation calls.
pub(crate) fn operation(
    registry: &Registry,
    row: &TargetRow,
) -> Result<(&'static str, &'static Entry), Error> {
    if let Some(name) = row.arn.strip_prefix(UNIVERSAL) {
        return find_universal(registry, name);
    }
    let called = templated(row, "{}", "")?;
    let found = registry.operation(&called.service, &called.operation);
    found.map(|(service, entry)| (service.name, entry)).ok_or_else(|| Error::unsupported(&row.arn))
}

/// The region of a templated target.
pub(crate) fn region(row: &TargetRow) -> Option<String> {
    let arn: Arn = row.arn.parse().ok().filter(|_| !row.arn.starts_with(UNIVERSAL))?;
    Some(arn.region().to_owned())
}

/// The call, with an input whose words are replaced.
pub(crate) fn call(
    registry: &Registry,
    row: &TargetRow,
    input: &str,
    schedule_arn: &str,
) -> Result<Target, Error> {
    let Some(name) = row.arn.strip_prefix(UNIVERSAL) else { return templated(row, input, schedule_arn) };
    let (service, entry) = find_universal(registry, name)?;
    let mut members: Value = serde_json::from_str(input)
        .map_err(|error| Error::Invalid(format!("Invalid RequestJson provided. Reason {error}")))?;
    encode_blobs((entry.input)(), &mut members);
    Ok(Target { service: service.to_owned(), operation: entry.name.to_owned(), input: members })
}

fn templated(row: &TargetRow, input: &str, schedule_arn: &str) -> Result<Target, Error> {
    let arn: Arn = row.arn.parse().map_err(Failure::internal)?;
    let mut called = match arn.service() {
        "kinesis" => Target {
            service: "kinesis".to_owned(),
            operation: "PutRecord".to_owned(),
            input: json!({
                "StreamARN": arn.as_str(), "Data": STANDARD.encode(input), "PartitionKey": row.partition_key,
            }),
        },
        "events" => {
            let (detail_type, source) = row.event.clone().unwrap_or_default();
            let entry = json!({
                "EventBusName": arn.as_str(), "DetailType": detail_type, "Source": source, "Detail": input,
                "Resources": [schedule_arn],
            });
            Target {
                service: "events".to_owned(),
                operation: "PutEvents".to_owned(),
                input: json!({"Entries": [entry]}),
            }
        }
        _ => Target::of(&arn, input).map_err(|_| Error::unsupported(&row.arn))?,
    };
    if let Some(group) = row.message_group.as_ref().filter(|_| arn.service() == "sqs") {
        called.input["MessageGroupId"] = json!(group);
    }
    Ok(called)
}

/// What a target gets when its schedule gives no input.
pub(crate) fn default_input(row: &ScheduleRow, due_millis: i64, id: &str) -> String {
    if row.target.arn.starts_with(UNIVERSAL) || row.target.event.is_some() {
        return "{}".to_owned();
    }
    // In AWS, too, the detail is a text.
    json!({
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": row.account,
        "time": seconds(due_millis),
        "region": row.region,
        "resources": [row.arn()],
        "detail": "{}",
    })
    .to_string()
}

/// Inputs of universal targets give bytes as they are; our JSON has them in base64.
fn encode_blobs(schema: Schema, value: &mut Value) {
    match (schema, value) {
        (Schema::Blob | Schema::Stream, Value::String(text)) => *text = STANDARD.encode(text.as_bytes()),
        (Schema::Structure(structure) | Schema::Union(structure), Value::Object(members)) => {
            for (name, member) in members {
                if let Some(schema) = schema_of(structure, name) {
                    encode_blobs(schema, member);
                }
            }
        }
        (Schema::List(list), Value::Array(elements)) => {
            elements.iter_mut().for_each(|element| encode_blobs(list.element.get(), element));
        }
        (Schema::Map(map), Value::Object(members)) => {
            members.values_mut().for_each(|member| encode_blobs(map.value.get(), member));
        }
        _ => {}
    }
}

fn schema_of(structure: &Structure, name: &str) -> Option<Schema> {
    Some(structure.fields[structure.index(name)?].schema.get())
}
