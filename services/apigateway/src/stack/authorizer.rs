//! `AWS::ApiGateway::Authorizer`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, number, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, again, call, copy, member, patches, text};

/// The resource type.
pub(crate) struct Authorizer;

fn made(id: &str) -> ResourceOutcome {
    ResourceOutcome::of_id(id, "AuthorizerId")
}

#[async_trait]
impl ResourceType for Authorizer {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Authorizer"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("Type").required(),
            Property::new("Name").required(),
            Property::new("AuthType"),
            Property::new("AuthorizerUri"),
            Property::new("AuthorizerResultTtlInSeconds"),
            Property::new("IdentitySource"),
            Property::new("IdentityValidationExpression"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["AuthorizerId"]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        match properties.get("Type").and_then(Value::as_str) {
            Some(kind) if !matches!(kind, "TOKEN" | "REQUEST") => {
                Err(format!("an authorizer of type {kind} is not supported by this cloud"))
            }
            _ => Ok(()),
        }
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let (api, name) =
            (request.text("RestApiId").unwrap_or_default(), request.text("Name").unwrap_or_default());
        if request.repeated
            && let Some(found) = again::authorizer(cx, &api, &name).await?
        {
            return Ok(made(&member(&found, "id")));
        }
        let mut input = json!({"restApiId": api});
        copy(
            request,
            &mut input,
            &[
                ("Name", "name", text),
                ("Type", "type", text),
                ("AuthType", "authType", text),
                ("AuthorizerUri", "authorizerUri", text),
                ("AuthorizerResultTtlInSeconds", "authorizerResultTtlInSeconds", number),
                ("IdentitySource", "identitySource", text),
                ("IdentityValidationExpression", "identityValidationExpression", text),
            ],
        );
        let answer = call(cx, "CreateAuthorizer", input).await?;
        Ok(made(&member(&answer, "id")))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        let paths = [
            ("Name", "/name"),
            ("Type", "/type"),
            ("AuthType", "/authType"),
            ("AuthorizerUri", "/authorizerUri"),
            ("AuthorizerResultTtlInSeconds", "/authorizerResultTtlInSeconds"),
            ("IdentitySource", "/identitySource"),
            ("IdentityValidationExpression", "/identityValidationExpression"),
        ];
        let patches = patches(request, old, &paths);
        let input =
            json!({"restApiId": request.text("RestApiId"), "authorizerId": id, "patchOperations": patches});
        call(cx, "UpdateAuthorizer", input).await?;
        Ok(made(id))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"restApiId": request.text("RestApiId"), "authorizerId": request.physical()?});
        unless(call(cx, "DeleteAuthorizer", input).await, MISSING)
    }
}
