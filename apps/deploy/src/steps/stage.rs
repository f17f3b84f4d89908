//! The stage of the REST API after a deployment: its logs, traces, metrics and tags.
//!
//! The framework makes no resource of the stage (its deployments make it), so it sets what the configuration says of
//! it by UpdateStage once the stack is there. Source of the operations: `updateStage` of osls 3.77 and Serverless v3.

use serde_json::{Map, Value, json};

use super::Session;
use crate::compile::Template;
use crate::problem::{Errors, Problem};
use crate::truth::truthy;

/// What a line of the access log holds when nothing else is said (the framework's default).
const FORMAT: &str = "requestId: $context.requestId, ip: $context.identity.sourceIp, \
    caller: $context.identity.caller, user: $context.identity.user, requestTime: $context.requestTime, \
    httpMethod: $context.httpMethod, resourcePath: $context.resourcePath, status: $context.status, \
    protocol: $context.protocol, responseLength: $context.responseLength";

/// What a service says of its stage.
#[derive(Clone, Copy)]
struct Settings<'a> {
    tracing: Option<&'a Value>,
    metrics: Option<&'a Value>,
    logs: Option<&'a Value>,
    tags: Option<&'a Value>,
    stack_tags: Option<&'a Value>,
}

/// Brings the stage to what the configuration says. Nothing happens when it says nothing.
pub(super) async fn configure(session: Session<'_>, template: &Template) -> Result<(), Errors> {
    let settings = Settings::of(session);
    if settings.is_empty() || session.service.get(&["provider", "apiGateway", "restApiId"]).is_some() {
        return Ok(());
    }
    let Some(logical_id) = only_api(&template.update) else {
        return match (settings.tracing, settings.logs) {
            (None, None) => Ok(()),
            _ if !has_http_event(session) => Ok(()),
            (tracing, _) => Err(unresolved(session, tracing.is_some()).into()),
        };
    };
    let stack = session.service.stack_name();
    let api_id = session.api.physical_id(&stack, logical_id).await?.ok_or_else(|| {
        Problem::new(format!(
            "the REST API {logical_id} is not in the stack {stack}, so its stage was not set up"
        ))
    })?;
    session.report.step("Setting up the stage of the REST API");
    let group = format!("/aws/api-gateway/{}-{}", session.service.name(), stage_name(session));
    let partition = partition(session.api.region());
    let operations = {
        let account = session.api.account_id().await?;
        let group_arn = format!("arn:{partition}:logs:{}:{account}:log-group:{group}", session.api.region());
        operations(settings, &group_arn)
    };
    if !operations.is_empty() {
        session.api.update_stage(&api_id, stage_name(session), &operations).await?;
    }
    tag(session, settings, partition, &api_id).await?;
    if settings.logs.is_some() && !settings.has_access_log() {
        // Left by an earlier deployment; the next one that wants it could not create it again.
        session.api.delete_log_group(&group).await?;
    }
    Ok(())
}

impl<'a> Settings<'a> {
    fn of(session: Session<'a>) -> Self {
        let get = |path: &[&str]| session.service.get(path).filter(|value| !value.is_null());
        Self {
            tracing: get(&["provider", "tracing", "apiGateway"]),
            metrics: get(&["provider", "apiGateway", "metrics"]),
            logs: get(&["provider", "logs", "restApi"]),
            tags: get(&["provider", "tags"]),
            stack_tags: get(&["provider", "stackTags"]),
        }
    }

    fn is_empty(&self) -> bool {
        [self.tracing, self.metrics, self.logs, self.tags, self.stack_tags].iter().all(Option::is_none)
    }

    fn has_access_log(&self) -> bool {
        self.logs.is_some_and(|logs| truthy(logs) && flag(logs, "accessLogging"))
    }

    /// The tags of the stage; those of `provider.tags` win.
    fn tags(&self) -> Map<String, Value> {
        let maps = [self.stack_tags, self.tags].into_iter().flatten().filter_map(Value::as_object);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        maps.flatten().map(|(key, value)| (key.clone(), json!(text(value)))).collect()
    }
}

/// The changes of the stage.
fn operations(settings: Settings<'_>, group_arn: &str) -> Vec<Value> {
    let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
    let word = |value: bool| if value { "true" } else { "false" };
    let mut operations = Vec::new();
    if let Some(tracing) = settings.tracing {
        operations.push(replace("/tracingEnabled", word(truthy(tracing))));
    }
    if let Some(metrics) = settings.metrics {
        operations.push(replace("/*/*/metrics/enabled", word(truthy(metrics))));
    }
    let Some(logs) = settings.logs else { return operations };
    if !truthy(logs) {
        operations.push(replace("/*/*/logging/dataTrace", "false"));
        operations.push(replace("/*/*/logging/loglevel", "OFF"));
        return operations;
    }
    if settings.has_access_log() {
        let format = logs["format"].as_str().unwrap_or(FORMAT);
        operations.push(replace("/accessLogSettings/destinationArn", group_arn));
        operations.push(replace("/accessLogSettings/format", format));
    } else {
        operations.push(json!({"op": "remove", "path": "/accessLogSettings"}));
    }
    let level = match flag(logs, "executionLogging") {
        true => logs["level"].as_str().unwrap_or("INFO"),
        false => "OFF",
    };
    operations.push(replace("/*/*/logging/dataTrace", word(flag(logs, "fullExecutionData"))));
    operations.push(replace("/*/*/logging/loglevel", level));
    operations
}

