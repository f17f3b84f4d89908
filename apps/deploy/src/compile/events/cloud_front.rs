//! `cloudFront`: functions at the edge of a distribution.

use serde_json::{Map, Value, json};

use super::super::cfn::{get, get_att, join, json_text, present, reference, resource, sub, take, text};
use super::super::config::{Config, Function};
use super::super::names;
use super::super::output::Output;

/// The managed cache policy "CachingOptimized".
const CACHE_POLICY_DEFAULT: &str = "658327ea-f89d-4fab-a63d-7e88639e58f6";
const DISTRIBUTION: &str = "CloudFrontDistribution";
/// Limits of functions that answer viewers: they are also what a function gets that says nothing.
const VIEWER_MEMORY_MB: u64 = 128;
const VIEWER_TIMEOUT_SECONDS: u64 = 5;

/// A function at the edge is versioned, and small unless it says otherwise.
pub(in super::super) fn prepare_for_edge(settings: &mut Value) {
    settings["versionFunction"] = json!(true);
    for (key, default) in [("memorySize", VIEWER_MEMORY_MB), ("timeout", VIEWER_TIMEOUT_SECONDS)] {
        if take(settings, key).is_none() {
            settings[key] = json!(default);
        }
    }
}

#[derive(Default)]
struct Edge {
    origins: Vec<Value>,
    behaviors: Vec<Value>,
    default_origin: Option<Value>,
    /// Each function's logical id and that of its version.
    functions: Vec<(String, String)>,
}

pub(super) fn compile(config: &Config, out: &mut Output) {
    cache_policies(config, out);
    let mut edge = Edge::default();
    for function in &config.functions {
        for (index, event) in function.events_of("cloudFront") {
            if let Err((key, message)) = edge.add(config, function, out, event) {
                super::refuse(config, out, (&function.key, index, "cloudFront"), &[key], message);
            }
        }
    }
    if edge.functions.is_empty() {
        return;
    }
    if config.service.region != "us-east-1" {
        let message = "functions of CloudFront have to be deployed to the region us-east-1";
        out.problems.push(config.service.problem(&["provider", "region"], message));
    }
    edge.put(config, out);
}

fn cache_policies(config: &Config, out: &mut Output) {
    let policies = config.provider(&["cloudFront", "cachePolicies"]).and_then(Value::as_object);
    for (name, settings) in policies.into_iter().flatten() {
        let mut settings = settings.clone();
        settings["Name"] = json!(format!("{}-{name}", config.prefix()));
        out.put(
            cache_policy(name),
            resource("AWS::CloudFront::CachePolicy", json!({ "CachePolicyConfig": settings }), None),
        );
    }
}

fn cache_policy(name: &str) -> String {
    format!("CloudFrontCachePolicy{}", names::part(name))
}

impl Edge {
    fn add(
        &mut self,
        config: &Config,
        function: &Function,
        out: &mut Output,
        event: &Value,
    ) -> Result<(), (&'static str, String)> {
        let id = function.logical_id();
        let version = out.resources.iter().find(|(_, resource)| {
            resource["Type"] == "AWS::Lambda::Version"
                && resource["Properties"]["FunctionName"]["Ref"] == id.as_str()
        });
        let version = version.map(|(version, _)| version.clone()).unwrap_or_default();
        if let Some(resource) = out.resources.get_mut(&id) {
            if let Some(properties) = resource["Properties"].as_object_mut() {
                properties.shift_remove("VpcConfig");
                properties.shift_remove("Environment");
            }
            resource["DeletionPolicy"] = json!("Retain");
        }
        let origin = origin(&event["origin"]);
        let place = self.origins.iter().position(|other| other["Id"] == origin["Id"]);
        let place = place.unwrap_or_else(|| {
            self.origins.push(origin.clone());
            self.origins.len() - 1
        });
        extend(&mut self.origins[place], &origin);
        let origin = self.origins[place].clone();
        if take(event, "isDefaultOrigin").is_some() {
            if self.default_origin.as_ref().is_some_and(|other| other["Id"] != origin["Id"]) {
                return Err(("isDefaultOrigin", "there is more than one default origin".to_owned()));
            }
            self.default_origin = Some(origin.clone());
        }
        let behavior = behavior(config, event, &origin, &version)?;
        let same = |other: &&mut Value| {
            other.get("PathPattern") == behavior.get("PathPattern")
                && other["TargetOriginId"] == behavior["TargetOriginId"]
        };
        match self.behaviors.iter_mut().find(same) {
            Some(existing) => extend(existing, &behavior),
            None => self.behaviors.push(behavior),
        }
        self.functions.push((id, version));
        Ok(())
    }

