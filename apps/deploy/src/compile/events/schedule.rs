//! `schedule`: a rule of EventBridge (or a schedule of EventBridge Scheduler) for each expression.

use serde_json::{Value, json};

use super::super::cfn::{get, get_att, json_text, list, resource, sub, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut schedulers: Vec<Value> = Vec::new();
    for function in &config.functions {
        let mut number = 0;
        let mut uses_scheduler = false;
        for (index, event) in function.events_of("schedule") {
            let scheduler = text(event, "method") == Some("scheduler");
            if let Err((key, message)) = check(event, scheduler) {
                super::refuse(config, out, (&function.key, index, "schedule"), &[key], message);
                continue;
            }
            let rates = get(event, "rate").map_or_else(|| vec![event.clone()], list);
            for rate in rates {
                number += 1;
                if scheduler {
                    uses_scheduler = true;
                    put_scheduler(function, out, event, &rate, number);
                } else {
                    put_rule(function, out, event, &rate, number);
                }
            }
        }
        if uses_scheduler {
            let arn = format!(
                "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{}",
                function.name
            );
            schedulers.extend([sub(&arn), sub(&format!("{arn}:*"))]);
        }
    }
    if !schedulers.is_empty() {
        out.trust("scheduler.amazonaws.com");
        out.allow(json!({ "Effect": "Allow", "Action": ["lambda:InvokeFunction"], "Resource": schedulers }));
    }
}

fn check(event: &Value, scheduler: bool) -> Result<(), (&'static str, String)> {
    let many = get(event, "rate").and_then(Value::as_array).is_some_and(|rates| rates.len() > 1);
    if many && take(event, "name").is_some() {
        return Err(("name", "a schedule with more than one rate cannot have a `name`".to_owned()));
    }
    if event.is_object() && get(event, "rate").is_none() {
        return Err(("rate", "a schedule needs a `rate`".to_owned()));
    }
    let (keys, only): (&[&'static str], _) = if scheduler {
        (&["inputPath", "inputTransformer"], "eventBus")
    } else {
        (&["timezone", "groupName"], "scheduler")
    };
    match keys.iter().find(|key| take(event, key).is_some()) {
        Some(key) => Err((key, format!("`{key}` of a schedule works with `method: {only}` alone"))),
        None => Ok(()),
    }
}

fn state(event: &Value) -> &'static str {
    if get(event, "enabled") == Some(&json!(false)) { "DISABLED" } else { "ENABLED" }
}

/// The input as text: an object is written as JSON, and text in `body` is read as JSON first.
fn input(event: &Value) -> Option<Value> {
    match take(event, "input")? {
        Value::Object(input) => {
            let mut input = Value::Object(input.clone());
            if let Some(body) = text(&input, "body").and_then(|body| serde_json::from_str::<Value>(body).ok())
            {
                input["body"] = body;
            }
            Some(json!(json_text(&input)))
        }
        other => Some(other.clone()),
    }
}

fn put_rule(function: &Function, out: &mut Output, event: &Value, rate: &Value, number: usize) {
    let id = format!("{}EventsRuleSchedule{number}", names::part(&function.key));
    let transformer = take(event, "inputTransformer").map(|transformer| {
        super::super::cfn::present(json!({
            "InputTemplate": transformer["inputTemplate"],
            "InputPathsMap": take(transformer, "inputPathsMap"),
        }))
    });
    let target = super::super::cfn::present(json!({
        "Input": input(event),
        "InputPath": take(event, "inputPath"),
        "InputTransformer": transformer,
        "Arn": function.target(),
        "Id": format!("{}Schedule", function.key),
    }));
    let properties = json!({
        "ScheduleExpression": rate,
        "State": state(event),
        "Name": take(event, "name"),
        "Description": take(event, "description"),
        "Targets": [target],
    });
    out.put(id.clone(), resource("AWS::Events::Rule", properties, function.alias_id()));
    out.put(
        names::permission(&function.key, &format!("EventsRuleSchedule{number}")),
        function.permission("events.amazonaws.com", get_att(&id, "Arn")),
    );
}

fn put_scheduler(function: &Function, out: &mut Output, event: &Value, rate: &Value, number: usize) {
    let role = take(event, "roleArn").cloned().or_else(|| {
        let function = out.resources.get(&function.logical_id())?;
        get(&function["Properties"], "Role").cloned()
    });
    let target = super::super::cfn::present(json!({
        "Arn": function.target(),
        "RoleArn": role,
        "Input": input(event),
    }));
    let properties = json!({
        "ScheduleExpression": rate,
        "State": state(event),
        "Target": target,
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Name": take(event, "name"),
        "GroupName": take(event, "groupName"),
        "Description": take(event, "description"),
        "ScheduleExpressionTimezone": take(event, "timezone"),
    });
    let id = format!("{}SchedulerSchedule{number}", names::part(&function.key));
    out.put(id, resource("AWS::Scheduler::Schedule", properties, function.alias_id()));
}
