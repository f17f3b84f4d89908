//! How a function is reached besides its events: its URL, and where the results of asynchronous invocations go.

use serde_json::{Map, Value, json};

use super::cfn::{get, get_att, present, reference, resource, sub, take, text};
use super::config::{Config, Function};
use super::names;
use super::output::Output;

/// Puts the function's URL, open to everyone unless it wants signatures.
pub(super) fn url(_config: &Config, function: &Function, out: &mut Output) {
    let Some(url) = take(&function.settings, "url") else { return };
    let auth = if text(url, "authorizer") == Some("aws_iam") { "AWS_IAM" } else { "NONE" };
    let mut properties = json!({ "AuthType": auth, "TargetFunctionArn": function.target() });
    if let Some(cors) = take(url, "cors") {
        properties["Cors"] = self::cors(cors);
    }
    if text(url, "invokeMode") == Some("RESPONSE_STREAM") {
        properties["InvokeMode"] = json!("RESPONSE_STREAM");
    }
    let id = format!("{}LambdaFunctionUrl", names::part(&function.key));
    out.put(id.clone(), resource("AWS::Lambda::Url", properties, function.alias_id()));
    out.put_output(
        id.clone(),
        json!({ "Description": "Lambda Function URL", "Value": get_att(&id, "FunctionUrl") }),
    );
    if auth == "NONE" {
        let permission = |action: &str, member: &str, value: Value| {
            let mut properties =
                json!({ "FunctionName": function.target(), "Action": action, "Principal": "*" });
            properties[member] = value;
            resource("AWS::Lambda::Permission", properties, function.alias_id())
        };
        out.put(
            names::permission(&function.key, "FnUrl"),
            permission("lambda:InvokeFunctionUrl", "FunctionUrlAuthType", json!(auth)),
        );
        // Since October 2025 AWS asks for this second permission as well.
        out.put(
            names::permission(&function.key, "Fn"),
            permission("lambda:InvokeFunction", "InvokedViaFunctionUrl", json!(true)),
        );
    }
}

/// The framework's defaults, and over them what the author says; `null` takes a default away.
fn cors(settings: &Value) -> Value {
    let headers = json!([
        "Content-Type",
        "X-Amz-Date",
        "Authorization",
        "X-Api-Key",
        "X-Amz-Security-Token",
        "X-Amzn-Trace-Id",
    ]);
    let chosen = |key: &str, default: Value| match settings.get(key) {
        Some(Value::Null) => Value::Null,
        Some(value) if crate::truth::truthy(value) => unique(value),
        _ => default,
    };
    present(json!({
        "AllowCredentials": take(settings, "allowCredentials").map(|_| true),
        "AllowHeaders": chosen("allowedHeaders", headers),
        "AllowMethods": chosen("allowedMethods", json!(["*"])),
        "AllowOrigins": chosen("allowedOrigins", json!(["*"])),
        "ExposeHeaders": take(settings, "exposedResponseHeaders").map(unique),
        "MaxAge": get(settings, "maxAge"),
    }))
}

fn unique(values: &Value) -> Value {
    let mut seen: Vec<Value> = Vec::new();
    for value in super::cfn::list(values) {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    Value::Array(seen)
}

/// Puts the settings for asynchronous invocations: destinations, age and retries.
pub(super) fn asynchronous(config: &Config, function: &Function, out: &mut Output) {
    let settings = &function.settings;
    let destinations = take(settings, "destinations");
    let (age, retries) = (take(settings, "maximumEventAge"), get(settings, "maximumRetryAttempts"));
    if destinations.is_none() && age.is_none() && retries.is_none() {
        return;
    }
    let mut targets = Map::new();
    let mut waits_for: Vec<Value> = function.alias_id().into_iter().collect();
    for (setting, property) in [("onSuccess", "OnSuccess"), ("onFailure", "OnFailure")] {
        let Some(destination) = destinations.and_then(|destinations| take(destinations, setting)) else {
            continue;
        };
        let path = ["functions", &function.key, "destinations", setting];
        match Destination::read(config, destination) {
            Ok(target) => {
                if config.custom_role(function).is_none() {
                    let statement =
                        json!({ "Effect": "Allow", "Action": target.action, "Resource": target.resource });
                    if destination.is_string() { out.allow_once(statement) } else { out.allow(statement) }
                }
                targets.insert(property.to_owned(), json!({ "Destination": target.arn }));
                waits_for.extend(target.waits_for.filter(|id| !waits_for.contains(id)));
            }
            Err(message) => out.problems.push(config.service.problem(&path, message)),
        }
    }
    let properties = json!({
        "FunctionName": reference(&function.logical_id()),
        "DestinationConfig": targets,
        "Qualifier": function.alias.as_ref().map_or("$LATEST", |alias| alias.name),
        "MaximumEventAgeInSeconds": age,
        "MaximumRetryAttempts": retries,
    });
    let depends_on = match waits_for.len() {
        0 => None,
        1 => waits_for.pop(),
        _ => Some(Value::Array(waits_for)),
    };
    let id = format!("{}LambdaEvConf", names::part(&function.key));
    out.put(id, resource("AWS::Lambda::EventInvokeConfig", properties, depends_on));
}

struct Destination {
    arn: Value,
    action: &'static str,
    resource: Value,
    waits_for: Option<Value>,
}

impl Destination {
    fn read(config: &Config, setting: &Value) -> Result<Self, String> {
        let Some(name) = setting.as_str() else {
            let action = match text(setting, "type") {
                Some("function") => "lambda:InvokeFunction",
                Some("sqs") => "sqs:SendMessage",
                Some("sns") => "sns:Publish",
                Some("eventBus") => "events:PutEvents",
                _ => {
                    return Err("a destination's `type` is one of function, sqs, sns and eventBus".to_owned());
                }
            };
            let arn = setting["arn"].clone();
            return Ok(Self { resource: arn.clone(), arn, action, waits_for: None });
        };
        if name.starts_with("arn:") {
            let actions = [
                (":function:", "lambda:InvokeFunction"),
                (":sqs:", "sqs:SendMessage"),
                (":sns:", "sns:Publish"),
                (":event-bus/", "events:PutEvents"),
            ];
            let action = actions.iter().find(|(mark, _)| name.contains(mark)).map(|(_, action)| *action);
            let action =
                action.ok_or_else(|| format!("`{name}` is no function, queue, topic or event bus"))?;
            return Ok(Self { arn: json!(name), action, resource: json!(name), waits_for: None });
        }
        let function = config.function_of(name).ok_or_else(|| format!("there is no function `{name}`"))?;
        let alias = function.alias.as_ref().map(|alias| format!(":{}", alias.name)).unwrap_or_default();
        // Not by `Fn::GetAtt`: the target runs under the same role, which would make a circle.
        let resource = sub(&format!(
            "arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{}{alias}",
            function.name
        ));
        Ok(Self {
            arn: function.target(),
            action: "lambda:InvokeFunction",
            resource,
            waits_for: function.alias_id(),
        })
    }
}
