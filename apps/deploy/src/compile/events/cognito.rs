//! `cognitoUserPool`: triggers of a user pool. A pool that exists already is reached by a helper function.

use serde_json::{Map, Value, json};

use super::super::cfn::{get_att, sub, take, text};
use super::super::config::{Config, Function};
use super::super::output::Output;
use super::super::{custom, names};

const SENDERS: &[&str] = &["CustomSMSSender", "CustomEmailSender"];

/// One trigger of a pool.
struct Trigger<'c> {
    function: &'c Function,
    pool: &'c str,
    source: &'c str,
    event: &'c Value,
}

pub(super) fn compile(config: &Config, out: &mut Output) {
    let mut fresh: Vec<Trigger> = Vec::new();
    let mut existing: Vec<Trigger> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("cognitoUserPool") {
            let (Some(pool), Some(source)) = (text(event, "pool"), text(event, "trigger")) else {
                let message = "a user pool event needs a `pool` and a `trigger`";
                super::refuse(config, out, (&function.key, index, "cognitoUserPool"), &[], message);
                continue;
            };
            if SENDERS.contains(&source) && take(event, "kmsKeyId").is_none() {
                let message = format!("the trigger `{source}` needs a `kmsKeyId`");
                super::refuse(config, out, (&function.key, index, "cognitoUserPool"), &["trigger"], message);
            }
            let list = if take(event, "existing").is_some() { &mut existing } else { &mut fresh };
            list.push(Trigger { function, pool, source, event });
        }
    }
    new_pools(&fresh, out);
    existing_pools(config, &existing, out);
}

fn pool_id(pool: &str) -> String {
    format!("CognitoUserPool{}", names::alphanumeric(pool))
}

fn new_pools(triggers: &[Trigger], out: &mut Output) {
    for trigger in triggers {
        let of_pool: Vec<&Trigger> = triggers.iter().filter(|other| other.pool == trigger.pool).collect();
        let mut lambdas = Map::new();
        for trigger in &of_pool {
            let target = trigger.function.target();
            let version = take(trigger.event, "lambdaVersion");
            if SENDERS.contains(&trigger.source) {
                let version = version.cloned().unwrap_or_else(|| json!("V1_0"));
                lambdas.insert(
                    trigger.source.to_owned(),
                    json!({ "LambdaArn": target, "LambdaVersion": version }),
                );
                lambdas.insert("KMSKeyID".to_owned(), trigger.event["kmsKeyId"].clone());
            } else if let (Some(version), "PreTokenGeneration") = (version, trigger.source) {
                let config = json!({ "LambdaArn": target, "LambdaVersion": version });
                lambdas.insert("PreTokenGenerationConfig".to_owned(), config);
            } else {
                lambdas.insert(trigger.source.to_owned(), target);
            }
        }
        let waits_for: Vec<Value> = of_pool
            .iter()
            .map(|trigger| {
                trigger.function.alias_id().unwrap_or_else(|| json!(trigger.function.logical_id()))
            })
            .collect();
        out.put(
            pool_id(trigger.pool),
            json!({
                "Type": "AWS::Cognito::UserPool",
                "Properties": { "UserPoolName": trigger.pool, "LambdaConfig": lambdas },
                "DependsOn": waits_for,
            }),
        );
    }
    for trigger in triggers {
        let what = format!(
            "CognitoUserPool{}TriggerSource{}",
            names::alphanumeric(trigger.pool),
            names::alphanumeric(trigger.source)
        );
        out.put(
            names::permission(&trigger.function.key, &what),
            trigger.function.permission("cognito-idp.amazonaws.com", get_att(&pool_id(trigger.pool), "Arn")),
        );
    }
}

fn existing_pools(config: &Config, triggers: &[Trigger], out: &mut Output) {
    let mut statements = Vec::new();
    let mut of_pool: Vec<(&str, Vec<String>)> = Vec::new();
    let mut functions: Vec<&Function> = Vec::new();
    for trigger in triggers {
        let function = trigger.function;
        let id = format!("{}CustomCognitoUserPool1", names::part(&function.key));
        let mut setting = json!({ "Trigger": trigger.source });
        let version = take(trigger.event, "lambdaVersion");
        if SENDERS.contains(&trigger.source) {
            setting["LambdaVersion"] = version.cloned().unwrap_or_else(|| json!("V1_0"));
            setting["KMSKeyID"] = trigger.event["kmsKeyId"].clone();
        } else if let (Some(version), "PreTokenGeneration") = (version, trigger.source) {
            setting["LambdaVersion"] = version.clone();
        }
        if let Some(existing) = out.resources.get_mut(&id) {
            if existing["Properties"]["UserPoolName"] != trigger.pool {
                let message =
                    format!("the function `{}` can serve one existing user pool only", function.key);
                out.problems.push(config.service.problem(&["functions", &function.key, "events"], message));
            } else if let Some(settings) = existing["Properties"]["UserPoolConfigs"].as_array_mut() {
                settings.push(setting);
            }
            continue;
        }
        if let Some(last) = functions.last() {
            statements.push(change_permissions(&last.name));
        }
        functions.push(function);
        if let Some(key) = take(trigger.event, "kmsKeyId").filter(|_| SENDERS.contains(&trigger.source)) {
            statements.push(json!({ "Effect": "Allow", "Resource": key, "Action": ["kms:CreateGrant"] }));
        }
        out.put(id.clone(), custom_resource(config, trigger, setting));
        statements.push(json!({
            "Effect": "Allow",
            "Resource": "*",
            "Action": ["cognito-idp:ListUserPools", "cognito-idp:DescribeUserPool", "cognito-idp:UpdateUserPool"],
        }));
        match of_pool.iter_mut().find(|(pool, _)| *pool == trigger.pool) {
            Some((_, ids)) => ids.push(id),
            None => of_pool.push((trigger.pool, vec![id])),
        }
    }
    let Some(last) = functions.last() else { return };
    statements.push(change_permissions(&last.name));
    statements.push(json!({
        "Effect": "Allow",
        "Resource": sub("arn:${AWS::Partition}:iam::*:role/*"),
        "Action": ["iam:PassRole"],
    }));
    // One after the other, because each rewrites the triggers of the pool.
    for (_, ids) in &of_pool {
        for pair in ids.windows(2) {
            if let Some(waits_for) =
                out.resources.get_mut(&pair[1]).and_then(|custom| custom["DependsOn"].as_array_mut())
            {
                waits_for.push(json!(pair[0]));
            }
        }
    }
    custom::add(config, out, &custom::USER_POOL, statements);
}

fn change_permissions(function_name: &str) -> Value {
    json!({
        "Effect": "Allow",
        "Resource": sub(&format!("arn:${{AWS::Partition}}:lambda:*:*:function:{function_name}")),
        "Action": ["lambda:AddPermission", "lambda:RemovePermission"],
    })
}

fn custom_resource(config: &Config, trigger: &Trigger, setting: Value) -> Value {
    let helper = custom::USER_POOL.logical_id();
    let mut properties = json!({
        "ServiceToken": get_att(&helper, "Arn"),
        "FunctionName": trigger.function.name,
        "UserPoolName": trigger.pool,
        "UserPoolConfigs": [setting],
    });
    if take(trigger.event, "forceDeploy").is_some() {
        properties["ForceDeploy"] = json!(config.packaged_at());
    }
    json!({
        "Type": "Custom::CognitoUserPool",
        "Version": 1,
        "DependsOn": [trigger.function.logical_id(), helper],
        "Properties": properties,
    })
}
