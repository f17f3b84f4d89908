//! The CloudFormation resource types. They act through the operations of this service.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

mod again;
mod authorizer;
mod deployment;
mod method;
mod rest_api;
mod usage;

pub(crate) use authorizer::Authorizer;
pub(crate) use deployment::{Deployment, Stage};
pub(crate) use method::Method;
pub(crate) use rest_api::RestApi;
pub(crate) use usage::{ApiKey, UsagePlan, UsagePlanKey};

/// What a thing that is not there is refused with.
const MISSING: &str = "NotFoundException";

async fn call(cx: &mut Cx, operation: &str, input: Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "apigateway", operation, &input).await
}

/// The text of a member of an answer.
fn member(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_default().to_owned()
}

/// CloudFormation also writes truth values as texts.
fn flag(value: &Value) -> Value {
    match value.as_str() {
        Some(text) => Value::Bool(text.eq_ignore_ascii_case("true")),
        None => value.clone(),
    }
}

/// A text; numbers and truth values are written out.
fn text(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Bool(flag) => Value::String(flag.to_string()),
        other => other.clone(),
    }
}

/// A map whose values are texts.
fn texts(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), text(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A map whose values are truth values.
fn flags(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.clone(), flag(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// A property, the member of an input that it becomes, and the conversion between them.
type Member = (&'static str, &'static str, fn(&Value) -> Value);

/// Copies properties into the members of an input, through a conversion.
fn copy(request: &ResourceRequest, input: &mut Value, members: &[Member]) {
    for (property, member, convert) in members {
        if let Some(value) = request.property(property) {
            input[*member] = convert(value);
        }
    }
}

/// `replace` operations for the texts and truth values that are given, `remove` for those that are no more.
fn patches(request: &ResourceRequest, old: &Map<String, Value>, paths: &[(&str, &str)]) -> Vec<Value> {
    let mut patches = Vec::new();
    for (property, path) in paths {
        match (request.property(property), old.get(*property)) {
            (new, old) if new == old => {}
            (Some(new), _) => patches.push(json!({"op": "replace", "path": path, "value": text(new)})),
            (None, _) => patches.push(json!({"op": "remove", "path": path})),
        }
    }
    patches
}

/// A key for a path of a patch operation.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// `AWS::ApiGateway::Resource`.
pub(crate) struct Resource;

#[async_trait]
impl ResourceType for Resource {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Resource"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("ParentId").required().replace(),
            Property::new("PathPart").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["ResourceId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let text = |name: &str| request.text(name).unwrap_or_default();
        let (api, parent, part) = (text("RestApiId"), text("ParentId"), text("PathPart"));
        let found = match request.repeated {
            true => again::resource(cx, &api, &parent, &part).await?,
            false => None,
        };
        let input = json!({"restApiId": api, "parentId": parent, "pathPart": part});
        let made = match found {
            Some(made) => made,
            None => call(cx, "CreateResource", input).await?,
        };
        Ok(ResourceOutcome::new(member(&made, "id"), [("ResourceId", made["id"].clone())]))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?;
        Ok(ResourceOutcome::of_id(id, "ResourceId"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"restApiId": request.text("RestApiId"), "resourceId": request.physical()?});
        unless(call(cx, "DeleteResource", input).await, MISSING)
    }
}

/// `AWS::ApiGateway::Model`.
pub(crate) struct Model;

/// A schema is given as an object, or as a text.
fn schema(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.clone()),
        other => Value::String(other.to_string()),
    }
}

#[async_trait]
impl ResourceType for Model {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Model"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("Name").replace(),
            Property::new("ContentType").replace(),
            Property::new("Description"),
            Property::new("Schema"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        // Names of models have letters and digits alone.
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(128).replace('-', ""));
        let mut input =
            json!({"restApiId": request.text("RestApiId"), "name": name, "contentType": "application/json"});
        copy(
            request,
            &mut input,
            &[
                ("ContentType", "contentType", text),
                ("Description", "description", text),
                ("Schema", "schema", schema),
            ],
        );
        again::named(request.repeated, call(cx, "CreateModel", input).await)?;
        Ok(ResourceOutcome::new(name, []))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        let mut patches = patches(request, old, &[("Description", "/description")]);
        if let Some(new) = request.property("Schema").filter(|new| Some(*new) != old.get("Schema")) {
            patches.push(json!({"op": "replace", "path": "/schema", "value": schema(new)}));
        }
        let input =
            json!({"restApiId": request.text("RestApiId"), "modelName": name, "patchOperations": patches});
        call(cx, "UpdateModel", input).await?;
        Ok(ResourceOutcome::new(name, []))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"restApiId": request.text("RestApiId"), "modelName": request.physical()?});
        unless(call(cx, "DeleteModel", input).await, MISSING)
    }
}

