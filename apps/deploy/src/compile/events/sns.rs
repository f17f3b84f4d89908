//! `sns`: a subscription to a topic, and the topic itself unless it exists already.

use serde_json::{Value, json};

use super::super::cfn::{get_att, join, list, reference, resource, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in &config.functions {
        for (index, event) in function.events_of("sns") {
            let arn = match event.as_str() {
                Some(name) if name.starts_with("arn:") => Some(event.clone()),
                Some(_) => None,
                None => take(event, "arn").cloned(),
            };
            let Some(name) = topic_name(event, arn.as_ref()) else {
                let message = "a topic that an intrinsic function names needs a `topicName` as well";
                super::refuse(config, out, (&function.key, index, "sns"), &["arn"], message);
                continue;
            };
            let redrive = redrive(function, out, event, arn.as_ref(), &name);
            let arn = match arn {
                Some(arn) => {
                    subscribe_existing(config, function, out, event, (&name, &arn, redrive));
                    arn
                }
                None => subscribe_new(function, out, event, &name, redrive),
            };
            out.put(
                names::permission(&function.key, &format!("{}SNS", names::alphanumeric(&name))),
                function.permission("sns.amazonaws.com", arn),
            );
        }
    }
}

fn topic_name(event: &Value, arn: Option<&Value>) -> Option<String> {
    let last = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
    match (event.as_str(), arn) {
        (Some(_), Some(arn)) => arn.as_str().map(last),
        (Some(name), None) => Some(name.to_owned()),
        (None, arn) => {
            let named = text(event, "topicName").filter(|name| !name.is_empty()).map(str::to_owned);
            named.or_else(|| arn.and_then(Value::as_str).map(last))
        }
    }
}

fn subscription_id(function: &Function, topic: &str) -> String {
    format!("{}SnsSubscription{}", names::part(&function.key), names::alphanumeric(topic))
}

fn subscribe_existing(
    config: &Config,
    function: &Function,
    out: &mut Output,
    event: &Value,
    topic: (&str, &Value, Option<Value>),
) {
    let (name, arn, redrive) = topic;
    // A topic of another region says so.
    let region = arn.as_str().filter(|_| event.is_object()).and_then(|arn| arn.split(':').nth(3));
    let region = region.filter(|region| *region != config.service.region);
    let properties = json!({
        "TopicArn": arn,
        "Protocol": "lambda",
        "Endpoint": function.target(),
        "FilterPolicy": event.get("filterPolicy"),
        "FilterPolicyScope": event.get("filterPolicyScope"),
        "RedrivePolicy": redrive,
        "Region": region,
    });
    out.put(
        subscription_id(function, name),
        resource("AWS::SNS::Subscription", properties, function.alias_id()),
    );
}

fn subscribe_new(
    function: &Function,
    out: &mut Output,
    event: &Value,
    name: &str,
    redrive: Option<Value>,
) -> Value {
    let id = format!("SNSTopic{}", names::alphanumeric(name));
    if !out.resources.contains_key(&id) {
        let properties = json!({ "TopicName": name, "DisplayName": take(event, "displayName") });
        out.put(id.clone(), resource("AWS::SNS::Topic", properties, function.alias_id()));
    }
    let Some(topic) = out.resources.get_mut(&id) else { return Value::Null };
    wait_for(topic, function);
    if take(event, "filterPolicy").is_some() || redrive.is_some() {
        let properties = json!({
            "Endpoint": function.target(),
            "Protocol": "lambda",
            "TopicArn": reference(&id),
            "FilterPolicy": event.get("filterPolicy"),
            "FilterPolicyScope": event.get("filterPolicyScope"),
            "RedrivePolicy": redrive,
        });
        out.put(
            subscription_id(function, name),
            resource("AWS::SNS::Subscription", properties, function.alias_id()),
        );
    } else {
        let subscription = json!({ "Endpoint": function.target(), "Protocol": "lambda" });
        match topic["Properties"].get_mut("Subscription").and_then(Value::as_array_mut) {
            Some(subscriptions) => subscriptions.push(subscription),
            None => topic["Properties"]["Subscription"] = json!([subscription]),
        }
    }
    join(
        "",
        vec![
            json!("arn:"),
            reference("AWS::Partition"),
            json!(":sns:"),
            reference("AWS::Region"),
            json!(":"),
            reference("AWS::AccountId"),
            json!(":"),
            json!(name),
        ],
    )
}

/// A topic waits for the aliases of all functions that it calls.
fn wait_for(topic: &mut Value, function: &Function) {
    let Some(alias) = function.alias_id() else { return };
    let mut ids = super::super::cfn::get(topic, "DependsOn").map(list).unwrap_or_default();
    if !ids.contains(&alias) {
        ids.push(alias);
    }
    topic["DependsOn"] = if ids.len() == 1 { ids.remove(0) } else { Value::Array(ids) };
}

/// The dead-letter queue of a subscription, and the policy that lets SNS write to it.
fn redrive(
    function: &Function,
    out: &mut Output,
    event: &Value,
    topic: Option<&Value>,
    name: &str,
) -> Option<Value> {
    let settings = take(event, "redrivePolicy")?;
    let (arn, url) = if let Some(arn) = text(settings, "deadLetterTargetArn") {
        let parts: Vec<&str> = arn.rsplitn(4, ':').collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or_default();
        let url = vec![
            json!(format!("https://sqs.{}.", part(2))),
            reference("AWS::URLSuffix"),
            json!(format!("/{}/{}", part(1), part(0))),
        ];
        (json!(arn), join("", url))
    } else if let Some(id) = text(settings, "deadLetterTargetRef") {
        (get_att(id, "Arn"), reference(id))
    } else {
        let import = &settings["deadLetterTargetImport"];
        (json!({ "Fn::ImportValue": import["arn"] }), json!({ "Fn::ImportValue": import["url"] }))
    };
    let id = format!("{}To{}DLQPolicy", names::alphanumeric(name), names::part(&function.key));
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": "sns.amazonaws.com" },
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
    });
    let policy = json!({ "Version": "2012-10-17", "Id": id, "Statement": [statement] });
    out.put(
        id,
        json!({ "Type": "AWS::SQS::QueuePolicy", "Properties": { "PolicyDocument": policy, "Queues": [url] } }),
    );
    Some(json!({ "deadLetterTargetArn": arn }))
}
