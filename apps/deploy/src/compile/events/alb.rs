//! `alb`: a target group and a listener rule of an Application Load Balancer.

use serde_json::{Value, json};

use super::super::cfn::{get, list, present, reference, resource, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

/// A target group's name is no longer than this; longer ones are cut.
const TARGET_GROUP_NAME_LENGTH_MAX: usize = 32;

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut priorities: Vec<(String, String, Value)> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("alb") {
            if let Err((key, message)) = put(config, function, out, event, &mut priorities) {
                super::refuse(config, out, (&function.key, index, "alb"), &[key], message);
            }
        }
    }
}

fn put(
    config: &Config,
    function: &Function,
    out: &mut Output,
    event: &Value,
    priorities: &mut Vec<(String, String, Value)>,
) -> Result<(), (&'static str, String)> {
    let (balancer, listener) =
        listener(&event["listenerArn"]).ok_or(("listenerArn", "this is no ARN of a listener".to_owned()))?;
    let priority = event["priority"].clone();
    let taken = |(key, other, number): &(String, String, Value)| {
        number == &priority && ((key == &function.key) != (other == &listener))
    };
    if priorities.iter().any(taken) {
        return Err(("priority", format!("the priority {priority} is in use already")));
    }
    priorities.push((function.key.clone(), listener, priority));
    let several = take(event, "multiValueHeaders").is_some();
    let group = format!(
        "{}Alb{}TargetGroup{balancer}",
        names::part(&function.key),
        if several { "MultiValue" } else { "" }
    );
    out.put(group.clone(), target_group(config, function, event, &balancer)?);
    out.put(
        format!(
            "{}AlbListenerRule{}",
            names::part(&function.key),
            super::super::cfn::json_text(&event["priority"])
        ),
        listener_rule(config, event, &group)?,
    );
    let permission = |source: Option<Value>| {
        let properties = json!({
            "FunctionName": function.target(),
            "Action": "lambda:InvokeFunction",
            "Principal": "elasticloadbalancing.amazonaws.com",
            "SourceArn": source,
        });
        resource("AWS::Lambda::Permission", properties, function.alias_id().map(|id| json!([id])))
    };
    out.put(names::permission(&function.key, "Alb"), permission(Some(reference(&group))));
    out.put(names::permission(&function.key, "RegisterTarget"), permission(None));
    Ok(())
}

/// The ids of the load balancer and of the listener; both are the logical id when the stack makes the listener.
fn listener(arn: &Value) -> Option<(String, String)> {
    if let Some(id) = text(arn, "Ref") {
        return Some((id.to_owned(), id.to_owned()));
    }
    let rest = arn.as_str()?.split_once(":listener/app/")?.1;
    let mut parts = rest.split('/').skip(1).map(str::to_owned);
    Some((parts.next()?, parts.next()?))
}

fn target_group(
    config: &Config,
    function: &Function,
    event: &Value,
    balancer: &str,
) -> Result<Value, (&'static str, String)> {
    let several = take(event, "multiValueHeaders").is_some();
    let tag = |several: bool| {
        let kind = if several { "multi-value-" } else { "" };
        format!("{}-{}-{balancer}-{kind}{}", config.name(), function.key, config.stage())
    };
    let prefix = config.provider(&["alb", "targetGroupPrefix"]).and_then(Value::as_str).unwrap_or_default();
    let name = match text(event, "targetGroupName") {
        Some(_) if !prefix.is_empty() => {
            let message = "`targetGroupName` and `provider.alb.targetGroupPrefix` exclude each other";
            return Err(("targetGroupName", message.to_owned()));
        }
        Some(name) => name.to_owned(),
        None => {
            let name = format!("{prefix}{}", names::md5_hex(&tag(several)));
            name.chars().take(TARGET_GROUP_NAME_LENGTH_MAX).collect()
        }
    };
    let mut properties = json!({
        "TargetType": "lambda",
        "Targets": [{ "Id": function.target() }],
        "Name": name,
        "Tags": [{ "Key": "Name", "Value": tag(false) }],
        "TargetGroupAttributes": [{ "Key": "lambda.multi_value_headers.enabled", "Value": several }],
    });
    let health = health_check(event);
    if let (Some(properties), Some(health)) = (properties.as_object_mut(), health.as_object()) {
        properties.extend(health.clone());
    }
    let waits_for: Vec<Value> = [json!(names::permission(&function.key, "RegisterTarget"))]
        .into_iter()
        .chain(function.alias_id())
        .collect();
    Ok(resource("AWS::ElasticLoadBalancingV2::TargetGroup", properties, Some(Value::Array(waits_for))))
}

