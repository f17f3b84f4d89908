//! `iot`: a topic rule; `iotFleetProvisioning`: a hook that a provisioning template calls.

use serde_json::{Value, json};

use super::super::cfn::{get, join, json_text, reference, resource, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in &config.functions {
        for (number, (index, event)) in function.events_of("iot").enumerate() {
            match text(event, "sql") {
                Some(sql) => put_rule(function, out, event, sql, number + 1),
                None => super::refuse(
                    config,
                    out,
                    (&function.key, index, "iot"),
                    &[],
                    "an iot event needs its `sql`",
                ),
            }
        }
    }
    for function in &config.functions {
        for (number, (index, event)) in function.events_of("iotFleetProvisioning").enumerate() {
            if number > 0 {
                let message = "a function can have one event of this type only";
                super::refuse(config, out, (&function.key, index, "iotFleetProvisioning"), &[], message);
            } else {
                put_template(function, out, event);
            }
        }
    }
}

fn one_line(event: &Value, key: &str) -> Option<String> {
    text(event, key).filter(|text| !text.is_empty()).map(|text| text.replace("\r\n", "").replace('\n', ""))
}

fn put_rule(function: &Function, out: &mut Output, event: &Value, sql: &str, number: usize) {
    let id = format!("{}IotTopicRule{number}", names::part(&function.key));
    let payload = super::super::cfn::present(json!({
        "RuleDisabled": get(event, "enabled") == Some(&json!(false)),
        "Sql": sql.replace("\r\n", "").replace('\n', ""),
        "Actions": [{ "Lambda": { "FunctionArn": function.target() } }],
        "Description": one_line(event, "description"),
        "AwsIotSqlVersion": one_line(event, "sqlVersion"),
    }));
    let properties = json!({ "TopicRulePayload": payload, "RuleName": one_line(event, "name") });
    out.put(id.clone(), resource("AWS::IoT::TopicRule", properties, function.alias_id()));
    let arn = vec![
        json!("arn:"),
        reference("AWS::Partition"),
        json!(":iot:"),
        reference("AWS::Region"),
        json!(":"),
        reference("AWS::AccountId"),
        json!(":rule/"),
        reference(&id),
    ];
    out.put(
        names::permission(&function.key, &format!("IotTopicRule{number}")),
        function.permission("iot.amazonaws.com", join("", arn)),
    );
}

fn put_template(function: &Function, out: &mut Output, event: &Value) {
    let permission = names::permission(&function.key, "IotProvisioningTemplate");
    let properties = json!({
        "Enabled": event.get("enabled").cloned().unwrap_or_else(|| json!(true)),
        "PreProvisioningHook": { "TargetArn": function.target() },
        "ProvisioningRoleArn": event["provisioningRoleArn"],
        "TemplateBody": json_text(&event["templateBody"]),
        "TemplateName": take(event, "templateName"),
    });
    let waits_for: Vec<Value> = [json!(permission)].into_iter().chain(function.alias_id()).collect();
    out.put(
        format!("{}IotProvisioningTemplate", names::part(&function.key)),
        resource("AWS::IoT::ProvisioningTemplate", properties, Some(Value::Array(waits_for))),
    );
    out.put(permission, function.permission("iot.amazonaws.com", Value::Null));
}
