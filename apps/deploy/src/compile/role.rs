//! The log groups of the functions, and the role that the functions share.

use serde_json::{Value, json};

use super::cfn::{get, join, key_values, reference, sub, take};
use super::config::{Config, Function, is_existing_role};
use super::names;
use super::output::{Output, ROLE};

/// Puts the log groups, and the role unless the author brings roles for all functions.
pub(super) fn compile(config: &Config, out: &mut Output) {
    for function in config.functions.iter().filter(|function| logs(function)) {
        let group = config.log_group(&names::log_group_name(&function.name), &function.settings);
        out.put(names::log_group(&function.key), group);
    }
    if config.functions.is_empty() || brings_roles(config) {
        return;
    }
    out.put(ROLE, role(config));
    let statements = config
        .provider(&["iam", "role", "statements"])
        .or_else(|| config.provider(&["iamRoleStatements"]))
        .and_then(Value::as_array);
    if let Some(denied) = denied_logs(config) {
        out.allow(denied);
    }
    for statement in statements.into_iter().flatten() {
        out.allow(statement.clone());
    }
}

fn logs(function: &Function) -> bool {
    take(&function.settings, "disableLogs").is_none()
}

fn brings_roles(config: &Config) -> bool {
    let existing = config.provider(&["iam", "role"]).is_some_and(is_existing_role);
    let every_function = config.functions.iter().all(|function| function.settings.get("role").is_some());
    existing || config.provider.get("role").is_some() || every_function
}

fn role(config: &Config) -> Value {
    let settings = config.provider(&["iam", "role"]).cloned().unwrap_or_default();
    let name = take(&settings, "name").cloned().unwrap_or_else(|| {
        let parts =
            vec![json!(config.name()), json!(config.stage()), reference("AWS::Region"), json!("lambdaRole")];
        join("-", parts)
    });
    let mut properties = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": ["lambda.amazonaws.com"] },
                "Action": ["sts:AssumeRole"],
            }],
        },
        "Policies": [{
            "PolicyName": join("-", vec![json!(config.name()), json!(config.stage()), json!("lambda")]),
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"],
                        "Resource": log_arns(config, ":*"),
                    },
                    { "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": log_arns(config, ":*:*") },
                ],
            },
        }],
        "Path": take(&settings, "path").cloned().unwrap_or_else(|| json!("/")),
        "RoleName": name,
    });
    if let Some(tags) = get(&settings, "tags").and_then(Value::as_object) {
        properties["Tags"] = key_values(tags);
    }
    let boundary = take(&settings, "permissionsBoundary")
        .or_else(|| take(&settings, "permissionBoundary"))
        .or_else(|| take(&config.provider, "rolePermissionsBoundary"));
    if let Some(boundary) = boundary {
        properties["PermissionsBoundary"] = boundary.clone();
    }
    let managed = managed_policies(config, &settings);
    if !managed.is_empty() {
        properties["ManagedPolicyArns"] = Value::Array(managed);
    }
    json!({ "Type": "AWS::IAM::Role", "Properties": properties })
}

/// The log groups that functions may write to: those with names of their own one by one, the others by their prefix.
fn log_arns(config: &Config, rest: &str) -> Value {
    let arn = |name: &str| sub(&format!("{}{}{rest}", LOG_GROUP_ARN, names::log_group_name(name)));
    let prefix = config.prefix();
    let (canonical, own): (Vec<&Function>, Vec<&Function>) = config
        .functions
        .iter()
        .filter(|function| logs(function))
        .partition(|function| function.name.starts_with(&prefix));
    let mut arns: Vec<Value> = own.iter().map(|function| arn(&function.name)).collect();
    if !canonical.is_empty() {
        arns.push(arn(&format!("{prefix}*")));
    }
    Value::Array(arns)
}

const LOG_GROUP_ARN: &str = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:";

/// The common prefix covers functions that must not write logs as well: those are denied by name.
fn denied_logs(config: &Config) -> Option<Value> {
    let prefix = config.prefix();
    let (allowed, denied): (Vec<&Function>, Vec<&Function>) = config
        .functions
        .iter()
        .filter(|function| function.name.starts_with(&prefix))
        .partition(|function| logs(function));
    if allowed.is_empty() || denied.is_empty() {
        return None;
    }
    let arns: Vec<Value> = denied
        .iter()
        .map(|function| sub(&format!("{LOG_GROUP_ARN}{}:*", names::log_group_name(&function.name))))
        .collect();
    Some(json!({ "Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": arns }))
}

fn managed_policies(config: &Config, settings: &Value) -> Vec<Value> {
    let named = get(settings, "managedPolicies").or_else(|| config.provider(&["iamManagedPolicies"]));
    let mut policies = named.and_then(Value::as_array).cloned().unwrap_or_default();
    let in_vpc = config.functions.iter().any(|function| function.settings.get("vpc").is_some());
    if in_vpc || take(&config.provider, "vpc").is_some() {
        policies.push(join(
            "",
            vec![
                json!("arn:"),
                reference("AWS::Partition"),
                json!(":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"),
            ],
        ));
    }
    policies
}
