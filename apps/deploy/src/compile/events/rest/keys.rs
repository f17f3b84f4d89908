//! API keys and usage plans.

use serde_json::{Value, json};

use super::super::super::cfn::{get, list, present, reference, resource, take, text};
use super::super::super::config::Config;
use super::super::super::names;
use super::super::super::output::Output;
use super::api;

/// Puts the keys, the plans, and which key belongs to which plan.
pub(super) fn put(config: &Config, out: &mut Output, deployment: &str) {
    let keys = config.provider(&["apiGateway", "apiKeys"]).map(list).unwrap_or_default();
    let plan = config.provider(&["apiGateway", "usagePlan"]).cloned();
    if keys.is_empty() && plan.is_none() {
        return;
    }
    let plans = plans(plan.as_ref());
    let keys = match numbered(&keys, &plans) {
        Ok(keys) => keys,
        Err(name) => {
            let message = format!("the API keys of `{name}` have no usage plan");
            out.problems.push(config.service.problem(&["provider", "apiGateway", "apiKeys"], message));
            return;
        }
    };
    for key in &keys {
        out.put(key.id("ApiKey"), key_resource(config, deployment, &key.settings));
    }
    for (name, settings) in &plans {
        out.put(plan_id(name.as_deref()), plan_resource(config, deployment, name.as_deref(), settings));
    }
    for key in &keys {
        let properties = json!({
            "KeyId": reference(&key.id("ApiKey")),
            "KeyType": "API_KEY",
            "UsagePlanId": reference(&plan_id(key.plan.as_deref())),
        });
        out.put(key.id("UsagePlanKey"), resource("AWS::ApiGateway::UsagePlanKey", properties, None));
    }
}

/// The plans by name; the only plan of the short form has none.
fn plans(setting: Option<&Value>) -> Vec<(Option<String>, Value)> {
    match setting {
        Some(Value::Array(plans)) => plans
            .iter()
            .filter_map(|plan| plan.as_object()?.iter().next())
            .map(|(name, settings)| (Some(name.clone()), settings.clone()))
            .collect(),
        other => vec![(None, other.cloned().unwrap_or_default())],
    }
}

struct Key {
    plan: Option<String>,
    number: usize,
    settings: Value,
}

impl Key {
    fn id(&self, kind: &str) -> String {
        let plan = self.plan.as_deref().map(names::upper_first).unwrap_or_default();
        format!("ApiGateway{kind}{plan}{}", self.number)
    }
}

/// The keys with their numbers: those of a plan count from 1 again.
fn numbered(keys: &[Value], plans: &[(Option<String>, Value)]) -> Result<Vec<Key>, String> {
    let mut numbered = Vec::new();
    let mut number = 0;
    for key in keys {
        let group = key.as_object().and_then(|key| key.iter().next());
        match group {
            Some((name, Value::Array(of_plan))) => {
                if !plans.iter().any(|(plan, _)| plan.as_ref() == Some(name)) {
                    return Err(name.clone());
                }
                number = 0;
                for settings in of_plan {
                    number += 1;
                    numbered.push(Key { plan: Some(name.clone()), number, settings: settings.clone() });
                }
            }
            _ => {
                number += 1;
                numbered.push(Key { plan: None, number, settings: key.clone() });
            }
        }
    }
    Ok(numbered)
}

fn key_resource(config: &Config, deployment: &str, settings: &Value) -> Value {
    let properties = json!({
        "Enabled": get(settings, "enabled").cloned().unwrap_or_else(|| json!(true)),
        "Name": settings.as_str().or_else(|| text(settings, "name")),
        "Value": take(settings, "value"),
        "Description": settings.get("description"),
        "CustomerId": settings.get("customerId"),
        "StageKeys": [{ "RestApiId": api(config), "StageName": config.stage() }],
    });
    resource("AWS::ApiGateway::ApiKey", properties, Some(json!(deployment)))
}

fn plan_id(name: Option<&str>) -> String {
    format!("ApiGatewayUsagePlan{}", name.map(names::upper_first).unwrap_or_default())
}

fn plan_resource(config: &Config, deployment: &str, name: Option<&str>, settings: &Value) -> Value {
    let (service, stage) = (config.name(), config.stage());
    let (description, plan_name) = match name {
        Some(name) if name != "default" => (
            format!("Usage plan \"{name}\" for {service} {stage} stage"),
            format!("{service}-{name}-{stage}"),
        ),
        _ => (format!("Usage plan for {service} {stage} stage"), format!("{service}-{stage}")),
    };
    let quota = take(settings, "quota").map(|quota| {
        present(json!({ "Limit": quota.get("limit"), "Offset": quota.get("offset"), "Period": quota.get("period") }))
    });
    let throttle = take(settings, "throttle").map(|throttle| {
        present(json!({ "BurstLimit": throttle.get("burstLimit"), "RateLimit": throttle.get("rateLimit") }))
    });
    let properties = json!({
        "ApiStages": [{ "ApiId": api(config), "Stage": stage }],
        "Description": description,
        "UsagePlanName": plan_name,
        "Quota": quota,
        "Throttle": throttle,
    });
    resource("AWS::ApiGateway::UsagePlan", properties, Some(json!(deployment)))
}
