//! What the parts of the compiler read: the converted configuration, its functions and the names that follow from it.

use serde_json::{Value, json};

use super::cfn::{deep, get, get_att, join, key_values, list, reference, take, text};
use super::{coerce, names};
use crate::model::{Packages, Service};
use crate::problem::Problem;
use crate::truth::truthy;

/// A service as the compiler sees it.
pub(super) struct Config<'a> {
    /// The service, for the places of its problems.
    pub(super) service: &'a Service,
    /// The archives.
    pub(super) packages: &'a Packages,
    /// `provider`, converted.
    pub(super) provider: Value,
    /// `layers`, converted.
    pub(super) layers: Value,
    /// `resources`, converted.
    pub(super) resources: Value,
    /// The functions in their order.
    pub(super) functions: Vec<Function>,
}

/// One function.
pub(super) struct Function {
    /// Its key in `functions`.
    pub(super) key: String,
    /// Its name in the cloud.
    pub(super) name: String,
    /// Its settings, converted.
    pub(super) settings: Value,
    /// Its events, converted, each with the type as its only member.
    pub(super) events: Vec<Value>,
    /// The alias through which its events reach it, if it has one.
    pub(super) alias: Option<Alias>,
}

/// The alias of a function with provisioned concurrency or snapshots.
pub(super) struct Alias {
    pub(super) name: &'static str,
    pub(super) logical_id: String,
}

impl Function {
    /// The function's logical id.
    pub(super) fn logical_id(&self) -> String {
        names::lambda(&self.key)
    }

    /// The ARN that events invoke: of the function, or of its alias.
    pub(super) fn target(&self) -> Value {
        let arn = get_att(&self.logical_id(), "Arn");
        match &self.alias {
            Some(alias) => join(":", vec![arn, json!(alias.name)]),
            None => arn,
        }
    }

    /// What a resource that invokes the function through its alias has to wait for.
    pub(super) fn alias_id(&self) -> Option<Value> {
        self.alias.as_ref().map(|alias| json!(alias.logical_id))
    }

    /// The events of one type with their places in the list.
    pub(super) fn events_of<'f>(&'f self, kind: &'f str) -> impl Iterator<Item = (usize, &'f Value)> {
        let of_kind = move |(index, event): (usize, &'f Value)| take(event, kind).map(|event| (index, event));
        self.events.iter().enumerate().filter_map(of_kind)
    }

    /// A permission for a service to invoke the function (or its alias).
    pub(super) fn permission(&self, principal: &str, source_arn: Value) -> Value {
        super::cfn::resource(
            "AWS::Lambda::Permission",
            json!({
                "FunctionName": self.target(),
                "Action": "lambda:InvokeFunction",
                "Principal": principal,
                "SourceArn": source_arn,
            }),
            self.alias_id(),
        )
    }
}

impl<'a> Config<'a> {
    /// Reads a service; what is wrong with the shape of its functions comes back beside it.
    pub(super) fn new(service: &'a Service, packages: &'a Packages) -> (Self, Vec<Problem>) {
        let mut converted = service.config.clone();
        coerce::coerce(&mut converted);
        let mut part = |key: &str| converted.get_mut(key).map(Value::take).unwrap_or_else(|| json!({}));
        let (provider, functions, layers, resources) =
            (part("provider"), part("functions"), part("layers"), part("resources"));
        let mut config = Self { service, packages, provider, layers, resources, functions: Vec::new() };
        let mut problems = Vec::new();
        for (key, settings) in functions.as_object().into_iter().flatten() {
            if settings.is_object() {
                config.functions.push(config.function(key, settings));
            } else {
                let message = format!("the function `{key}` must be a map with at least a `handler`");
                problems.push(service.problem(&["functions", key], message));
            }
        }
        (config, problems)
    }

    fn function(&self, key: &str, settings: &Value) -> Function {
        let mut settings = settings.clone();
        let events: Vec<Value> = get(&settings, "events").map(list).unwrap_or_default();
        if events.iter().any(|event| take(event, "cloudFront").is_some()) {
            super::events::prepare_for_edge(&mut settings);
        }
        let alias = if take(&settings, "provisionedConcurrency").is_some() {
            Some(Alias {
                name: "provisioned",
                logical_id: format!("{}ProvConcLambdaAlias", names::part(key)),
            })
        } else if take(&settings, "snapStart").is_some() {
            Some(Alias { name: "snapstart", logical_id: format!("{}SnapStartLambdaAlias", names::part(key)) })
        } else {
            None
        };
        let name = match take(&settings, "name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => format!("{}-{key}", self.prefix()),
        };
        Function { key: key.to_owned(), name, settings, events, alias }
    }

    /// The service's name.
    pub(super) fn name(&self) -> &str {
        self.service.name()
    }

