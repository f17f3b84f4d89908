//! `AWS::SNS::Topic`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, document, tag_list, tags_gone, unless,
};
use serde_json::{Map, Value, json};

use super::{MISSING, call};
use crate::limits::NAME_CHARS_MAX;
use crate::topic::FIFO;

/// `AWS::SNS::Topic`.
pub(crate) struct Topic;

/// Properties that are attributes of the topic under the same name, and what they are when they are taken out of a
/// template.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("ContentBasedDeduplication", "false"),
    ("DisplayName", ""),
    ("FifoThroughputScope", "Topic"),
    ("KmsMasterKeyId", ""),
    ("SignatureVersion", "1"),
    ("TracingConfig", "PassThrough"),
];

#[async_trait]
impl ResourceType for Topic {
    fn name(&self) -> &'static str {
        "AWS::SNS::Topic"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ContentBasedDeduplication"),
            Property::new("DataProtectionPolicy"),
            Property::new("DisplayName"),
            Property::new("FifoThroughputScope"),
            Property::new("FifoTopic").replace(),
            Property::new("KmsMasterKeyId"),
            Property::new("SignatureVersion"),
            Property::new("Subscription"),
            Property::new("Tags"),
            Property::new("TopicName").replace(),
            Property::new("TracingConfig"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["TopicArn", "TopicName"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let is_fifo = request.text("FifoTopic").as_deref() == Some("true");
        let name = request.text("TopicName").unwrap_or_else(|| generated_name(request, is_fifo));
        if !request.adopts("TopicName") {
            refuse_present(cx, &name).await?;
        }
        let mut attributes = attributes(&request.properties);
        if is_fifo {
            attributes.insert("FifoTopic", "true".to_owned());
        }
        let mut input =
            json!({"Name": name, "Attributes": attributes, "Tags": tag_list(&request.marked_tags())});
        if let Some(policy) = request.property("DataProtectionPolicy") {
            input["DataProtectionPolicy"] = json!(document(policy));
        }
        let made = call(cx, "CreateTopic", &input).await?;
        let arn = made["TopicArn"].as_str().unwrap_or_default().to_owned();
        for subscription in subscriptions(&request.properties) {
            subscribe(cx, &arn, &subscription).await?;
        }
        Ok(outcome(&arn))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let arn = request.physical()?.to_owned();
        let wanted = attributes(&request.properties);
        let before = attributes(old);
        for (name, default) in ATTRIBUTES {
            let value = match (wanted.get(name), before.get(name)) {
                (wanted, before) if wanted == before => continue,
                (Some(value), _) => value.clone(),
                (None, _) => default.to_owned(),
            };
            let input = json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
            call(cx, "SetTopicAttributes", &input).await?;
        }
        if request.property("DataProtectionPolicy") != old.get("DataProtectionPolicy") {
            let policy = request.document("DataProtectionPolicy");
            let input = json!({"ResourceArn": arn, "DataProtectionPolicy": policy});
            call(cx, "PutDataProtectionPolicy", &input).await?;
        }
        change_subscriptions(cx, &arn, &subscriptions(old), &subscriptions(&request.properties)).await?;
        retag(cx, &arn, &request.marked_tags()).await?;
        Ok(outcome(&arn))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteTopic", &json!({"TopicArn": request.physical()?})).await, MISSING)
    }
}

fn generated_name(request: &ResourceRequest, is_fifo: bool) -> String {
    match is_fifo {
        false => request.generated_name(NAME_CHARS_MAX),
        true => format!("{}{FIFO}", request.generated_name(NAME_CHARS_MAX - FIFO.len())),
    }
}

/// CreateTopic answers a topic that is there already; a stack must not take over what is not its own.
async fn refuse_present(cx: &mut Cx, name: &str) -> Result<(), Failure> {
    let arn = cx.arn("sns", name);
    match call(cx, "GetTopicAttributes", &json!({"TopicArn": arn.as_str()})).await {
        Ok(_) => {
            let text = format!("Resource of type 'AWS::SNS::Topic' with identifier '{name}' already exists.");
            Err(Failure::new("AlreadyExists", 400, text))
        }
        Err(failure) if failure.code() == MISSING => Ok(()),
        Err(failure) => Err(failure),
    }
}

fn attributes(properties: &Map<String, Value>) -> BTreeMap<&'static str, String> {
    let given = ATTRIBUTES.into_iter().filter_map(|(name, _)| Some((name, document(properties.get(name)?))));
    given.collect()
}

/// The subscriptions that stand in the topic itself: protocols and endpoints.
fn subscriptions(properties: &Map<String, Value>) -> Vec<(String, String)> {
    let listed = properties.get("Subscription").and_then(Value::as_array).into_iter().flatten();
    let text = |subscription: &Value, name: &str| document(subscription.get(name).unwrap_or(&json!("")));
    listed.map(|one| (text(one, "Protocol"), text(one, "Endpoint"))).collect()
}

async fn subscribe(cx: &mut Cx, arn: &str, (protocol, endpoint): &(String, String)) -> Result<(), Failure> {
    let input = json!({"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint});
    call(cx, "Subscribe", &input).await.map(drop)
}

async fn change_subscriptions(
    cx: &mut Cx,
    arn: &str,
    old: &[(String, String)],
    wanted: &[(String, String)],
) -> Result<(), Failure> {
    for subscription in wanted.iter().filter(|one| !old.contains(one)) {
        subscribe(cx, arn, subscription).await?;
    }
    let gone: Vec<_> = old.iter().filter(|one| !wanted.contains(one)).collect();
    let mut token = Value::Null;
    while !gone.is_empty() {
        let input = json!({"TopicArn": arn, "NextToken": token});
        let page = call(cx, "ListSubscriptionsByTopic", &input).await?;
        for listed in page["Subscriptions"].as_array().into_iter().flatten() {
            let is_it = gone.iter().any(|(protocol, endpoint)| {
                listed["Protocol"] == **protocol && listed["Endpoint"] == **endpoint
            });
            // A pending one cannot be ended; it goes when nobody confirms it.
            if is_it && listed["SubscriptionArn"] != crate::subscription::PENDING {
                call(cx, "Unsubscribe", &json!({"SubscriptionArn": listed["SubscriptionArn"]})).await?;
            }
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    Ok(())
}

async fn retag(cx: &mut Cx, arn: &str, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    let present = call(cx, "ListTagsForResource", &json!({"ResourceArn": arn})).await?;
    let gone = tags_gone(&present["Tags"], wanted);
    if !gone.is_empty() {
        call(cx, "UntagResource", &json!({"ResourceArn": arn, "TagKeys": gone})).await?;
    }
    call(cx, "TagResource", &json!({"ResourceArn": arn, "Tags": tag_list(wanted)})).await.map(drop)
}

fn outcome(arn: &str) -> ResourceOutcome {
    let name = arn.rsplit(':').next().unwrap_or_default();
    ResourceOutcome::new(arn, [("TopicArn", json!(arn)), ("TopicName", json!(name))])
}
