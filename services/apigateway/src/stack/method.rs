//! `AWS::ApiGateway::Method`: a method with its answers, its integration, and the integration's answers.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, Member, call, copy, flag, flags, text, texts};

/// `AWS::ApiGateway::Method`.
pub(crate) struct Method;

/// What an integration may say in a template.
const INTEGRATION: [&str; 10] = [
    "Type",
    "IntegrationHttpMethod",
    "Uri",
    "RequestTemplates",
    "PassthroughBehavior",
    "ContentHandling",
    "TimeoutInMillis",
    "IntegrationResponses",
    "CacheNamespace",
    "ResponseTransferMode",
];

fn key(request: &ResourceRequest) -> Value {
    json!({
        "restApiId": request.text("RestApiId"),
        "resourceId": request.text("ResourceId"),
        "httpMethod": request.text("HttpMethod"),
    })
}

/// The key of the method and a status.
fn with_status(key: &Value, response: &Value) -> Value {
    let mut input = key.clone();
    input["statusCode"] = text(&response["StatusCode"]);
    input
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Method {
    async fn put(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let key = key(request);
        let mut input = key.clone();
        input["authorizationType"] = json!("NONE");
        copy(
            request,
            &mut input,
            &[
                ("AuthorizationType", "authorizationType", text),
                ("AuthorizerId", "authorizerId", text),
                ("AuthorizationScopes", "authorizationScopes", Value::clone),
                ("ApiKeyRequired", "apiKeyRequired", flag),
                ("OperationName", "operationName", text),
                ("RequestParameters", "requestParameters", flags),
                ("RequestModels", "requestModels", texts),
                ("RequestValidatorId", "requestValidatorId", text),
            ],
        );
        call(cx, "PutMethod", input).await?;
        for response in list(request.property("MethodResponses")) {
            let mut input = with_status(&key, response);
            if let Some(parameters) = response.get("ResponseParameters") {
                input["responseParameters"] = flags(parameters);
            }
            if let Some(models) = response.get("ResponseModels") {
                input["responseModels"] = texts(models);
            }
            call(cx, "PutMethodResponse", input).await?;
        }
        match request.property("Integration") {
            Some(integration) => put_integration(cx, &key, integration).await,
            None => Ok(()),
        }
    }
}

async fn put_integration(cx: &mut Cx, key: &Value, integration: &Value) -> Result<(), Failure> {
    let mut input = key.clone();
    let members: [Member; 8] = [
        ("Type", "type", text),
        ("IntegrationHttpMethod", "integrationHttpMethod", text),
        ("Uri", "uri", text),
        ("RequestTemplates", "requestTemplates", texts),
        ("PassthroughBehavior", "passthroughBehavior", text),
        ("ContentHandling", "contentHandling", text),
        ("CacheNamespace", "cacheNamespace", text),
        ("ResponseTransferMode", "responseTransferMode", text),
    ];
    for (property, member, convert) in members {
        if let Some(value) = integration.get(property) {
            input[member] = convert(value);
        }
    }
    if let Some(timeout) = integration.get("TimeoutInMillis") {
        input["timeoutInMillis"] = match timeout.as_str().and_then(|text| text.parse::<i64>().ok()) {
            Some(number) => json!(number),
            None => timeout.clone(),
        };
    }
    call(cx, "PutIntegration", input).await?;
    for response in list(integration.get("IntegrationResponses")) {
        let mut input = with_status(key, response);
        let members: [Member; 4] = [
            ("SelectionPattern", "selectionPattern", text),
            ("ResponseParameters", "responseParameters", texts),
            ("ResponseTemplates", "responseTemplates", texts),
            ("ContentHandling", "contentHandling", text),
        ];
        for (property, member, convert) in members {
            if let Some(value) = response.get(property) {
                input[member] = convert(value);
            }
        }
        call(cx, "PutIntegrationResponse", input).await?;
    }
    Ok(())
}

#[async_trait]
impl ResourceType for Method {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Method"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("RestApiId").required().replace(),
            Property::new("ResourceId").required().replace(),
            Property::new("HttpMethod").required().replace(),
            Property::new("ApiKeyRequired"),
            Property::new("AuthorizationScopes"),
            Property::new("AuthorizationType"),
            Property::new("AuthorizerId"),
            Property::new("Integration"),
            Property::new("MethodResponses"),
            Property::new("OperationName"),
            Property::new("RequestModels"),
            Property::new("RequestParameters"),
            Property::new("RequestValidatorId"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    fn check(&self, properties: &Map<String, Value>) -> Result<(), String> {
        let authorization = properties.get("AuthorizationType").and_then(Value::as_str);
        if authorization == Some("COGNITO_USER_POOLS") {
            return Err("the AuthorizationType COGNITO_USER_POOLS is not supported by this cloud".to_owned());
        }
        let Some(Value::Object(integration)) = properties.get("Integration") else { return Ok(()) };
        if let Some(unknown) = integration.keys().find(|name| !INTEGRATION.contains(&name.as_str())) {
            return Err(format!("Integration.{unknown} is not supported by this cloud"));
        }
        match integration.get("Type").and_then(Value::as_str) {
            Some(kind) if !matches!(kind, "MOCK" | "AWS_PROXY") => {
                Err(format!("the integration type {kind} is not supported by this cloud"))
            }
            _ => Ok(()),
        }
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        if request.repeated {
            unless(call(cx, "DeleteMethod", key(request)).await, MISSING)?;
        }
        self.put(cx, request).await?;
        Ok(ResourceOutcome::new(request.generated_name(128), []))
    }

    /// A method has no life of its own between deployments, so it is put anew.
    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        unless(call(cx, "DeleteMethod", key(request)).await, MISSING)?;
        self.put(cx, request).await?;
        Ok(ResourceOutcome::new(request.physical()?, []))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteMethod", key(request)).await, MISSING)
    }
}
