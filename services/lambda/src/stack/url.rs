//! `AWS::Lambda::Url`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, unless,
};

/// A function URL.
pub(crate) struct Url;

#[async_trait]
impl ResourceType for Url {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Url"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("AuthType").required(),
            Property::new("Cors"),
            Property::new("InvokeMode"),
            Property::new("Qualifier").replace(),
            Property::new("TargetFunctionArn").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["FunctionArn", "FunctionUrl"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let wanted = input(request);
        let made = match call(cx, "CreateFunctionUrlConfig", &wanted).await {
            // Made here before an interruption; the rest of it is written again.
            Err(failure) if failure.code() == "ResourceConflictException" && request.repeated => {
                call(cx, "UpdateFunctionUrlConfig", &wanted).await?
            }
            other => other?,
        };
        Ok(of(&made))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let mut input = input(request);
        if input.get("Cors").is_none() {
            input["Cors"] = json!({}); // A removed property is reset.
        }
        if input.get("InvokeMode").is_none() {
            input["InvokeMode"] = json!("BUFFERED");
        }
        Ok(of(&call(cx, "UpdateFunctionUrlConfig", &input).await?))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let mut input = copy(request, &["Qualifier"]);
        input["FunctionName"] = json!(request.text("TargetFunctionArn"));
        unless(call(cx, "DeleteFunctionUrlConfig", &input).await, MISSING)
    }
}

fn input(request: &ResourceRequest) -> Value {
    let mut input = copy(request, &["AuthType", "Cors", "InvokeMode", "Qualifier"]);
    input["FunctionName"] = json!(request.text("TargetFunctionArn"));
    input
}

/// `Ref` is the function's ARN.
fn of(url: &Value) -> ResourceOutcome {
    let attributes = ["FunctionArn", "FunctionUrl"].map(|name| (name, url[name].clone()));
    ResourceOutcome::new(url["FunctionArn"].as_str().unwrap_or_default(), attributes)
}
