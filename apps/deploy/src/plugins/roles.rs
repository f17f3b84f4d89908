//! serverless-iam-roles-per-function: a function with `iamRoleStatements` gets a role of its own, made after the
//! role that all functions share.

use serde_json::{Value, json};

use crate::model::Service;
use crate::problem::{Errors, Problem};
use crate::steps::info::normal;

/// The keys of functions that the plugin adds.
pub(super) const FUNCTION_KEYS: [&str; 4] =
    ["iamRoleStatements", "iamRoleStatementsInherit", "iamRoleStatementsName", "iamPermissionsBoundary"];

/// The logical id of the role that all functions share.
const SHARED_ROLE: &str = "IamRoleLambdaExecution";

/// The longest name of a role.
const ROLE_NAME_MAX: usize = 64;

/// Gives each function with statements of its own its role.
pub(super) fn apply(service: &Service, template: &mut Value) -> Result<(), Errors> {
    let mut problems = Vec::new();
    for key in service.functions().keys() {
        if service.get(&["functions", key, "iamRoleStatements"]).is_none() {
            continue;
        }
        match role(service, template, key) {
            Ok(role) => attach(template, key, role),
            Err(problem) => problems.push(problem),
        }
    }
    let boundary =
        service.get(&["custom", "serverless-iam-roles-per-function", "iamGlobalPermissionsBoundary"]);
    if let (Some(boundary), Some(shared)) = (boundary, template["Resources"].get_mut(SHARED_ROLE)) {
        shared["Properties"]["PermissionsBoundary"] = boundary.clone();
    }
    Errors::none_or(problems)
}

/// A function's role.
fn role(service: &Service, template: &Value, key: &str) -> Result<Value, Problem> {
    let function = |name: &str| service.get(&["functions", key, name]);
    let custom = |name: &str| service.get(&["custom", "serverless-iam-roles-per-function", name]);
    let place = ["functions", key, "iamRoleStatements"];
    if function("role").is_some() {
        let message = format!("the function \"{key}\" has both \"role\" and \"iamRoleStatements\"");
        return Err(service.problem(&place, message));
    }
    let Some(shared) = template["Resources"].get(SHARED_ROLE) else {
        let message = "\"iamRoleStatements\" of a function needs the role that all functions share, and this service \
                       names a role of its own";
        return Err(service.problem(&place, message));
    };
    let own = own_statements(service, key)?;
    let name = match function("name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("{}-{}-{key}", service.name(), service.stage),
    };
    let group = format!(
        "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/{name}:*:*"
    );
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:PutLogEvents"],
        "Resource": [{"Fn::Sub": group}],
    })];
    statements.extend(event_statements(service, key));
    if let Some(target) = function("onError") {
        statements.push(json!({"Effect": "Allow", "Action": ["sns:Publish"], "Resource": target}));
    }
    let yes = |value: Option<&Value>| value == Some(&Value::Bool(true));
    let inherits = yes(function("iamRoleStatementsInherit"))
        || (yes(custom("defaultInherit"))
            && function("iamRoleStatementsInherit") != Some(&Value::Bool(false)));
    if inherits {
        let shared = match service.get(&["provider", "iam"]) {
            Some(iam) => iam["role"].get("statements"),
            None => service.get(&["provider", "iamRoleStatements"]),
        };
        statements.extend(shared.and_then(Value::as_array).into_iter().flatten().cloned());
    }
    statements.extend(own);
    let mut role = shared.clone();
    let properties = &mut role["Properties"];
    properties["Policies"][0]["PolicyDocument"]["Statement"] = json!(statements);
    let in_vpc = [function("vpc"), service.get(&["provider", "vpc"])]
        .iter()
        .flatten()
        .any(|vpc| vpc.as_object().is_some_and(|vpc| !vpc.is_empty()));
    properties["ManagedPolicyArns"] = match in_vpc {
        true => json!([{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"},
            ":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]]}]),
        false => json!([]),
    };
    if let Some(boundary) =
        function("iamPermissionsBoundary").or_else(|| custom("iamGlobalPermissionsBoundary"))
    {
        properties["PermissionsBoundary"] = boundary.clone();
    }
    properties["RoleName"] = match function("iamRoleStatementsName") {
        Some(name) => name.clone(),
        None => role_name(service, key)?,
    };
    Ok(role)
}

/// The function's own statements; each must say what it allows and on what.
fn own_statements(service: &Service, key: &str) -> Result<Vec<Value>, Problem> {
    let place = ["functions", key, "iamRoleStatements"];
    let statements = match service.get(&place) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(statements)) => statements,
        Some(_) => return Err(service.problem(&place, "\"iamRoleStatements\" must be a list of statements")),
    };
    for (index, statement) in statements.iter().enumerate() {
        let index = index.to_string();
        for names in [&["Effect"][..], &["Action", "NotAction"], &["Resource", "NotResource"]] {
            if names.iter().all(|name| statement[*name].is_null()) {
                let message = format!("the statement has no {}", names.join(" or "));
                return Err(service.problem(&["functions", key, "iamRoleStatements", &index], message));
            }
        }
    }
    Ok(statements.clone())
}