    fn put(mut self, config: &Config, out: &mut Output) {
        self.behaviors.sort_by_key(|behavior| behavior.get("PathPattern").is_some());
        if let Err(message) = self.check() {
            out.problems.push(config.service.problem(&["functions"], message));
        }
        if self.behaviors[0].get("PathPattern").is_some() {
            let origin = self.default_origin.as_ref().unwrap_or(&self.origins[0]);
            let mut first = self.behaviors[0].clone();
            first["TargetOriginId"] = origin["Id"].clone();
            if let Some(first) = first.as_object_mut() {
                first.shift_remove("PathPattern");
                first.shift_remove("LambdaFunctionAssociations");
            }
            self.behaviors.insert(0, first);
        }
        for (function, version) in &self.functions {
            out.put(format!("{function}InvokePermission"), permission(version));
        }
        out.trust("edgelambda.amazonaws.com");
        out.allow(json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:TagResource"],
            "Resource": [sub("arn:${AWS::Partition}:logs:*:*:*")],
        }));
        let rest = self.behaviors.split_off(1);
        let distribution = present(json!({
            "Comment": format!("{} {}", config.name(), config.stage()),
            "Enabled": true,
            "DefaultCacheBehavior": self.behaviors[0],
            "Origins": self.origins,
            "CacheBehaviors": (!rest.is_empty()).then_some(rest),
        }));
        out.put(
            DISTRIBUTION,
            resource("AWS::CloudFront::Distribution", json!({ "DistributionConfig": distribution }), None),
        );
        out.put_output(
            DISTRIBUTION,
            json!({ "Description": "CloudFront Distribution Id", "Value": reference(DISTRIBUTION) }),
        );
        out.put_output(
            "CloudFrontDistributionDomainName",
            json!({ "Description": "CloudFront Distribution Domain Name", "Value": get_att(DISTRIBUTION, "DomainName") }),
        );
    }

    fn check(&self) -> Result<(), &'static str> {
        let repeats = |values: Vec<Option<&Value>>| {
            values.iter().enumerate().any(|(index, value)| values[..index].contains(value))
        };
        if repeats(self.behaviors.iter().map(|behavior| behavior.get("PathPattern")).collect()) {
            return Err("more than one cloudFront behavior has the same `pathPattern`");
        }
        let events = |behavior: &Value| {
            let associations = behavior["LambdaFunctionAssociations"].as_array();
            repeats(
                associations.into_iter().flatten().map(|association| association.get("EventType")).collect(),
            )
        };
        if self.behaviors.iter().any(events) {
            return Err("a cloudFront behavior calls more than one function for the same `eventType`");
        }
        let path = self.behaviors.first().is_some_and(|behavior| behavior.get("PathPattern").is_some());
        if path && self.default_origin.is_none() && self.origins.len() > 1 {
            return Err("one of the cloudFront events has to set `isDefaultOrigin`");
        }
        Ok(())
    }
}