/// `AWS::ApiGateway::RequestValidator`.
pub(crate) struct RequestValidator;

#[async_trait]
impl ResourceType for RequestValidator {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::RequestValidator"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("Name").replace(),
            Property::new("ValidateRequestBody"),
            Property::new("ValidateRequestParameters"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["RequestValidatorId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let mut input = json!({"restApiId": request.text("RestApiId")});
        copy(
            request,
            &mut input,
            &[
                ("Name", "name", text),
                ("ValidateRequestBody", "validateRequestBody", flag),
                ("ValidateRequestParameters", "validateRequestParameters", flag),
            ],
        );
        let made = call(cx, "CreateRequestValidator", input).await?;
        Ok(ResourceOutcome::new(member(&made, "id"), [("RequestValidatorId", made["id"].clone())]))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_owned();
        let value = |name: &str| request.property(name).map_or_else(|| json!("false"), text);
        let patches = json!([
            {"op": "replace", "path": "/validateRequestBody", "value": value("ValidateRequestBody")},
            {"op": "replace", "path": "/validateRequestParameters", "value": value("ValidateRequestParameters")},
        ]);
        let input = json!({"restApiId": request.text("RestApiId"), "requestValidatorId": id, "patchOperations": patches});
        call(cx, "UpdateRequestValidator", input).await?;
        Ok(ResourceOutcome::of_id(id, "RequestValidatorId"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input =
            json!({"restApiId": request.text("RestApiId"), "requestValidatorId": request.physical()?});
        unless(call(cx, "DeleteRequestValidator", input).await, MISSING)
    }
}

/// `AWS::ApiGateway::GatewayResponse`.
pub(crate) struct GatewayResponse;

impl GatewayResponse {
    async fn put(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let mut input =
            json!({"restApiId": request.text("RestApiId"), "responseType": request.text("ResponseType")});
        copy(
            request,
            &mut input,
            &[
                ("StatusCode", "statusCode", text),
                ("ResponseParameters", "responseParameters", texts),
                ("ResponseTemplates", "responseTemplates", texts),
            ],
        );
        call(cx, "PutGatewayResponse", input).await.map(|_| ())
    }
}

#[async_trait]
impl ResourceType for GatewayResponse {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::GatewayResponse"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("ResponseType").required().replace(),
            Property::new("StatusCode"),
            Property::new("ResponseParameters"),
            Property::new("ResponseTemplates"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        self.put(cx, request).await?;
        let id = request.generated_name(128);
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        self.put(cx, request).await?;
        let id = request.physical()?;
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input =
            json!({"restApiId": request.text("RestApiId"), "responseType": request.text("ResponseType")});
        unless(call(cx, "DeleteGatewayResponse", input).await, MISSING)
    }
}

/// `AWS::ApiGateway::Account`.
pub(crate) struct Account;

impl Account {
    async fn set(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let Some(arn) = request.text("CloudWatchRoleArn") else { return Ok(()) };
        let patches = json!([{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]);
        call(cx, "UpdateAccount", json!({"patchOperations": patches})).await.map(|_| ())
    }
}

#[async_trait]
impl ResourceType for Account {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Account"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[Property::new("CloudWatchRoleArn")];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        self.set(cx, request).await?;
        let id = request.generated_name(128);
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        self.set(cx, request).await?;
        let id = request.physical()?;
        Ok(ResourceOutcome::of_id(id, "Id"))
    }

    /// CloudFormation leaves the settings of the account as they are.
    async fn delete(&self, _cx: &mut Cx, _request: &ResourceRequest) -> Result<(), Failure> {
        Ok(())
    }
}
