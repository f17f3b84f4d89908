//! `eventBridge`: a rule on an event bus, and the bus itself unless it exists already.

use serde_json::{Map, Value, json};

use super::super::cfn::join;
use super::super::cfn::{get, json_text, present, reference, resource, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;
use super::cloudwatch_event::{MANY_INPUTS, many_inputs};

/// Names of rules and targets are no longer than this; longer ones are cut and get a hash.
const NAME_LENGTH_MAX: usize = 64;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let by_template = config.provider(&["eventBridge", "useCloudFormation"]) != Some(&json!(false));
    for function in &config.functions {
        for (index, event) in function.events_of("eventBridge") {
            if many_inputs(event) {
                super::refuse(config, out, (&function.key, index, "eventBridge"), &[], MANY_INPUTS);
            } else if take(event, "pattern").is_none() && take(event, "schedule").is_none() {
                let message = "an eventBridge event needs a `pattern` or a `schedule`";
                super::refuse(config, out, (&function.key, index, "eventBridge"), &[], message);
            } else if by_template {
                put(function, out, event, index + 1);
            } else {
                let message = "`provider.eventBridge.useCloudFormation: false` is not supported";
                let problem =
                    config.service.problem(&["provider", "eventBridge", "useCloudFormation"], message);
                if !out.problems.contains(&problem) {
                    out.problems.push(problem);
                }
            }
        }
    }
}

fn put(function: &Function, out: &mut Output, event: &Value, number: usize) {
    let stub = format!("{}-rule-{number}", function.name);
    let name = text(event, "name").map_or_else(|| shortened(&stub, &format!("rule-{number}")), str::to_owned);
    let (bus, bus_id) = bus(function, out, event);
    let mut waits_for: Vec<Value> = function.alias_id().into_iter().collect();
    waits_for.extend(bus_id.map(Value::from));
    let waits_for = match waits_for.len() {
        0 => None,
        1 => waits_for.pop(),
        _ => Some(Value::Array(waits_for)),
    };
    let enabled = get(event, "enabled") != Some(&json!(false));
    let properties = json!({
        "Description": take(event, "description"),
        "EventBusName": bus,
        "EventPattern": event.get("pattern"),
        "Name": name,
        "ScheduleExpression": event.get("schedule"),
        "State": if enabled { "ENABLED" } else { "DISABLED" },
        "Targets": [target(function, event, &name)],
    });
    out.put(
        format!("{}EventBridgeRule", names::alphanumeric(&stub)),
        resource("AWS::Events::Rule", properties, waits_for),
    );
    let mut rule = vec![json!("rule")];
    rule.extend(bus);
    rule.push(json!(name));
    let source = vec![
        json!("arn"),
        reference("AWS::Partition"),
        json!("events"),
        reference("AWS::Region"),
        reference("AWS::AccountId"),
        join("/", rule),
    ];
    out.put(
        format!("{}EventBridgeLambdaPermission{number}", names::part(&function.key)),
        function.permission("events.amazonaws.com", join(":", source)),
    );
}

/// The bus as the rule names it (the default bus is not named), and its logical id when this stack makes it.
fn bus(_function: &Function, out: &mut Output, event: &Value) -> (Option<Value>, Option<String>) {
    let Some(bus) = take(event, "eventBus") else { return (None, None) };
    let Some(name) = bus.as_str() else { return (Some(bus.clone()), None) };
    if name == "default" {
        return (None, None);
    }
    if name.starts_with("arn") {
        let name = name.split_once('/').map_or(name, |(_, name)| name);
        return ((name != "default").then(|| json!(name)), None);
    }
    let id = format!("{}EventBridgeEventBus", names::part(name));
    out.put(id.clone(), json!({ "Type": "AWS::Events::EventBus", "Properties": { "Name": name } }));
    (Some(json!(name)), Some(id))
}

fn target(function: &Function, event: &Value, rule: &str) -> Value {
    let retry = take(event, "retryPolicy").map(|retry| {
        present(json!({
            "MaximumEventAgeInSeconds": get(retry, "maximumEventAge"),
            "MaximumRetryAttempts": get(retry, "maximumRetryAttempts"),
        }))
    });
    let transformer = take(event, "inputTransformer").and_then(Value::as_object).map(|transformer| {
        let members = transformer.iter().map(|(key, value)| (names::upper_first(key), value.clone()));
        Value::Object(members.collect::<Map<_, _>>())
    });
    present(json!({
        "Arn": function.target(),
        "Id": shortened(&format!("{rule}-target"), "target"),
        "RetryPolicy": retry,
        "DeadLetterConfig": take(event, "deadLetterQueueArn").map(|arn| json!({ "Arn": arn })),
        "Input": take(event, "input").map(json_text),
        "InputPath": take(event, "inputPath"),
        "InputTransformer": transformer,
    }))
}

/// A name that is too long is cut, with a hash of the whole before its last part.
fn shortened(name: &str, suffix: &str) -> String {
    if name.len() <= NAME_LENGTH_MAX {
        return name.to_owned();
    }
    let start: String = name.chars().take(31 - suffix.len()).collect();
    format!("{start}{}-{suffix}", names::md5_hex(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_to_64_letters() {
        let name = format!("{}-rule-1", "f".repeat(64));
        let short = shortened(&name, "rule-1");
        assert_eq!(short.len(), NAME_LENGTH_MAX);
        assert!(short.ends_with("-rule-1"));
    }
}
