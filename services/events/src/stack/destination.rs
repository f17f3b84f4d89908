//! `AWS::Events::ApiDestination`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, number, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, PRESENT, call, members};

/// `AWS::Events::ApiDestination`.
pub(crate) struct ApiDestination;

/// Longest generated name.
const NAME_CHARS_MAX: usize = 64;
/// Properties that are members under the same name.
const MEMBERS: [(&str, &str); 4] = [
    ("ConnectionArn", "ConnectionArn"),
    ("Description", "Description"),
    ("HttpMethod", "HttpMethod"),
    ("InvocationEndpoint", "InvocationEndpoint"),
];

#[async_trait]
impl ResourceType for ApiDestination {
    fn name(&self) -> &'static str {
        "AWS::Events::ApiDestination"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ConnectionArn").required(),
            Property::new("Description"),
            Property::new("HttpMethod").required(),
            Property::new("InvocationEndpoint").required(),
            Property::new("InvocationRateLimitPerSecond"),
            Property::new("Name").replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "ArnForPolicy"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_else(|| request.generated_name(NAME_CHARS_MAX));
        let made = call(cx, "CreateApiDestination", &input(request, &name)).await;
        adopt(made, PRESENT, request.adopts("Name"))?;
        described(cx, &name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        call(cx, "UpdateApiDestination", &input(request, &name)).await?;
        described(cx, &name).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteApiDestination", &json!({"Name": request.physical()?})).await, MISSING)
    }
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = members(request, &MEMBERS);
    input["Name"] = json!(name);
    if let Some(rate) = request.property("InvocationRateLimitPerSecond") {
        input["InvocationRateLimitPerSecond"] = number(rate);
    }
    input
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let shown = call(cx, "DescribeApiDestination", &json!({"Name": name})).await?;
    let for_policy = cx.arn("events", format_args!("api-destination/{name}")).to_string();
    let attributes = [("Arn", shown["ApiDestinationArn"].clone()), ("ArnForPolicy", json!(for_policy))];
    Ok(ResourceOutcome::new(name, attributes))
}