fn health_check(event: &Value) -> Value {
    let Some(settings) = take(event, "healthCheck") else { return json!({ "HealthCheckEnabled": false }) };
    let or = |key: &str, default: Value| get(settings, key).cloned().unwrap_or(default);
    let code =
        super::super::cfn::deep(settings, &["matcher", "httpCode"]).cloned().unwrap_or_else(|| json!("200"));
    json!({
        "HealthCheckEnabled": true,
        "HealthCheckPath": or("path", json!("/")),
        "HealthCheckIntervalSeconds": or("intervalSeconds", json!(35)),
        "HealthCheckTimeoutSeconds": or("timeoutSeconds", json!(30)),
        "HealthyThresholdCount": or("healthyThresholdCount", json!(5)),
        "UnhealthyThresholdCount": or("unhealthyThresholdCount", json!(5)),
        "Matcher": { "HttpCode": code },
    })
}

fn listener_rule(config: &Config, event: &Value, group: &str) -> Result<Value, (&'static str, String)> {
    let mut actions = Vec::new();
    for name in get(event, "authorizer").map(list).unwrap_or_default() {
        let name = name.as_str().unwrap_or_default().to_owned();
        let settings = config.provider(&["alb", "authorizers", &name]);
        let settings = settings.ok_or_else(|| ("authorizer", format!("there is no authorizer `{name}`")))?;
        actions.push(authenticate(settings, actions.len() + 1));
    }
    let order = (!actions.is_empty()).then_some(actions.len() + 1);
    actions.push(present(json!({ "Type": "forward", "TargetGroupArn": reference(group), "Order": order })));
    let conditions = conditions(&event["conditions"]);
    if conditions.is_empty() {
        return Err(("conditions", "at least one condition is needed".to_owned()));
    }
    let properties = json!({
        "Actions": actions,
        "Conditions": conditions,
        "ListenerArn": event["listenerArn"],
        "Priority": event["priority"],
    });
    Ok(resource("AWS::ElasticLoadBalancingV2::ListenerRule", properties, None))
}

fn authenticate(settings: &Value, order: usize) -> Value {
    let common = json!({
        "OnUnauthenticatedRequest": text(settings, "onUnauthenticatedRequest").unwrap_or("deny"),
        "AuthenticationRequestExtraParams": settings.get("requestExtraParams"),
        "Scope": settings.get("scope"),
        "SessionCookieName": settings.get("sessionCookieName"),
        "SessionTimeout": settings.get("sessionTimeout"),
    });
    let (kind, member, mut config) = if text(settings, "type") == Some("cognito") {
        let config = json!({
            "UserPoolArn": settings["userPoolArn"],
            "UserPoolClientId": settings["userPoolClientId"],
            "UserPoolDomain": settings["userPoolDomain"],
        });
        ("authenticate-cognito", "AuthenticateCognitoConfig", config)
    } else {
        let secret = take(settings, "clientSecret");
        let config = json!({
            "AuthorizationEndpoint": settings["authorizationEndpoint"],
            "ClientId": settings["clientId"],
            "Issuer": settings["issuer"],
            "TokenEndpoint": settings["tokenEndpoint"],
            "UserInfoEndpoint": settings["userInfoEndpoint"],
            "ClientSecret": secret,
            "UseExistingClientSecret": secret.is_none().then_some(true),
        });
        ("authenticate-oidc", "AuthenticateOidcConfig", config)
    };
    super::super::cfn::merge(&mut config, &common);
    let mut action = json!({ "Type": kind, "Order": order });
    action[member] = present(config);
    action
}

fn conditions(settings: &Value) -> Vec<Value> {
    let mut conditions = Vec::new();
    let values = |key: &str| take(settings, key).map(list);
    if let Some(paths) = values("path") {
        conditions.push(json!({ "Field": "path-pattern", "Values": paths }));
    }
    if let Some(hosts) = values("host") {
        conditions.push(json!({ "Field": "host-header", "HostHeaderConfig": { "Values": hosts } }));
    }
    if let Some(methods) = values("method") {
        conditions.push(
            json!({ "Field": "http-request-method", "HttpRequestMethodConfig": { "Values": methods } }),
        );
    }
    for header in values("header").unwrap_or_default() {
        conditions.push(json!({
            "Field": "http-header",
            "HttpHeaderConfig": { "HttpHeaderName": header["name"], "Values": header["values"] },
        }));
    }
    if let Some(query) = take(settings, "query").and_then(Value::as_object) {
        let pairs = super::super::cfn::key_values(query);
        conditions.push(json!({ "Field": "query-string", "QueryStringConfig": { "Values": pairs } }));
    }
    if let Some(addresses) = values("ip") {
        conditions.push(json!({ "Field": "source-ip", "SourceIpConfig": { "Values": addresses } }));
    }
    conditions
}
