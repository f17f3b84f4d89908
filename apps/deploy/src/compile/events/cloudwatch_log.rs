//! `cloudwatchLog`: a subscription to a log group.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::cfn::{join, reference, resource, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

/// CloudWatch Logs takes this many subscription filters for one log group.
const FILTERS_OF_GROUP_MAX: usize = 2;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut filters_of_group: HashMap<String, usize> = HashMap::new();
    for function in &config.functions {
        let mut groups: Vec<String> = Vec::new();
        for (number, (index, event)) in function.events_of("cloudwatchLog").enumerate() {
            let line = |text: &str| text.replace("\r\n", "").replace('\n', "");
            let Some(group) = event.as_str().or_else(|| text(event, "logGroup")).map(line) else {
                super::refuse(
                    config,
                    out,
                    (&function.key, index, "cloudwatchLog"),
                    &[],
                    "the event needs a `logGroup`",
                );
                continue;
            };
            let filters = filters_of_group.entry(group.clone()).or_default();
            *filters += 1;
            if *filters > FILTERS_OF_GROUP_MAX {
                let message = format!(
                    "the log group `{group}` has more than {FILTERS_OF_GROUP_MAX} subscription filters"
                );
                super::refuse(config, out, (&function.key, index, "cloudwatchLog"), &[], message);
                continue;
            }
            groups.push(group.clone());
            let filter = unescaped(&text(event, "filter").map(line).unwrap_or_default());
            put(function, out, &group, &filter, &groups, number + 1);
        }
    }
}

/// Quotes that are escaped once too often, as YAML authors write them.
fn unescaped(filter: &str) -> String {
    match (filter.find('\\'), filter.find('"')) {
        (Some(slash), Some(quote)) if slash < quote => filter.replace("\\\"", "\"").replace("\\'", "'"),
        _ => filter.to_owned(),
    }
}

fn put(function: &Function, out: &mut Output, group: &str, filter: &str, groups: &[String], number: usize) {
    let permission = names::permission(&function.key, "LogsSubscriptionFilterCloudWatchLog");
    let waits_for: Vec<Value> = [json!(permission)].into_iter().chain(function.alias_id()).collect();
    let properties =
        json!({ "LogGroupName": group, "FilterPattern": filter, "DestinationArn": function.target() });
    out.put(
        format!("{}LogsSubscriptionFilterCloudWatchLog{number}", names::part(&function.key)),
        resource("AWS::Logs::SubscriptionFilter", properties, Some(Value::Array(waits_for))),
    );
    let source = vec![
        json!("arn:"),
        reference("AWS::Partition"),
        json!(":logs:"),
        reference("AWS::Region"),
        json!(":"),
        reference("AWS::AccountId"),
        json!(":log-group:"),
        json!(common_prefix(groups)),
        json!(":*"),
    ];
    let principal = join("", vec![json!("logs."), reference("AWS::Region"), json!(".amazonaws.com")]);
    let properties = json!({
        "FunctionName": function.target(),
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        "SourceArn": join("", source),
    });
    out.put(
        permission,
        resource("AWS::Lambda::Permission", properties, function.alias_id().map(|id| json!([id]))),
    );
}

/// One permission covers all log groups of a function: what their names begin with, and a star.
fn common_prefix(groups: &[String]) -> String {
    let first = groups.first().map(String::as_str).unwrap_or_default();
    let common = groups.iter().fold(first, |common, group| {
        let length = common.bytes().zip(group.bytes()).take_while(|(left, right)| left == right).count();
        common.get(..length).unwrap_or_default()
    });
    let star = if groups.len() > 1 && !common.ends_with('*') { "*" } else { "" };
    format!("{common}{star}")
}
