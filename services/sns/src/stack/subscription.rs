//! `AWS::SNS::Subscription`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, document, unless};
use serde_json::{Map, Value, json};

use super::MISSING;

/// `AWS::SNS::Subscription`.
pub(crate) struct Subscription;

/// Properties that are attributes of the subscription under the same name, and what they are when they are taken out of
/// a template. A filter's scope comes before the filter, which is checked by it.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("FilterPolicyScope", "MessageAttributes"),
    ("DeliveryPolicy", ""),
    ("FilterPolicy", ""),
    ("RawMessageDelivery", "false"),
    ("RedrivePolicy", ""),
];

#[async_trait]
impl ResourceType for Subscription {
    fn name(&self) -> &'static str {
        "AWS::SNS::Subscription"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("DeliveryPolicy"),
            Property::new("Endpoint").replace(),
            Property::new("FilterPolicy"),
            Property::new("FilterPolicyScope"),
            Property::new("Protocol").required().replace(),
            Property::new("RawMessageDelivery"),
            Property::new("RedrivePolicy"),
            Property::new("Region").replace(),
            Property::new("TopicArn").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let given = ATTRIBUTES.into_iter().filter_map(|(name, _)| Some((name, request.property(name)?)));
        let attributes: Map<String, Value> =
            given.map(|(name, value)| (name.to_owned(), json!(document(value)))).collect();
        let input = json!({
            "TopicArn": request.text("TopicArn"),
            "Protocol": request.text("Protocol"),
            "Endpoint": request.text("Endpoint"),
            "Attributes": attributes,
            "ReturnSubscriptionArn": true,
        });
        let made = call(cx, request, "Subscribe", &input).await?;
        Ok(ResourceOutcome::of_id(made["SubscriptionArn"].as_str().unwrap_or_default(), "Arn"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?.to_owned();
        let set = |name: &str, value: String| json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
        // The old filter may be wrong for the new scope.
        if request.property("FilterPolicyScope") != old.get("FilterPolicyScope") {
            call(cx, request, "SetSubscriptionAttributes", &set("FilterPolicy", String::new())).await?;
        }
        for (name, default) in ATTRIBUTES {
            let value = request.property(name);
            let again = name == "FilterPolicy" && value.is_some();
            if value != old.get(name) || again {
                let value = value.map_or_else(|| default.to_owned(), document);
                call(cx, request, "SetSubscriptionAttributes", &set(name, value)).await?;
            }
        }
        Ok(ResourceOutcome::of_id(arn, "Arn"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"SubscriptionArn": request.physical()?});
        unless(call(cx, request, "Unsubscribe", &input).await, MISSING)
    }
}

/// Calls in the region of the topic, which may be another one than that of the stack.
async fn call(
    cx: &mut Cx,
    request: &ResourceRequest,
    operation: &str,
    input: &Value,
) -> Result<Value, Failure> {
    let mut caller = cx.caller().clone();
    if let Some(region) = request.text("Region") {
        caller.region = region.into();
    }
    cx.call_json(caller, "sns", operation, input).await
}