/// What the event sources of a function need.
fn event_statements(service: &Service, key: &str) -> Vec<Value> {
    let events = service.get(&["functions", key, "events"]).and_then(Value::as_array);
    let mut dynamodb = Vec::new();
    let mut kinesis = Vec::new();
    let mut sqs = Vec::new();
    for event in events.into_iter().flatten() {
        if let Some(stream) = event.get("stream") {
            let arn = stream.get("arn").unwrap_or(stream);
            let kind = stream["type"].as_str().or_else(|| arn.as_str()?.split(':').nth(2));
            match kind {
                Some("dynamodb") => dynamodb.push(arn.clone()),
                _ => kinesis.push(arn.clone()),
            }
        }
        if let Some(queue) = event.get("sqs") {
            sqs.push(queue.get("arn").unwrap_or(queue).clone());
        }
    }
    let stream = |service: &str| {
        ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"]
            .map(|action| format!("{service}:{action}"))
    };
    let groups = [
        (stream("dynamodb").to_vec(), dynamodb),
        (stream("kinesis").to_vec(), kinesis),
        (
            ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"]
                .map(|action| format!("sqs:{action}"))
                .to_vec(),
            sqs,
        ),
    ];
    groups
        .into_iter()
        .filter(|(_, resources)| !resources.is_empty())
        .map(|(actions, resources)| json!({"Effect": "Allow", "Action": actions, "Resource": resources}))
        .collect()
}

/// `<service>-<stage>-<function>-<region>-lambdaRole`, the last word given up where it would be too long.
fn role_name(service: &Service, key: &str) -> Result<Value, Problem> {
    let mut parts = vec![
        json!(service.name()),
        json!(service.stage),
        json!(key),
        json!({"Ref": "AWS::Region"}),
        json!("lambdaRole"),
    ];
    let length = |parts: &[Value]| {
        let texts = parts.iter().map(|part| part.as_str().map_or(service.region.len(), str::len));
        texts.sum::<usize>() + parts.len() - 1
    };
    if length(&parts) > ROLE_NAME_MAX {
        parts.pop();
    }
    if length(&parts) > ROLE_NAME_MAX {
        let message =
            format!("auto generated role name for function: {key} is too long (over {ROLE_NAME_MAX} chars)");
        let problem = service.problem(&["functions", key], message);
        return Err(problem.help("set a name of its own with `iamRoleStatementsName`"));
    }
    Ok(json!({"Fn::Join": ["-", parts]}))
}

/// Puts a role into the template and lets the function and its event sources use it.
fn attach(template: &mut Value, key: &str, role: Value) {
    let name = normal(key);
    let role_id = format!("{name}{SHARED_ROLE}");
    let function_id = format!("{name}LambdaFunction");
    let Some(resources) = template["Resources"].as_object_mut() else { return };
    resources.insert(role_id.clone(), role);
    if let Some(function) = resources.get_mut(&function_id) {
        function["Properties"]["Role"] = json!({"Fn::GetAtt": [role_id, "Arn"]});
        let others =
            function["DependsOn"].as_array().into_iter().flatten().filter(|id| **id != json!(SHARED_ROLE));
        let depends: Vec<Value> = std::iter::once(json!(role_id)).chain(others.cloned()).collect();
        function["DependsOn"] = json!(depends);
    }
    for resource in resources.values_mut() {
        let is_mapping = resource["Type"] == json!("AWS::Lambda::EventSourceMapping");
        if is_mapping && resource["Properties"]["FunctionName"]["Fn::GetAtt"][0] == json!(function_id) {
            resource["DependsOn"] = json!(role_id);
        }
    }
}