/// Gives the stage its tags and takes those that the configuration no longer has.
async fn tag(
    session: Session<'_>,
    settings: Settings<'_>,
    partition: &str,
    api_id: &str,
) -> Result<(), Errors> {
    if settings.tags.is_none() && settings.stack_tags.is_none() {
        return Ok(());
    }
    let stage = stage_name(session);
    let wanted = settings.tags();
    let current = session.api.stage_tags(api_id, stage).await?;
    let arn =
        format!("arn:{partition}:apigateway:{}::/restapis/{api_id}/stages/{stage}", session.api.region());
    let old: Vec<&str> = current
        .keys()
        .filter(|key| !key.starts_with("aws:") && !wanted.contains_key(*key))
        .map(String::as_str)
        .collect();
    if !wanted.is_empty() && wanted != current {
        session.api.tag_api_resource(&arn, &wanted).await?;
    }
    if !old.is_empty() {
        session.api.untag_api_resource(&arn, &old).await?;
    }
    Ok(())
}

/// The one REST API of a template that has a deployment.
fn only_api(template: &Value) -> Option<&str> {
    let resources = template["Resources"].as_object()?;
    let mut apis = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::ApiGateway::RestApi");
    let (id, _) = apis.next()?;
    let deployed = resources.values().any(|resource| {
        resource["Type"] == "AWS::ApiGateway::Deployment"
            && resource["Properties"]["RestApiId"]["Ref"] == **id
    });
    (apis.next().is_none() && deployed).then_some(id)
}

fn has_http_event(session: Session<'_>) -> bool {
    let functions = session.service.functions().values();
    functions
        .filter_map(|function| function["events"].as_array())
        .flatten()
        .any(|event| event.get("http").is_some() || event == "http")
}

fn unresolved(session: Session<'_>, tracing: bool) -> Problem {
    let path = if tracing { ["provider", "tracing", "apiGateway"] } else { ["provider", "logs", "restApi"] };
    let message =
        "the stage of the REST API cannot be set up: the template has not exactly one API with a deployment";
    session.service.problem(&path, message).help("take the setting away and declare the stage in `resources`")
}

fn stage_name(session: Session<'_>) -> &str {
    let own = session.service.get(&["provider", "apiGateway", "stage"]).and_then(Value::as_str);
    own.unwrap_or(&session.service.stage)
}

/// The partition that a region is in.
fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A setting that is on unless it is switched off.
fn flag(settings: &Value, name: &str) -> bool {
    settings.get(name).is_none_or(|value| value.is_null() || truthy(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(provider: &Value) -> Vec<Value> {
        let settings = Settings {
            tracing: provider.pointer("/tracing/apiGateway"),
            metrics: provider.pointer("/apiGateway/metrics"),
            logs: provider.pointer("/logs/restApi"),
            tags: None,
            stack_tags: None,
        };
        let text = |operation: Value| json!([operation["op"], operation["path"], operation["value"]]);
        operations(settings, "arn:group").into_iter().map(text).collect()
    }

    #[test]
    fn logs_are_whole_unless_parts_are_switched_off() {
        let trace = |value| json!(["replace", "/*/*/logging/dataTrace", value]);
        let level = |value| json!(["replace", "/*/*/logging/loglevel", value]);
        let log = json!(["replace", "/accessLogSettings/destinationArn", "arn:group"]);
        let format = |value| json!(["replace", "/accessLogSettings/format", value]);
        let logs = |logs: Value| of(&json!({"logs": {"restApi": logs}}));
        assert_eq!(logs(json!(true)), [log.clone(), format(FORMAT), trace("true"), level("INFO")]);
        assert_eq!(
            logs(json!({"format": "$context.path", "level": "ERROR", "fullExecutionData": false})),
            [log.clone(), format("$context.path"), trace("false"), level("ERROR")]
        );
        assert_eq!(
            logs(json!({"accessLogging": false, "executionLogging": false})),
            [json!(["remove", "/accessLogSettings", null]), trace("true"), level("OFF")]
        );
        assert_eq!(logs(json!(false)), [trace("false"), level("OFF")]);
    }

    #[test]
    fn traces_and_metrics_are_set_when_they_are_named() {
        let all = json!({"tracing": {"apiGateway": true}, "apiGateway": {"metrics": false}});
        assert_eq!(
            of(&all),
            [
                json!(["replace", "/tracingEnabled", "true"]),
                json!(["replace", "/*/*/metrics/enabled", "false"])
            ]
        );
        assert!(of(&json!({})).is_empty());
    }

    #[test]
    fn the_api_is_the_only_one_with_a_deployment() {
        let api = json!({"Type": "AWS::ApiGateway::RestApi"});
        let deployment =
            json!({"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "A"}}});
        assert_eq!(only_api(&json!({"Resources": {"A": api, "D": deployment}})), Some("A"));
        assert_eq!(only_api(&json!({"Resources": {"A": api, "B": api, "D": deployment}})), None);
        assert_eq!(only_api(&json!({"Resources": {"A": api}})), None);
    }
}