fn permission(version: &str) -> Value {
    let source = vec![
        json!(""),
        json!("arn:"),
        reference("AWS::Partition"),
        json!(":cloudfront::"),
        reference("AWS::AccountId"),
        json!(":distribution/"),
        reference(DISTRIBUTION),
    ];
    let properties = json!({
        "FunctionName": reference(version),
        "Action": "lambda:InvokeFunction",
        "Principal": "edgelambda.amazonaws.com",
        "SourceArn": join("", source),
    });
    resource("AWS::Lambda::Permission", properties, None)
}

fn origin(setting: &Value) -> Value {
    let mut origin = match setting.as_str() {
        Some(url) => {
            let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
            let (host, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = host.split(':').next().unwrap_or_default();
            let mut origin = json!({ "DomainName": host });
            if path.len() > 1 {
                origin["OriginPath"] = json!(path);
            }
            match scheme {
                "s3" => origin["S3OriginConfig"] = json!({}),
                _ => origin["CustomOriginConfig"] = json!({ "OriginProtocolPolicy": "match-viewer" }),
            }
            origin
        }
        None => setting.clone(),
    };
    let kind = if get(&origin, "S3OriginConfig").is_some() { "s3" } else { "custom" };
    let domain = &origin["DomainName"];
    let domain = domain.as_str().map_or_else(|| names::alphanumeric(&json_text(domain)), str::to_owned);
    let id = format!("{kind}/{domain}{}", text(&origin, "OriginPath").unwrap_or_default());
    if origin.is_object() {
        origin["Id"] = json!(id);
    }
    origin
}

fn behavior(
    config: &Config,
    event: &Value,
    origin: &Value,
    version: &str,
) -> Result<Value, (&'static str, String)> {
    let mut behavior = json!({ "ViewerProtocolPolicy": "allow-all" });
    let own = get(event, "behavior").cloned().unwrap_or_else(|| json!({}));
    if let (Some(behavior), Some(own)) = (behavior.as_object_mut(), own.as_object()) {
        behavior.extend(own.clone());
    }
    let caches = ["CachePolicyId", "ForwardedValues"].iter().any(|key| take(&own, key).is_some())
        || ["MaxTTL", "MinTTL", "DefaultTTL"].iter().any(|key| get(&own, key).is_some());
    if let Some(policy) = take(event, "cachePolicy") {
        let name = text(policy, "name");
        if let Some(name) =
            name.filter(|name| config.provider(&["cloudFront", "cachePolicies", name]).is_none())
        {
            return Err(("cachePolicy", format!("there is no cache policy `{name}`")));
        }
        let by_name = || reference(&cache_policy(name.unwrap_or_default()));
        behavior["CachePolicyId"] = take(policy, "id").cloned().unwrap_or_else(by_name);
    } else if !caches {
        behavior["CachePolicyId"] = json!(CACHE_POLICY_DEFAULT);
    }
    let association = present(json!({
        "EventType": event.get("eventType"),
        "LambdaFunctionARN": reference(version),
        "IncludeBody": get(event, "includeBody"),
    }));
    behavior["TargetOriginId"] = origin["Id"].clone();
    behavior["LambdaFunctionAssociations"] = json!([association]);
    if let Some(pattern) = text(event, "pathPattern") {
        behavior["PathPattern"] = json!(pattern);
    }
    Ok(behavior)
}

/// Joins what two events say of the same origin or behavior: the first word stands, lists hold both.
fn extend(target: &mut Value, source: &Value) {
    let (Value::Object(target), Value::Object(source)) = (target, source) else { return };
    let members: Map<String, Value> = source.clone();
    for (key, member) in members {
        match (target.get_mut(&key), member) {
            (Some(Value::Array(existing)), Value::Array(items)) => {
                for item in items {
                    if !existing.contains(&item) {
                        existing.push(item);
                    }
                }
            }
            (Some(existing @ Value::Object(_)), member @ Value::Object(_)) => extend(existing, &member),
            (Some(_), _) => {}
            (None, member) => {
                target.insert(key, member);
            }
        }
    }
}
