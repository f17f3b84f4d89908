//! `AWS::Events::EventBusPolicy`.

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType, unless};
use serde_json::{Map, Value, json};

use super::{MISSING, call};
use crate::bus;

/// `AWS::Events::EventBusPolicy`.
pub(crate) struct EventBusPolicy;

#[async_trait]
impl ResourceType for EventBusPolicy {
    fn name(&self) -> &'static str {
        "AWS::Events::EventBusPolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Action"),
            Property::new("Condition"),
            Property::new("EventBusName").replace(),
            Property::new("Principal"),
            Property::new("Statement"),
            Property::new("StatementId").required().replace(),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        put(cx, request).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({
            "EventBusName": request.property("EventBusName"), "StatementId": request.text("StatementId"),
        });
        unless(call(cx, "RemovePermission", &input).await, MISSING)
    }
}

async fn put(cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
    let bus_name = request.property("EventBusName").cloned().unwrap_or(Value::Null);
    let id = request.text("StatementId").unwrap_or_default();
    match request.property("Statement") {
        Some(statement) => {
            // A whole statement goes into the policy that is there, in place of the one with its id.
            let there = call(cx, "DescribeEventBus", &json!({"Name": bus_name})).await?;
            let mut statement = statement.clone();
            statement["Sid"] = json!(id);
            let policy = bus::with_statement(there["Policy"].as_str(), statement)
                .map_err(cloud::ApiError::into_failure)?;
            call(cx, "PutPermission", &json!({"EventBusName": bus_name, "Policy": policy})).await?;
        }
        None => {
            let input = json!({
                "EventBusName": bus_name,
                "StatementId": id,
                "Action": request.text("Action").unwrap_or_else(|| "events:PutEvents".to_owned()),
                "Principal": request.text("Principal"),
                "Condition": request.property("Condition"),
            });
            call(cx, "PutPermission", &input).await?;
        }
    }
    Ok(ResourceOutcome::new(id, []))
}
