//! The CloudFormation resource types.

mod subscription;

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{Property, ResourceOutcome, ResourceRequest, ResourceType};
use serde_json::{Map, Value, json};

pub(crate) use subscription::SubscriptionFilter;

/// Longest name of a group or stream.
const NAME_MAX: usize = crate::limits::NAME_CHARS_MAX;

/// `AWS::Logs::LogGroup`.
pub(crate) struct LogGroup;

#[async_trait]
impl ResourceType for LogGroup {
    fn name(&self) -> &'static str {
        "AWS::Logs::LogGroup"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("LogGroupName").replace(),
            Property::new("RetentionInDays"),
            Property::new("LogGroupClass").replace(),
            Property::new("DeletionProtectionEnabled").replace(),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("LogGroupName").unwrap_or_else(|| request.generated_name(NAME_MAX));
        let mut input = json!({"logGroupName": name, "tags": request.marked_tags()});
        for (property, member) in
            [("LogGroupClass", "logGroupClass"), ("DeletionProtectionEnabled", "deletionProtectionEnabled")]
        {
            if let Some(value) = request.property(property) {
                input[member] = value.clone();
            }
        }
        adopt(call(cx, "CreateLogGroup", &input).await, request.adopts("LogGroupName"))?;
        put_retention(cx, &name, request.property("RetentionInDays")).await?;
        Ok(outcome(cx, name))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let name = request.physical()?.to_owned();
        if request.property("RetentionInDays") != old.get("RetentionInDays") {
            put_retention(cx, &name, request.property("RetentionInDays")).await?;
        }
        let wanted = request.marked_tags();
        let current = call(cx, "ListTagsLogGroup", &json!({"logGroupName": name})).await?;
        let keys = current["tags"].as_object().into_iter().flat_map(Map::keys);
        let gone: Vec<_> = keys.filter(|key| !wanted.contains_key(*key)).collect();
        if !gone.is_empty() {
            call(cx, "UntagLogGroup", &json!({"logGroupName": name, "tags": gone})).await?;
        }
        if !wanted.is_empty() {
            call(cx, "TagLogGroup", &json!({"logGroupName": name, "tags": wanted})).await?;
        }
        Ok(outcome(cx, name))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"logGroupName": request.physical()?});
        ignore_missing(call(cx, "DeleteLogGroup", &input).await)
    }
}

/// `AWS::Logs::LogStream`.
pub(crate) struct LogStream;

#[async_trait]
impl ResourceType for LogStream {
    fn name(&self) -> &'static str {
        "AWS::Logs::LogStream"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("LogGroupName").required().replace(), Property::new("LogStreamName").replace()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("LogStreamName").unwrap_or_else(|| request.generated_name(NAME_MAX));
        let input = json!({"logGroupName": request.text("LogGroupName"), "logStreamName": name});
        adopt(call(cx, "CreateLogStream", &input).await, request.adopts("LogStreamName"))?;
        Ok(ResourceOutcome { physical_id: name, attributes: BTreeMap::new() })
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        Ok(ResourceOutcome { physical_id: request.physical()?.to_owned(), attributes: BTreeMap::new() })
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input =
            json!({"logGroupName": request.text("LogGroupName"), "logStreamName": request.physical()?});
        ignore_missing(call(cx, "DeleteLogStream", &input).await)
    }
}

/// `AWS::Logs::ResourcePolicy`.
pub(crate) struct ResourcePolicy;

#[async_trait]
impl ResourceType for ResourcePolicy {
    fn name(&self) -> &'static str {
        "AWS::Logs::ResourcePolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("PolicyDocument").required(), Property::new("PolicyName").required().replace()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &[]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("PolicyName").unwrap_or_default();
        let document = match request.property("PolicyDocument") {
            Some(Value::String(text)) => text.clone(),
            other => json!(other).to_string(),
        };
        call(cx, "PutResourcePolicy", &json!({"policyName": name, "policyDocument": document})).await?;
        Ok(ResourceOutcome { physical_id: name, attributes: BTreeMap::new() })
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        self.create(cx, request).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input = json!({"policyName": request.physical()?});
        ignore_missing(call(cx, "DeleteResourcePolicy", &input).await)
    }
}

/// What the first try of a repeated creation made is ours.
fn adopt(answer: Result<Value, Failure>, ours: bool) -> Result<(), Failure> {
    match answer {
        Err(failure) if ours && failure.code() == "ResourceAlreadyExistsException" => Ok(()),
        other => other.map(|_| ()),
    }
}

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "logs", operation, input).await
}

async fn put_retention(cx: &mut Cx, group: &str, days: Option<&Value>) -> Result<(), Failure> {
    let days = match days {
        Some(Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
        other => other.cloned(),
    };
    match days {
        Some(days) => {
            call(cx, "PutRetentionPolicy", &json!({"logGroupName": group, "retentionInDays": days})).await?
        }
        None => call(cx, "DeleteRetentionPolicy", &json!({"logGroupName": group})).await?,
    };
    Ok(())
}

fn outcome(cx: &Cx, name: String) -> ResourceOutcome {
    let arn = cx.arn("logs", format_args!("log-group:{name}:*"));
    ResourceOutcome {
        physical_id: name,
        attributes: BTreeMap::from([("Arn".to_owned(), json!(arn.as_str()))]),
    }
}

fn ignore_missing(answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if failure.code() == "ResourceNotFoundException" => Ok(()),
        other => other.map(|_| ()),
    }
}
