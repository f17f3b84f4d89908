//! `AWS::ApiGateway::Deployment` and `AWS::ApiGateway::Stage`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, again, call, copy, escaped, flag, member, patches, text, texts};

/// `AWS::ApiGateway::Deployment`.
pub(crate) struct Deployment;

/// `AWS::ApiGateway::Stage`.
pub(crate) struct Stage;

/// What the stage of a deployment may say in a template.
const STAGE_DESCRIPTION: [&str; 4] = ["Description", "Variables", "TracingEnabled", "MethodSettings"];
/// What the settings of a method may say in a template.
const METHOD_SETTING: [&str; 7] = [
    "HttpMethod",
    "ResourcePath",
    "LoggingLevel",
    "DataTraceEnabled",
    "MetricsEnabled",
    "ThrottlingBurstLimit",
    "ThrottlingRateLimit",
];

fn check_settings(settings: Option<&Value>) -> Result<(), String> {
    for setting in settings.and_then(Value::as_array).into_iter().flatten() {
        let Some(setting) = setting.as_object() else { continue };
        if let Some(unknown) = setting.keys().find(|name| !METHOD_SETTING.contains(&name.as_str())) {
            return Err(format!("MethodSettings.{unknown} is not supported by this cloud"));
        }
    }
    Ok(())
}

/// Patch operations for the settings of methods.
fn setting_patches(settings: Option<&Value>) -> Vec<Value> {
    let mut patches = Vec::new();
    for setting in settings.and_then(Value::as_array).into_iter().flatten() {
        let resource = setting["ResourcePath"].as_str().unwrap_or("/*").trim_start_matches('/');
        let method = setting["HttpMethod"].as_str().unwrap_or("*");
        let names = [
            ("LoggingLevel", "logging/loglevel"),
            ("DataTraceEnabled", "logging/dataTrace"),
            ("MetricsEnabled", "metrics/enabled"),
            ("ThrottlingBurstLimit", "throttling/burstLimit"),
            ("ThrottlingRateLimit", "throttling/rateLimit"),
        ];
        for (property, name) in names {
            if let Some(value) = setting.get(property) {
                let path = format!("/{}/{method}/{name}", escaped(resource));
                patches.push(json!({"op": "replace", "path": path, "value": text(value)}));
            }
        }
    }
    patches
}

fn log_patches(settings: Option<&Value>) -> Vec<Value> {
    let paths =
        [("DestinationArn", "/accessLogSettings/destinationArn"), ("Format", "/accessLogSettings/format")];
    let given = paths.iter().filter_map(|(name, path)| Some((path, settings?.get(name)?)));
    given.map(|(path, value)| json!({"op": "replace", "path": path, "value": text(value)})).collect()
}

async fn apply_settings(
    cx: &mut Cx,
    api: &str,
    stage: &str,
    settings: Option<&Value>,
) -> Result<(), Failure> {
    let patches = setting_patches(settings);
    if patches.is_empty() {
        return Ok(());
    }
    let input = json!({"restApiId": api, "stageName": stage, "patchOperations": patches});
    call(cx, "UpdateStage", input).await.map(|_| ())
}

#[async_trait]
impl ResourceType for Deployment {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Deployment"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("Description"),
            Property::new("StageName").replace(),
            Property::new("StageDescription").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["DeploymentId"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        let Some(Value::Object(stage)) = properties.get("StageDescription") else { return Ok(()) };
        if let Some(unknown) = stage.keys().find(|name| !STAGE_DESCRIPTION.contains(&name.as_str())) {
            return Err(format!("StageDescription.{unknown} is not supported by this cloud"));
        }
        check_settings(stage.get("MethodSettings"))
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let mut input = json!({"restApiId": request.text("RestApiId")});
        copy(request, &mut input, &[("Description", "description", text), ("StageName", "stageName", text)]);
        let stage = request.property("StageDescription").cloned().unwrap_or_else(|| json!({}));
        if let Some(description) = stage.get("Description") {
            input["stageDescription"] = text(description);
        }
        if let Some(variables) = stage.get("Variables") {
            input["variables"] = texts(variables);
        }
        if let Some(tracing) = stage.get("TracingEnabled") {
            input["tracingEnabled"] = flag(tracing);
        }
        let made = call(cx, "CreateDeployment", input).await?;
        if let (Some(api), Some(name)) = (request.text("RestApiId"), request.text("StageName")) {
            apply_settings(cx, &api, &name, stage.get("MethodSettings")).await?;
        }
        Ok(ResourceOutcome::new(member(&made, "id"), [("DeploymentId", made["id"].clone())]))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_owned();
        let patches = patches(request, old, &[("Description", "/description")]);
        let input =
            json!({"restApiId": request.text("RestApiId"), "deploymentId": id, "patchOperations": patches});
        call(cx, "UpdateDeployment", input).await?;
        Ok(ResourceOutcome::of_id(id, "DeploymentId"))
    }

