//! The CloudFormation resource types.

mod subscription;

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, adopt, number, tags_gone, unless,
};
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
        adopt(call(cx, "CreateLogGroup", &input).await, PRESENT, request.adopts("LogGroupName"))?;
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
        let gone = tags_gone(&current["tags"], &wanted);
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
        unless(call(cx, "DeleteLogGroup", &input).await, MISSING)
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
        adopt(call(cx, "CreateLogStream", &input).await, PRESENT, request.adopts("LogStreamName"))?;
        Ok(ResourceOutcome::new(name, []))
    }

    async fn update(
        &self,
        _cx: &mut Cx,
        request: &ResourceRequest,
        _old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        Ok(ResourceOutcome::new(request.physical()?, []))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        let input =
            json!({"logGroupName": request.text("LogGroupName"), "logStreamName": request.physical()?});
        unless(call(cx, "DeleteLogStream", &input).await, MISSING)
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
        let document = request.document("PolicyDocument");
        call(cx, "PutResourcePolicy", &json!({"policyName": name, "policyDocument": document})).await?;
        Ok(ResourceOutcome::new(name, []))
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
        unless(call(cx, "DeleteResourcePolicy", &input).await, MISSING)
    }
}

/// What a thing that is there already is refused with, and one that is not.
const PRESENT: &str = "ResourceAlreadyExistsException";
const MISSING: &str = "ResourceNotFoundException";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "logs", operation, input).await
}

async fn put_retention(cx: &mut Cx, group: &str, days: Option<&Value>) -> Result<(), Failure> {
    match days.map(number) {
        Some(days) => {
            call(cx, "PutRetentionPolicy", &json!({"logGroupName": group, "retentionInDays": days})).await?
        }
        None => call(cx, "DeleteRetentionPolicy", &json!({"logGroupName": group})).await?,
    };
    Ok(())
}

fn outcome(cx: &Cx, name: String) -> ResourceOutcome {
    let arn = cx.arn("logs", format_args!("log-group:{name}:*"));
    ResourceOutcome::new(name, [("Arn", json!(arn.as_str()))])
}
