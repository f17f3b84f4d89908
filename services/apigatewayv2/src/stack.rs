//! CloudFormation resource types. Each acts through the operations of the API.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

/// Items of one page; no list that is looked through here is longer.
const PAGE: &str = "500";

/// `AWS::ApiGatewayV2::Api`.
pub(crate) struct Api;
/// `AWS::ApiGatewayV2::Deployment`.
pub(crate) struct Deployment;
/// `AWS::ApiGatewayV2::Integration`.
pub(crate) struct Integration;
/// `AWS::ApiGatewayV2::Route`.
pub(crate) struct Route;
/// `AWS::ApiGatewayV2::Stage`.
pub(crate) struct Stage;

/// Calls an operation of this service as the stack's caller.
async fn call(cx: &mut Cx, operation: &str, input: Map<String, Value>) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "apigatewayv2", operation, &Value::Object(input)).await
}

/// As [`call`], where something that is gone already is fine.
async fn delete(cx: &mut Cx, operation: &str, input: Value) -> Result<(), Failure> {
    let caller = cx.caller().clone();
    unless(cx.call_json(caller, "apigatewayv2", operation, &input).await, "NotFoundException")
}

/// The properties as the API's members: the same names with a small first letter, at every depth but inside of maps
/// whose keys are the author's own.
fn members(properties: &Map<String, Value>) -> Map<String, Value> {
    const OWN_KEYS: [&str; 3] = ["Tags", "StageVariables", "RouteSettings"];
    let lower = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Object(map) if !OWN_KEYS.contains(&name.as_str()) => Value::Object(members(map)),
            other => other.clone(),
        };
        (name[..1].to_lowercase() + &name[1..], value)
    };
    properties.iter().map(lower).collect()
}

fn text(value: &Value, name: &str) -> Result<String, Failure> {
    let text = value[name].as_str().map(str::to_owned);
    text.ok_or_else(|| Failure::internal(format!("the answer has no `{name}`")))
}

