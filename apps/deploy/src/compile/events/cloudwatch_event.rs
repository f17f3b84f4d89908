//! `cloudwatchEvent`: a rule on the default event bus.

use serde_json::{Value, json};

use super::super::cfn::{get, get_att, json_text, present, resource, take};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in &config.functions {
        for (number, (index, event)) in function.events_of("cloudwatchEvent").enumerate() {
            if many_inputs(event) {
                super::refuse(config, out, (&function.key, index, "cloudwatchEvent"), &[], MANY_INPUTS);
            } else {
                put(function, out, event, number + 1);
            }
        }
    }
}

/// What is wrong with an event that says its input twice.
pub(super) const MANY_INPUTS: &str = "only one of `input`, `inputPath` and `inputTransformer` can be set";

/// Whether an event says its input more than once.
pub(super) fn many_inputs(event: &Value) -> bool {
    ["input", "inputPath", "inputTransformer"].iter().filter(|key| take(event, key).is_some()).count() > 1
}

fn put(function: &Function, out: &mut Output, event: &Value, number: usize) {
    let id = format!("{}EventsRuleCloudWatchEvent{number}", names::part(&function.key));
    let input = take(event, "input").map(|input| match input {
        Value::Object(_) => json_text(input),
        other => other.as_str().unwrap_or_default().replace("\r\n", "").replace('\n', ""),
    });
    let transformer = take(event, "inputTransformer").map(|transformer| {
        present(json!({
            "InputTemplate": transformer["inputTemplate"],
            "InputPathsMap": take(transformer, "inputPathsMap"),
        }))
    });
    let target = present(json!({
        "Input": input,
        "InputPath": take(event, "inputPath"),
        "InputTransformer": transformer,
        "Arn": function.target(),
        "Id": format!("{}CloudWatchEvent", function.key),
    }));
    let enabled = get(event, "enabled") != Some(&json!(false));
    let properties = json!({
        "EventPattern": event.get("event"),
        "State": if enabled { "ENABLED" } else { "DISABLED" },
        "Description": take(event, "description"),
        "Name": take(event, "name"),
        "Targets": [target],
    });
    out.put(id.clone(), resource("AWS::Events::Rule", properties, function.alias_id()));
    out.put(
        names::permission(&function.key, &format!("EventsRuleCloudWatchEvent{number}")),
        function.permission("events.amazonaws.com", get_att(&id, "Arn")),
    );
}
