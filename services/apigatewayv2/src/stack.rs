//! CloudFormation resource types. Each acts through the operations of the API.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

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
    match cx.call_json(caller, "apigatewayv2", operation, &input).await {
        Err(failure) if failure.code() != "NotFoundException" => Err(failure),
        _ => Ok(()),
    }
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

/// What was created: its id under `Ref`, and the same as an attribute.
fn outcome(answer: &Value, id: &str, attribute: &str) -> Result<ResourceOutcome, Failure> {
    let physical_id = text(answer, id)?;
    let attributes = [(attribute.to_owned(), json!(physical_id))].into();
    Ok(ResourceOutcome { physical_id, attributes })
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
        let mut tags = json!(request.tags);
        if let (Some(tags), Some(Value::Object(own))) = (tags.as_object_mut(), request.property("Tags")) {
            tags.extend(own.clone());
        }
        input.insert("tags".to_owned(), tags);
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
        $type:ident, $name:literal, id $id:literal, attribute $attribute:literal,
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
                let answer = call(cx, concat!("Create", $name), members(&request.properties)).await?;
                outcome(&answer, $id, $attribute)
            }

            async fn update(
                &self,
                cx: &mut Cx,
                request: &ResourceRequest,
                _old: &Map<String, Value>,
            ) -> Result<ResourceOutcome, Failure> {
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
    Deployment, "Deployment", id "deploymentId", attribute "DeploymentId",
    [
        Property::new("ApiId").required().replace(),
        Property::new("Description").replace(),
        Property::new("StageName").replace(),
    ],
    update None::<&str>
);
part!(
    Integration, "Integration", id "integrationId", attribute "IntegrationId",
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
    Route, "Route", id "routeId", attribute "RouteId",
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
    Stage, "Stage", id "stageName", attribute "StageName",
    [
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