    /// The stage.
    pub(super) fn stage(&self) -> &str {
        &self.service.stage
    }

    /// `<service>-<stage>`, with which the names of functions begin.
    pub(super) fn prefix(&self) -> String {
        format!("{}-{}", self.name(), self.stage())
    }

    /// When the service was packaged, in milliseconds: the place of the packages in the bucket says it. What has to
    /// be new in every packaging (a REST deployment) is named by it.
    pub(super) fn packaged_at(&self) -> &str {
        let folder = self.packages.prefix.rsplit('/').next().unwrap_or_default();
        folder.split('-').next().unwrap_or_default()
    }

    /// A member of `provider`.
    pub(super) fn provider(&self, path: &[&str]) -> Option<&Value> {
        deep(&self.provider, path)
    }

    /// The function of a key.
    pub(super) fn function_of(&self, key: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.key == key)
    }

    /// The name of a deployment bucket that the author brings.
    pub(super) fn own_bucket(&self) -> Option<&str> {
        let bucket = self.provider(&["deploymentBucket"])?;
        bucket.as_str().or_else(|| text(bucket, "name")).filter(|name| !name.is_empty())
    }

    /// The deployment bucket in a property.
    pub(super) fn bucket(&self) -> Value {
        self.own_bucket().map_or_else(|| reference("ServerlessDeploymentBucket"), |name| json!(name))
    }

    /// The settings of every log group: `RetentionInDays` and `DataProtectionPolicy`, of the function or the provider.
    pub(super) fn log_group(&self, name: &str, settings: &Value) -> Value {
        let either = |key: &str| take(settings, key).or_else(|| take(&self.provider, key)).cloned();
        super::cfn::resource(
            "AWS::Logs::LogGroup",
            json!({
                "LogGroupName": name,
                "RetentionInDays": either("logRetentionInDays"),
                "DataProtectionPolicy": either("logDataProtectionPolicy"),
            }),
            None,
        )
    }

    /// `provider.tags` as `[{Key, Value}]`.
    pub(super) fn tag_list(&self) -> Option<Value> {
        self.provider(&["tags"]).and_then(Value::as_object).map(key_values)
    }

    /// The role that the author brings for a function.
    pub(super) fn custom_role<'f>(&'f self, function: &'f Function) -> Option<&'f Value> {
        if let Some(role) = take(&function.settings, "role") {
            return Some(role);
        }
        match self.provider(&["iam", "role"]) {
            Some(role) if is_existing_role(role) => Some(role),
            _ => take(&self.provider, "role"),
        }
    }

    /// The logical id of the role that a function runs under, when the stack makes it.
    pub(super) fn role_id(&self, function: &Function) -> Option<String> {
        let Some(role) = self.custom_role(function) else { return Some("IamRoleLambdaExecution".to_owned()) };
        if let Some(name) = role.as_str() {
            return (!name.contains(':')).then(|| name.to_owned());
        }
        match get(role, "Fn::GetAtt").and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::String(id), Value::String(attribute)]) if attribute == "Arn" => Some(id.clone()),
            _ if ["Fn::ImportValue", "Ref", "Fn::Sub"].iter().any(|key| role.get(key).is_some()) => None,
            _ => Some("IamRoleLambdaExecution".to_owned()),
        }
    }

    /// What an event source mapping waits for: the role and the alias.
    pub(super) fn mapping_waits_for(&self, function: &Function) -> Vec<Value> {
        self.role_id(function).map(Value::from).into_iter().chain(function.alias_id()).collect()
    }
}

/// Whether `iam.role` names a role that exists already, instead of describing the one to make.
pub(super) fn is_existing_role(role: &Value) -> bool {
    match role {
        Value::String(_) => true,
        Value::Object(map) => map.keys().any(|key| key.contains("::")),
        _ => false,
    }
}

/// The last part of the ARN or intrinsic that names a source, for use in a logical id.
pub(super) fn source_name(arn: &Value, split_at: char) -> Option<String> {
    if let Some(text) = arn.as_str() {
        return match split_at {
            '/' => text.split('/').nth(1).map(str::to_owned),
            other => text.rsplit(other).next().map(str::to_owned),
        };
    }
    let last = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        other if truthy(other) => Some(super::cfn::json_text(other)),
        _ => None,
    };
    if let Some(parts) = get(arn, "Fn::GetAtt") {
        return parts.as_array().and_then(|parts| parts.first()).and_then(last);
    }
    if let Some(name) = get(arn, "Fn::ImportValue") {
        return last(name);
    }
    if let Some(id) = get(arn, "Ref") {
        return last(id);
    }
    let parts = get(arn, "Fn::Join")?.as_array()?.get(1)?.as_array()?;
    let name = parts.last().and_then(last)?;
    match split_at {
        '/' => name.rsplit('/').next().map(str::to_owned),
        _ => Some(name),
    }
}
