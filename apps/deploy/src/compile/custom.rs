//! The framework's own helper functions, with which it reaches what CloudFormation could not do.

use serde_json::{Value, json};

use super::cfn::{get_att, join, reference, sub, take};
use super::config::Config;
use super::names;
use super::output::Output;
use crate::package::helpers;

/// The logical id of the role that the helper functions share.
pub(super) const ROLE: &str = "IamRoleCustomResourcesLambdaExecution";

/// A helper function.
pub(super) struct Helper {
    pub(super) name: &'static str,
    handler: &'static str,
}

pub(super) const S3: Helper = Helper { name: "custom-resource-existing-s3", handler: "s3/handler.handler" };
pub(super) const USER_POOL: Helper =
    Helper { name: "custom-resource-existing-cup", handler: "cognito-user-pool/handler.handler" };
pub(super) const API_ACCOUNT: Helper =
    Helper { name: "custom-resource-apigw-cw-role", handler: "api-gateway-cloud-watch-role/handler.handler" };

impl Helper {
    /// The logical id of the helper function.
    pub(super) fn logical_id(&self) -> String {
        names::lambda(self.name)
    }
}

/// The runtime of the helper functions, as of Serverless Framework 3.40.
const RUNTIME: &str = "nodejs18.x";

/// Function names are no longer than this; longer ones are cut and get a hash.
const FUNCTION_NAME_LENGTH_MAX: usize = 64;

/// Puts a helper function and lets its role do what it needs.
pub(super) fn add(config: &Config, out: &mut Output, helper: &Helper, statements: Vec<Value>) {
    let deployment_role =
        config.provider(&["iam", "deploymentRole"]).or_else(|| config.provider(&["cfnRole"]));
    let logs = config.provider(&["logs", "frameworkLambda"]).is_some_and(crate::truth::truthy);
    let mut depends_on = Vec::new();
    if deployment_role.is_none() {
        allow(config, out, statements, logs);
        depends_on.push(json!(ROLE));
    }
    let mut name = format!("{}-{}", config.prefix(), helper.name);
    if name.len() > FUNCTION_NAME_LENGTH_MAX {
        name = format!("{}{}", name.chars().take(32).collect::<String>(), names::md5_hex(&name));
    }
    let mut properties = json!({
        "Code": {
            "S3Bucket": config.bucket(),
            "S3Key": format!("{}/{}", config.packages.prefix, helpers::ARCHIVE),
        },
        "FunctionName": name,
        "Handler": helper.handler,
        "MemorySize": 1024,
        "Runtime": RUNTIME,
        "Timeout": 180,
    });
    if let Some(architecture) = take(&config.provider, "architecture") {
        properties["Architectures"] = json!([architecture]);
    }
    properties["Role"] = deployment_role.cloned().unwrap_or_else(|| get_att(ROLE, "Arn"));
    if logs {
        let group = names::log_group(helper.name);
        depends_on.push(json!(group));
        out.put(group, config.log_group(&names::log_group_name(&name), &Value::Null));
    }
    out.put(
        helper.logical_id(),
        json!({ "Type": "AWS::Lambda::Function", "Properties": properties, "DependsOn": depends_on }),
    );
}

fn allow(config: &Config, out: &mut Output, statements: Vec<Value>, logs: bool) {
    if !out.resources.contains_key(ROLE) {
        out.put(ROLE, role(config, logs));
    }
    let existing = out
        .resources
        .get_mut(ROLE)
        .and_then(|role| role.pointer_mut("/Properties/Policies/0/PolicyDocument/Statement"))
        .and_then(Value::as_array_mut);
    let Some(existing) = existing else { return };
    for statement in statements {
        // Only texts are compared: two equal objects are two statements to the framework.
        let resource = &statement["Resource"];
        if !(resource.is_string() && existing.iter().any(|other| &other["Resource"] == resource)) {
            existing.push(statement);
        }
    }
}

fn role(config: &Config, logs: bool) -> Value {
    let mut statements = Vec::new();
    if logs {
        let group = names::log_group_name(&config.prefix());
        let arn = |rest: &str| {
            let prefix = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:";
            sub(&format!("{prefix}{group}{rest}"))
        };
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:CreateLogGroup", "logs:TagResource"],
            "Resource": [arn("*:*")],
        }));
        statements
            .push(json!({ "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [arn("*:*:*")] }));
    }
    let policy_name = vec![json!(config.stage()), json!(config.name()), json!("custom-resources-lambda")];
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": ["lambda.amazonaws.com"] },
                    "Action": ["sts:AssumeRole"],
                }],
            },
            "Policies": [{
                "PolicyName": join("-", policy_name),
                "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
            }],
        },
    })
}

/// Puts the custom resource that gives API Gateway a role for its logs, unless the author takes care of it.
pub(super) fn api_account_role(config: &Config, out: &mut Output) {
    const ID: &str = "CustomApiGatewayAccountCloudWatchRole";
    let settings = config.provider(&["logs", "restApi"]).cloned().unwrap_or_default();
    if take(&settings, "roleManagedExternally").is_some() || out.resources.contains_key(ID) {
        return;
    }
    let properties = json!({
        "ServiceToken": get_att(&API_ACCOUNT.logical_id(), "Arn"),
        "RoleArn": settings.get("role"),
    });
    out.put(
        ID,
        json!({ "Type": "Custom::ApiGatewayAccountRole", "Version": 1, "Properties": super::cfn::present(properties) }),
    );
    let partition = || reference("AWS::Partition");
    let roles = vec![json!("arn"), partition(), json!("iam:"), reference("AWS::AccountId"), json!("role/*")];
    let statements = vec![
        json!({
            "Effect": "Allow",
            "Resource": join(":", roles),
            "Action": ["iam:AttachRolePolicy", "iam:CreateRole", "iam:ListAttachedRolePolicies", "iam:PassRole"],
        }),
        json!({
            "Effect": "Allow",
            "Resource": join(":", vec![json!("arn"), partition(), json!("apigateway:*::/account")]),
            "Action": ["apigateway:GET", "apigateway:PATCH"],
        }),
    ];
    add(config, out, &API_ACCOUNT, statements);
}
