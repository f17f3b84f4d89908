//! `AWS::Logs::SubscriptionFilter`.

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, NAME_MAX, call};

/// `AWS::Logs::SubscriptionFilter`.
pub(crate) struct SubscriptionFilter;

#[async_trait]
impl ResourceType for SubscriptionFilter {
    fn name(&self) -> &'static str {
        "AWS::Logs::SubscriptionFilter"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("DestinationArn").required(),
            Property::new("Distribution"),
            Property::new("FilterName").replace(),
            Property::new("FilterPattern").required(),
            Property::new("LogGroupName").required().replace(),
            Property::new("RoleArn"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("FilterName").unwrap_or_else(|| request.generated_name(NAME_MAX));
        if !request.adopts("FilterName") {
            refuse_present(cx, request, &name).await?;
        }
        put(cx, request, name).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request, request.physical()?.to_owned()).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"logGroupName": request.text("LogGroupName"), "filterName": request.physical()?});
        unless(call(cx, "DeleteSubscriptionFilter", &input).await, MISSING)
    }
}

/// PutSubscriptionFilter changes a filter that is there; a stack must not take over what is not its own.
async fn refuse_present(cx: &mut Cx, request: &ResourceRequest, name: &str) -> Result<(), Failure> {
    let input = json!({"logGroupName": request.text("LogGroupName"), "filterNamePrefix": name});
    let answer = call(cx, "DescribeSubscriptionFilters", &input).await?;
    let filters = answer["subscriptionFilters"].as_array();
    if filters.into_iter().flatten().any(|filter| filter["filterName"] == name) {
        let text = format!(
            "Resource of type 'AWS::Logs::SubscriptionFilter' with identifier '{name}' already exists."
        );
        return Err(Failure::new("AlreadyExists", 400, text));
    }
    Ok(())
}

async fn put(cx: &mut Cx, request: &ResourceRequest, name: String) -> Result<ResourceOutcome, Failure> {
    let mut input = json!({"filterName": name});
    for (property, member) in [
        ("DestinationArn", "destinationArn"),
        ("Distribution", "distribution"),
        ("FilterPattern", "filterPattern"),
        ("LogGroupName", "logGroupName"),
        ("RoleArn", "roleArn"),
    ] {
        if let Some(value) = request.property(property) {
            input[member] = value.clone();
        }
    }
    call(cx, "PutSubscriptionFilter", &input).await?;
    Ok(ResourceOutcome::new(name, []))
}
