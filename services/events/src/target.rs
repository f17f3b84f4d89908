//! Targets of rules: which there are, and how each gets an event.

use std::collections::BTreeMap;

use cloud::client::logs::group_of;
use cloud::outbox::{DeadLetter, Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use inputtemplate::{Path, text_of};
use serde_json::json;

use crate::error::Error;
use crate::keys::{RuleRow, TargetRow};
use crate::limits::{AGE_SECONDS, RETRIES};

/// The service principal that calls targets.
pub(crate) const PRINCIPAL: &str = "events.amazonaws.com";
/// The wait after the first failure.
const BACKOFF_MILLIS: i64 = 1_000;
/// The longest wait between two attempts.
const BACKOFF_MILLIS_MAX: i64 = 15 * 60 * 1_000;

/// Refuses targets that this cloud does not have, before anything is stored.
pub(crate) fn check(cx: &Cx, arn: &str) -> Result<(), Error> {
    let wrong = || {
        Error::invalid(format!(
            "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
        ))
    };
    let parsed: Arn = arn.parse().map_err(|_| wrong())?;
    let is_there = match parsed.service() {
        "events" => {
            parsed.resource().starts_with("event-bus/") || parsed.resource().starts_with("api-destination/")
        }
        "logs" => group_of(arn).is_some(),
        service @ ("lambda" | "sqs" | "sns" | "kinesis") => cx.cloud().registry().service(service).is_some(),
        _ => false,
    };
    if is_there {
        Ok(())
    } else {
        Err(Error::unsupported(&format!("a target in `{}` ({arn})", parsed.service())))
    }
}

/// Hands an event to a target that is not a bus.
pub(crate) async fn deliver(
    cx: &mut Cx,
    rule: &RuleRow,
    target: &TargetRow,
    event: &serde_json::Value,
    payload: String,
) -> Result<(), Failure> {
    let Ok(arn) = target.arn.parse::<Arn>() else {
        // It was checked when it was put.
        return Err(Failure::internal("a stored target has no ARN"));
    };
    let mut called = match arn.service() {
        "logs" => log(&arn, event, &payload, cx.now().millis()),
        "events" => endpoint(&arn, rule, target, event, payload),
        "kinesis" => stream(&arn, target, event, &payload),
        _ => Target::of(&arn, &payload).map_err(Failure::internal)?,
    };
    if let Some(group) = target.message_group.as_ref().filter(|_| arn.service() == "sqs") {
        called.input["MessageGroupId"] = json!(group);
    }
    let dead_letter = target.dead_letter.as_ref().map(|queue| DeadLetter {
        queue: queue.clone(),
        body: event.to_string(),
        attributes: [("RULE_ARN", rule.arn()), ("TARGET_ARN", target.arn.clone())]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        group: None,
        explains: true,
        own_code: false,
        role: None,
        more: serde_json::Map::new(),
    });
    let retries = target.retries.unwrap_or(RETRIES);
    let delivery = Delivery {
        target: called,
        principal: PRINCIPAL.to_owned(),
        source_arn: Some(rule.arn()),
        // What calls an API destination assumes the role by itself.
        role: target.role_arn.clone().filter(|_| arn.service() != "events"),
        // A target that is slow or away must not hold up the others.
        queue: target.arn.clone(),
        region: Some(arn.region().to_owned()),
        policy: Policy {
            attempts_max: u32::try_from(retries).unwrap_or(0).saturating_add(1),
            age_max_millis: i64::from(target.age_seconds.unwrap_or(AGE_SECONDS)) * 1_000,
            backoff_millis: BACKOFF_MILLIS,
            backoff_millis_max: BACKOFF_MILLIS_MAX,
        },
        dead_letter,
        final_refusals: true,
    };
    cx.hand_over(delivery).await
}

/// A record for a stream. Without a path the partition key is the event's id.
fn stream(arn: &Arn, target: &TargetRow, event: &serde_json::Value, payload: &str) -> Target {
    use base64::Engine as _;
    let path = target.partition_key_path.as_deref().and_then(Path::parse);
    let key = path.as_ref().map_or_else(|| event.get("id"), |path| path.of(event));
    let key = key.map(|key| key.as_str().map_or_else(|| key.to_string(), str::to_owned)).unwrap_or_default();
    let data = base64::engine::general_purpose::STANDARD.encode(payload);
    Target {
        service: "kinesis".to_owned(),
        operation: "PutRecord".to_owned(),
        input: json!({"StreamARN": arn.as_str(), "Data": data, "PartitionKey": key}),
    }
}

/// A call of an API destination. Values of parameters may be paths into the event.
fn endpoint(
    arn: &Arn,
    rule: &RuleRow,
    target: &TargetRow,
    event: &serde_json::Value,
    payload: String,
) -> Target {
    let value = |text: &String| text_of(text, event);
    let http = target.http.clone().unwrap_or_default();
    let map = |map: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        map.iter().map(|(name, text)| (name.clone(), value(text))).collect()
    };
    Target {
        service: "events".to_owned(),
        operation: "InvokeApiDestination".to_owned(),
        input: json!({
            "Destination": arn.as_str(),
            "RoleArn": target.role_arn,
            "Principal": PRINCIPAL,
            "SourceArn": rule.arn(),
            "Payload": payload,
            "Path": http.path.iter().map(value).collect::<Vec<_>>(),
            "Headers": map(&http.headers),
            "Query": map(&http.query),
        }),
    }
}

/// A line in a log group, in a stream of its own.
fn log(arn: &Arn, event: &serde_json::Value, payload: &str, now_millis: i64) -> Target {
    Target {
        service: "events".to_owned(),
        operation: "WriteLog".to_owned(),
        input: json!({
            "Group": group_of(arn.as_str()),
            "Stream": event["id"].as_str().unwrap_or("events"),
            "TimeMillis": now_millis,
            "Message": payload,
        }),
    }
}
