//! `s3`: a bucket that tells functions of its objects. A bucket that exists already is reached by a helper function.

use serde_json::{Map, Value, json};

use super::super::cfn::{get, join, json_text, list, reference, resource, take, text};
use super::super::config::{Config, Function};
use super::super::output::Output;
use super::super::{custom, names};

const EVENT_DEFAULT: &str = "s3:ObjectCreated:*";

pub(super) fn compile(config: &Config, out: &mut Output) {
    new_buckets(config, out);
    existing_buckets(config, out);
}

/// A bucket of this stack.
struct Bucket {
    /// The key under `provider.s3`, or the name: what the logical ids are made of.
    key: String,
    name: String,
    notifications: Vec<Value>,
    depends_on: Vec<Value>,
}

fn new_buckets(config: &Config, out: &mut Output) {
    let mut buckets: Vec<Bucket> = Vec::new();
    let mut permissions: Vec<(String, Value)> = Vec::new();
    for function in &config.functions {
        for (index, event) in function.events_of("s3") {
            if take(event, "existing").is_some() {
                continue;
            }
            let Some(key) = event.as_str().or_else(|| text(event, "bucket")) else {
                let message =
                    "a bucket that an intrinsic function names must exist already: set `existing: true`";
                super::refuse(config, out, (&function.key, index, "s3"), &["bucket"], message);
                continue;
            };
            let name = config.provider(&["s3", key, "name"]).and_then(Value::as_str).unwrap_or(key);
            let mut notification = json!({ "Event": take(event, "event").unwrap_or(&json!(EVENT_DEFAULT)), "Function": function.target() });
            if let Some(rules) = take(event, "rules") {
                notification["Filter"] = json!({ "S3Key": { "Rules": filter_rules(rules) } });
            }
            let place = buckets.iter().position(|bucket| bucket.name == name).unwrap_or_else(|| {
                let (key, name) = (key.to_owned(), name.to_owned());
                buckets.push(Bucket { key, name, notifications: Vec::new(), depends_on: Vec::new() });
                buckets.len() - 1
            });
            let bucket = &mut buckets[place];
            bucket.notifications.push(notification);
            let id = names::permission(&function.key, &format!("{}S3", names::alphanumeric(&bucket.key)));
            bucket.depends_on.push(json!(id));
            bucket.depends_on.extend(function.alias_id());
            permissions.push((id, permission(function, &bucket.name)));
        }
    }
    for bucket in buckets {
        out.put(format!("S3Bucket{}", names::alphanumeric(&bucket.key)), bucket_resource(config, bucket));
    }
    for (id, permission) in permissions {
        out.put(id, permission);
    }
}

fn filter_rules(rules: &Value) -> Vec<Value> {
    let rules = list(rules);
    let pairs = rules.iter().filter_map(|rule| rule.as_object()?.iter().next());
    pairs.map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

fn bucket_resource(config: &Config, bucket: Bucket) -> Value {
    let mut properties = Map::new();
    properties.insert("BucketName".to_owned(), json!(bucket.name));
    let mut notifications =
        Map::from_iter([("LambdaConfigurations".to_owned(), json!(bucket.notifications))]);
    let settings = config.provider(&["s3", &bucket.key]).and_then(Value::as_object);
    let settings: Vec<(String, &Value)> = settings
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "name")
        .map(|(key, value)| (names::upper_first(key), value))
        .collect();
    for (key, value) in &settings {
        if key == "NotificationConfiguration" {
            notifications.extend(value.as_object().cloned().unwrap_or_default());
        }
    }
    properties.insert("NotificationConfiguration".to_owned(), Value::Object(notifications));
    for (key, value) in settings {
        if key != "NotificationConfiguration" {
            properties.insert(key, value.clone());
        }
    }
    json!({ "Type": "AWS::S3::Bucket", "Properties": properties, "DependsOn": bucket.depends_on })
}

