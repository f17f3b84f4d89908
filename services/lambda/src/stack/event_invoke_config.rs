//! `AWS::Lambda::EventInvokeConfig`.

use super::{
    Cx, Failure, MISSING, Map, Property, ResourceOutcome, ResourceRequest, ResourceType, Value, async_trait,
    call, copy, json, number, unless,
};

/// Settings of asynchronous invocation.
pub(crate) struct EventInvokeConfig;

#[async_trait]
impl ResourceType for EventInvokeConfig {
    fn name(&self) -> &'static str {
        "AWS::Lambda::EventInvokeConfig"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("DestinationConfig"),
            Property::new("FunctionName").required().replace(),
            Property::new("MaximumEventAgeInSeconds"),
            Property::new("MaximumRetryAttempts"),
            Property::new("Qualifier").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await?;
        let (function, qualifier) = (request.text("FunctionName"), request.text("Qualifier"));
        Ok(ResourceOutcome::new(
            format!("{}|{}", function.unwrap_or_default(), qualifier.unwrap_or_default()),
            [],
        ))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await?;
        Ok(ResourceOutcome::new(request.physical()?, []))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = target(request);
        unless(call(cx, "DeleteFunctionEventInvokeConfig", &input).await, MISSING)
    }
}

/// The function; `$LATEST` is the function without qualifier.
fn target(request: &ResourceRequest) -> Value {
    let mut input = copy(request, &["FunctionName", "Qualifier"]);
    if input["Qualifier"] == "$LATEST"
        && let Some(members) = input.as_object_mut()
    {
        members.remove("Qualifier");
    }
    input
}

async fn put(cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
    let mut input = target(request);
    input["DestinationConfig"] = request.property("DestinationConfig").cloned().unwrap_or_else(|| json!({}));
    for name in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
        if let Some(value) = number(request, name)? {
            input[name] = json!(value);
        }
    }
    call(cx, "PutFunctionEventInvokeConfig", &input).await.map(|_answer| ())
}