    /// The stage that came with the deployment goes with it, if it still serves it.
    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let id = request.physical()?.to_owned();
        let api = request.text("RestApiId");
        if let Some(name) = request.text("StageName") {
            let key = json!({"restApiId": api, "stageName": name});
            let serves = match call(cx, "GetStage", key.clone()).await {
                Ok(stage) => stage["deploymentId"] == json!(id),
                Err(failure) if failure.code() == MISSING => false,
                Err(failure) => return Err(failure),
            };
            if serves {
                unless(call(cx, "DeleteStage", key).await, MISSING)?;
            }
        }
        unless(call(cx, "DeleteDeployment", json!({"restApiId": api, "deploymentId": id})).await, MISSING)
    }
}

#[async_trait]
impl ResourceType for Stage {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Stage"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("StageName").replace(),
            Property::new("DeploymentId"),
            Property::new("Description"),
            Property::new("Variables"),
            Property::new("TracingEnabled"),
            Property::new("MethodSettings"),
            Property::new("AccessLogSetting"),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        check_settings(properties.get("MethodSettings"))
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("StageName").unwrap_or_else(|| request.generated_name(128));
        let api = request.text("RestApiId").unwrap_or_default();
        let mut input = json!({"restApiId": api, "stageName": name});
        let tags = request.all_tags();
        if !tags.is_empty() {
            input["tags"] = json!(tags);
        }
        copy(
            request,
            &mut input,
            &[
                ("DeploymentId", "deploymentId", text),
                ("Description", "description", text),
                ("Variables", "variables", texts),
                ("TracingEnabled", "tracingEnabled", flag),
            ],
        );
        again::named(request.repeated, call(cx, "CreateStage", input).await)?;
        apply_settings(cx, &api, &name, request.property("MethodSettings")).await?;
        let log = log_patches(request.property("AccessLogSetting"));
        if !log.is_empty() {
            let input = json!({"restApiId": api, "stageName": name, "patchOperations": log});
            call(cx, "UpdateStage", input).await?;
        }
        Ok(ResourceOutcome::new(name, []))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let paths = [
            ("DeploymentId", "/deploymentId"),
            ("Description", "/description"),
            ("TracingEnabled", "/tracingEnabled"),
        ];
        let mut patches = patches(request, old, &paths);
        let pairs = |value: Option<&Value>| -> BTreeMap<String, Value> {
            let map = value.and_then(Value::as_object).into_iter().flatten();
            map.map(|(name, value)| (name.clone(), text(value))).collect()
        };
        let (new, was) = (pairs(request.property("Variables")), pairs(old.get("Variables")));
        for (variable, value) in &new {
            patches.push(json!({"op": "replace", "path": format!("/variables/{variable}"), "value": value}));
        }
        for variable in was.keys().filter(|variable| !new.contains_key(*variable)) {
            patches.push(json!({"op": "remove", "path": format!("/variables/{variable}")}));
        }
        patches.extend(setting_patches(request.property("MethodSettings")));
        match request.property("AccessLogSetting") {
            Some(settings) => patches.extend(log_patches(Some(settings))),
            None => patches.push(json!({"op": "remove", "path": "/accessLogSettings"})),
        }
        let api = request.text("RestApiId").unwrap_or_default();
        let input = json!({"restApiId": api, "stageName": name, "patchOperations": patches});
        call(cx, "UpdateStage", input).await?;
        let tags = request.all_tags();
        if !tags.is_empty() {
            let arn = format!("arn:aws:apigateway:{}::/restapis/{api}/stages/{name}", cx.region());
            call(cx, "TagResource", json!({"resourceArn": arn, "tags": tags})).await?;
        }
        Ok(ResourceOutcome::new(name, []))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"restApiId": request.text("RestApiId"), "stageName": request.physical()?});
        unless(call(cx, "DeleteStage", input).await, MISSING)
    }
}