/// A part of an API that is there already under the same name, for a creation that may have been tried before. Parts
/// without a name are made a second time: the first ones serve nothing, and go with the API.
async fn found(
    cx: &mut Cx,
    request: &ResourceRequest,
    list: &str,
    key: Option<&str>,
) -> Result<Option<Value>, Failure> {
    let Some(key) = key.filter(|_| request.repeated) else { return Ok(None) };
    let wanted = members(&request.properties);
    let input = json!({"apiId": wanted.get("apiId"), "maxResults": PAGE});
    let mut listed = call(cx, list, input.as_object().cloned().unwrap_or_default()).await?;
    let items = listed["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    Ok(items.into_iter().find(|item| Some(&item[key]) == wanted.get(key)))
}

/// The newest API with this name into which nothing was put yet, for a creation that may have been tried before.
async fn found_api(cx: &mut Cx, request: &ResourceRequest) -> Result<Option<Value>, Failure> {
    let all = json!({"maxResults": PAGE}).as_object().cloned().unwrap_or_default();
    let listed = call(cx, "GetApis", all).await?;
    let items = listed["items"].as_array().into_iter().flatten();
    let mut apis: Vec<_> =
        items.filter(|api| api["name"].as_str() == request.text("Name").as_deref()).collect();
    apis.sort_by(|one, other| other["createdDate"].as_str().cmp(&one["createdDate"].as_str()));
    for api in apis {
        let parts = json!({"apiId": api["apiId"]}).as_object().cloned().unwrap_or_default();
        let mut empty = true;
        for list in ["GetRoutes", "GetIntegrations", "GetStages"] {
            let parts = call(cx, list, parts.clone()).await?;
            empty &= parts["items"].as_array().is_none_or(Vec::is_empty);
        }
        if empty {
            return Ok(Some(api.clone()));
        }
    }
    Ok(None)
}

/// Takes the settings of a stage away that the template has no more.
async fn forget(
    cx: &mut Cx,
    request: &ResourceRequest,
    old: &Map<String, Value>,
    kind: &str,
) -> Result<(), Failure> {
    const LOG: &str = "AccessLogSettings";
    if kind != "Stage" || !old.contains_key(LOG) || request.property(LOG).is_some() {
        return Ok(());
    }
    let input = json!({"apiId": request.property("ApiId"), "stageName": request.physical()?});
    delete(cx, "DeleteAccessLogSettings", input).await
}

/// What was created: its id under `Ref`, and the same as an attribute.
fn outcome(answer: &Value, id: &str, attribute: &str) -> Result<ResourceOutcome, Failure> {
    Ok(ResourceOutcome::of_id(text(answer, id)?, attribute))
}

#[async_trait]
impl ResourceType for Api {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Api"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("CorsConfiguration"),
            Property::new("Description"),
            Property::new("DisableExecuteApiEndpoint"),
            Property::new("Name").required(),
            Property::new("ProtocolType").required().replace(),
            Property::new("RouteSelectionExpression"),
            Property::new("Tags"),
            Property::new("Version"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["ApiEndpoint", "ApiId"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        match properties.get("ProtocolType").and_then(Value::as_str) {
            Some("HTTP") | None => Ok(()),
            Some(other) => Err(format!("ProtocolType {other} is not supported by this cloud")),
        }
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let mut input = members(&request.properties);
        input.insert("tags".to_owned(), json!(request.marked_tags()));
        if request.repeated
            && let Some(api) = found_api(cx, request).await?
        {
            return api_outcome(&api);
        }
        let answer = call(cx, "CreateApi", input).await?;
        api_outcome(&answer)
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        let mut input = members(&request.properties);
        input.remove("protocolType");
        input.remove("tags");
        input.insert("apiId".to_owned(), json!(id));
        if old.contains_key("CorsConfiguration") && request.property("CorsConfiguration").is_none() {
            delete(cx, "DeleteCorsConfiguration", json!({"apiId": id})).await?;
        }
        let answer = call(cx, "UpdateApi", input).await?;
        api_outcome(&answer)
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        delete(cx, "DeleteApi", json!({"apiId": request.physical()?})).await
    }
}

fn api_outcome(answer: &Value) -> Result<ResourceOutcome, Failure> {
    let mut outcome = outcome(answer, "apiId", "ApiId")?;
    outcome.attributes.insert("ApiEndpoint".to_owned(), answer["apiEndpoint"].clone());
    Ok(outcome)
}

/// A resource type whose things are parts of an API: created, changed and deleted by operations that are alike.
macro_rules! part {
    (
        $type:ident, $name:literal, key $key:expr, id $id:literal, attribute $attribute:literal,
        [$($property:expr),* $(,)?], update $update:expr
    ) => {
        #[async_trait]
        impl ResourceType for $type {
            fn name(&self) -> &'static str {
                concat!("AWS::ApiGatewayV2::", $name)
            }

            fn properties(&self) -> &'static [Property] {
                const PROPERTIES: &[Property] = &[$($property),*];
                PROPERTIES
            }

            fn attributes(&self) -> &'static [&'static str] {
                &[$attribute]
            }

            async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
                let answer = match found(cx, request, concat!("Get", $name, "s"), $key).await? {
                    Some(answer) => answer,
                    None => call(cx, concat!("Create", $name), members(&request.properties)).await?,
                };
                outcome(&answer, $id, $attribute)
            }

            async fn update(
                &self,
                cx: &mut Cx,
                request: &ResourceRequest,
                old: &Map<String, Value>,
            ) -> Result<ResourceOutcome, Failure> {
                forget(cx, request, old, $name).await?;
                let mut input = members(&request.properties);
                input.insert($id.to_owned(), json!(request.physical()?));
                let answer = match $update {
                    Some(operation) => call(cx, operation, input).await?,
                    None => return Err(Failure::internal(concat!("an ", $name, " does not change in place"))),
                };
                outcome(&answer, $id, $attribute)
            }

            async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
                let api = request.property("ApiId").cloned().unwrap_or_default();
                let input = json!({"apiId": api, $id: request.physical()?});
                delete(cx, concat!("Delete", $name), input).await
            }
        }
    };
}

part!(
    Deployment, "Deployment", key None, id "deploymentId", attribute "DeploymentId",
    [
        Property::new("ApiId").required().replace(),
        Property::new("Description").replace(),
        Property::new("StageName").replace(),
    ],
    update None::<&str>
);
part!(
    Integration, "Integration", key None, id "integrationId", attribute "IntegrationId",
    [
        Property::new("ApiId").required().replace(),
        Property::new("ConnectionType"),
        Property::new("Description"),
        Property::new("IntegrationMethod"),
        Property::new("IntegrationType").required(),
        Property::new("IntegrationUri"),
        Property::new("PayloadFormatVersion"),
        Property::new("TimeoutInMillis"),
    ],
    update Some("UpdateIntegration")
);
part!(
    Route, "Route", key Some("routeKey"), id "routeId", attribute "RouteId",
    [
        Property::new("ApiId").required().replace(),
        Property::new("ApiKeyRequired"),
        Property::new("AuthorizationType"),
        Property::new("OperationName"),
        Property::new("RouteKey").required(),
        Property::new("Target"),
    ],
    update Some("UpdateRoute")
);
part!(
    Stage, "Stage", key Some("stageName"), id "stageName", attribute "StageName",
    [
        Property::new("AccessLogSettings"),
        Property::new("ApiId").required().replace(),
        Property::new("AutoDeploy"),
        Property::new("DefaultRouteSettings"),
        Property::new("DeploymentId"),
        Property::new("Description"),
        Property::new("StageName").required().replace(),
        Property::new("StageVariables"),
        Property::new("Tags"),
    ],
    update Some("UpdateStage")
);

