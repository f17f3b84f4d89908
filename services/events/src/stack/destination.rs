//! `AWS::Events::ApiDestination`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

use super::{call, members, outcome, unless_gone};

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
        match call(cx, "CreateApiDestination", &input(request, &name)).await {
            Err(failure) if failure.code() == "ResourceAlreadyExistsException" && request.adopts("Name") => {}
            answer => {
                answer?;
            }
        }
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
        unless_gone(call(cx, "DeleteApiDestination", &json!({"Name": request.physical()?})).await)
    }
}

fn input(request: &ResourceRequest, name: &str) -> Value {
    let mut input = members(request, &MEMBERS);
    input["Name"] = json!(name);
    if let Some(rate) = request.text("InvocationRateLimitPerSecond").and_then(|text| text.parse::<i32>().ok())
    {
        input["InvocationRateLimitPerSecond"] = json!(rate);
    }
    input
}

async fn described(cx: &mut Cx, name: &str) -> Result<ResourceOutcome, Failure> {
    let shown = call(cx, "DescribeApiDestination", &json!({"Name": name})).await?;
    let for_policy = cx.arn("events", format_args!("api-destination/{name}")).to_string();
    Ok(outcome(name, &[("Arn", shown["ApiDestinationArn"].clone()), ("ArnForPolicy", json!(for_policy))]))
}