fn permission(function: &Function, bucket: &str) -> Value {
    resource(
        "AWS::Lambda::Permission",
        json!({
            "FunctionName": function.target(),
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
            "SourceArn": join("", vec![json!("arn:"), reference("AWS::Partition"), json!(format!(":s3:::{bucket}"))]),
            "SourceAccount": reference("AWS::AccountId"),
        }),
        function.alias_id(),
    )
}

fn existing_buckets(config: &Config, out: &mut Output) {
    let mut statements = Vec::new();
    // The resources of one bucket are made one after the other, because each rewrites the bucket's notifications.
    let mut of_bucket: Vec<(String, Vec<String>)> = Vec::new();
    for function in &config.functions {
        let mut bucket_of_function: Option<String> = None;
        for (index, event) in function.events_of("s3") {
            if take(event, "existing").is_none() {
                continue;
            }
            let bucket = event["bucket"].clone();
            let name = bucket.as_str().map_or_else(|| json_text(&bucket), str::to_owned);
            if bucket_of_function.get_or_insert_with(|| name.clone()) != &name {
                let message =
                    format!("the function `{}` can listen to one existing bucket only", function.key);
                super::refuse(config, out, (&function.key, index, "s3"), &["bucket"], message);
                continue;
            }
            let id = format!("{}CustomS31", names::part(&function.key));
            let notification = json!({
                "Event": take(event, "event").unwrap_or(&json!(EVENT_DEFAULT)),
                "Rules": existing_rules(event),
            });
            if let Some(configs) = out
                .resources
                .get_mut(&id)
                .and_then(|custom| custom["Properties"]["BucketConfigs"].as_array_mut())
            {
                configs.push(notification);
                continue;
            }
            out.put(id.clone(), custom_resource(config, function, event, notification));
            let arn =
                vec![json!("arn"), reference("AWS::Partition"), json!("s3"), json!(""), json!(""), bucket];
            statements.push(json!({
                "Effect": "Allow",
                "Resource": join(":", arn),
                "Action": ["s3:PutBucketNotification", "s3:GetBucketNotification"],
            }));
            match of_bucket.iter_mut().find(|(other, _)| other == &name) {
                Some((_, ids)) => ids.push(id),
                None => of_bucket.push((name, vec![id])),
            }
        }
    }
    if statements.is_empty() {
        return;
    }
    for (_, ids) in &of_bucket {
        for pair in ids.windows(2) {
            if let Some(depends_on) =
                out.resources.get_mut(&pair[1]).and_then(|custom| custom["DependsOn"].as_array_mut())
            {
                depends_on.push(json!(pair[0]));
            }
        }
    }
    statements.push(any_function_permissions());
    custom::add(config, out, &custom::S3, statements);
}

/// The helper functions may change the permissions of every function.
pub(super) fn any_function_permissions() -> Value {
    let arn = vec![
        json!("arn"),
        reference("AWS::Partition"),
        json!("lambda"),
        reference("AWS::Region"),
        reference("AWS::AccountId"),
        json!("function"),
        json!("*"),
    ];
    json!({
        "Effect": "Allow",
        "Resource": join(":", arn),
        "Action": ["lambda:AddPermission", "lambda:RemovePermission"],
    })
}

fn existing_rules(event: &Value) -> Vec<Value> {
    let rules = get(event, "rules").map(list).unwrap_or_default();
    let pairs = rules.iter().filter_map(|rule| rule.as_object()?.iter().next());
    pairs
        .map(|(name, value)| Value::Object(Map::from_iter([(names::start_case(name), value.clone())])))
        .collect()
}

fn custom_resource(config: &Config, function: &Function, event: &Value, notification: Value) -> Value {
    let helper = custom::S3.logical_id();
    let mut properties = json!({
        "ServiceToken": super::super::cfn::get_att(&helper, "Arn"),
        "FunctionName": function.name,
        "BucketName": event["bucket"],
        "BucketConfigs": [notification],
    });
    if take(event, "forceDeploy").is_some() {
        properties["ForceDeploy"] = json!(config.packaged_at());
    }
    json!({
        "Type": "Custom::S3",
        "Version": 1,
        "DependsOn": [function.logical_id(), helper],
        "Properties": properties,
    })
}