#[cfg(test)]
mod tests {
    use super::*;

    fn request(properties: Value) -> ResourceRequest {
        let Value::Object(properties) = properties else { panic!("an object") };
        ResourceRequest {
            stack_name: "stack".to_owned(),
            stack_id: String::new(),
            logical_id: "Thing".to_owned(),
            physical_id: None,
            token: "t".to_owned(),
            repeated: false,
            properties,
            tags: std::collections::BTreeMap::new(),
        }
    }

    /// Creates a thing, and again as after a crash: what a property names is the same thing.
    async fn twice(world: &testkit::World, kind: &dyn ResourceType, properties: Value) -> [String; 2] {
        let mut request = request(properties);
        let first = kind.create(&mut world.cx(), &request).await.expect("created");
        request.repeated = true;
        let second = kind.create(&mut world.cx(), &request).await.expect("found");
        assert_eq!(first.attributes.len(), second.attributes.len());
        [first.physical_id, second.physical_id]
    }

    #[tokio::test]
    async fn repeated_creations_find_what_the_first_try_made() {
        let world = testkit::World::new(&[&crate::APIGATEWAYV2]).await;
        let wanted = json!({"Name": "a", "ProtocolType": "HTTP"});
        let [api, again] = twice(&world, &Api, wanted.clone()).await;
        assert_eq!(api, again);
        let [route, again] = twice(&world, &Route, json!({"ApiId": api, "RouteKey": "GET /x"})).await;
        assert_eq!(route, again);
        let stage = json!({"ApiId": api, "StageName": "$default", "AutoDeploy": true});
        let [stage, again] = twice(&world, &Stage, stage).await;
        assert_eq!((stage.as_str(), again.as_str()), ("$default", "$default"));
        // One that is in use is somebody else's.
        let [other, _] = twice(&world, &Api, wanted).await;
        assert_ne!(other, api);
    }

    #[tokio::test]
    async fn stages_change_with_their_tags() {
        let world = testkit::World::new(&[&crate::APIGATEWAYV2]).await;
        let api = Api.create(&mut world.cx(), &request(json!({"Name": "a", "ProtocolType": "HTTP"}))).await;
        let api = api.expect("created").physical_id;
        let wanted = json!({"ApiId": api, "StageName": "dev", "Tags": {"a": "b"}, "AutoDeploy": true});
        let mut request = request(wanted);
        let made = Stage.create(&mut world.cx(), &request).await.expect("created");
        let old = request.properties.clone();
        request.physical_id = Some(made.physical_id);
        request.properties.insert("Description".to_owned(), json!("d"));
        let log =
            json!({"DestinationArn": "arn:aws:logs:us-east-1:0:log-group:x", "Format": "$context.path"});
        request.properties.insert("AccessLogSettings".to_owned(), log);
        Stage.update(&mut world.cx(), &request, &old).await.expect("changed");
        let stage = json!({"apiId": api, "stageName": "dev"});
        let seen = world.ok("apigatewayv2", "GetStage", stage.clone()).await;
        assert_eq!(seen["description"], "d");
        assert_eq!(seen["accessLogSettings"]["format"], "$context.path");
        let with_log = std::mem::replace(&mut request.properties, old);
        Stage.update(&mut world.cx(), &request, &with_log).await.expect("changed");
        assert_eq!(world.ok("apigatewayv2", "GetStage", stage).await.get("accessLogSettings"), None);
    }

    #[test]
    fn members_are_the_properties_with_small_letters() {
        let properties =
            json!({"ApiId": "a", "CorsConfiguration": {"AllowOrigins": ["*"]}, "Tags": {"Team": "x"}});
        let expected =
            json!({"apiId": "a", "corsConfiguration": {"allowOrigins": ["*"]}, "tags": {"Team": "x"}});
        assert_eq!(Value::Object(members(properties.as_object().unwrap())), expected);
    }

    /// The properties of a stage that CloudFormation passes on UpdateStage: tags are changed elsewhere.
    #[test]
    fn every_property_is_a_member() {
        for resource in [&Api as &dyn ResourceType, &Deployment, &Integration, &Route, &Stage] {
            assert!(resource.name().starts_with("AWS::ApiGatewayV2::"));
            assert!(resource.properties().is_sorted_by_key(|property| property.name), "{}", resource.name());
        }
    }
}
