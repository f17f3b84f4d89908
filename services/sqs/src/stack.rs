//! CloudFormation resource types.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::prelude::*;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, document, tags_gone, unless,
};
use serde_json::{Map, Value, json};

use crate::limits::NAME_CHARS_MAX;

/// `AWS::SQS::Queue`.
pub(crate) struct Queue;

/// Properties that are attributes of the queue under the same name.
const ATTRIBUTES: [&str; 13] = [
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// What an attribute is when its property is taken out of a template; the others are taken away.
const DEFAULTS: [(&str, &str); 10] = [
    ("ContentBasedDeduplication", "false"),
    ("DeduplicationScope", "queue"),
    ("DelaySeconds", "0"),
    ("FifoThroughputLimit", "perQueue"),
    ("KmsDataKeyReusePeriodSeconds", "300"),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

#[async_trait]
impl ResourceType for Queue {
    fn name(&self) -> &'static str {
        "AWS::SQS::Queue"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("ContentBasedDeduplication"),
            Property::new("DeduplicationScope"),
            Property::new("DelaySeconds"),
            Property::new("FifoQueue").replace(),
            Property::new("FifoThroughputLimit"),
            Property::new("KmsDataKeyReusePeriodSeconds"),
            Property::new("KmsMasterKeyId"),
            Property::new("MaximumMessageSize"),
            Property::new("MessageRetentionPeriod"),
            Property::new("QueueName").replace(),
            Property::new("ReceiveMessageWaitTimeSeconds"),
            Property::new("RedriveAllowPolicy"),
            Property::new("RedrivePolicy"),
            Property::new("SqsManagedSseEnabled"),
            Property::new("Tags"),
            Property::new("VisibilityTimeout"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Arn", "QueueName", "QueueUrl"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let is_fifo = request.text("FifoQueue").as_deref() == Some("true");
        let name = request.text("QueueName").unwrap_or_else(|| generated_name(request, is_fifo));
        if !request.adopts("QueueName") {
            refuse_present(cx, &name).await?;
        }
        let mut attributes = attributes(&request.properties);
        if is_fifo {
            attributes.insert("FifoQueue".to_owned(), json!("true"));
        }
        let input = json!({"QueueName": name, "Attributes": attributes, "tags": request.marked_tags()});
        let answer = call(cx, "CreateQueue", &input).await?;
        outcome(cx, answer["QueueUrl"].as_str().unwrap_or_default()).await
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let url = request.physical()?.to_owned();
        let mut wanted = attributes(&request.properties);
        for name in attributes(old).keys() {
            if !wanted.contains_key(name) {
                let default = DEFAULTS.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
                wanted.insert(name.clone(), json!(default));
            }
        }
        if !wanted.is_empty() {
            call(cx, "SetQueueAttributes", &json!({"QueueUrl": url, "Attributes": wanted})).await?;
        }
        retag(cx, &url, request.marked_tags()).await?;
        outcome(cx, &url).await
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteQueue", &json!({"QueueUrl": request.physical()?})).await, MISSING)
    }
}

/// What a queue that is not there is refused with.
const MISSING: &str = "QueueDoesNotExist";

async fn call(cx: &mut Cx, operation: &str, input: &Value) -> Result<Value, Failure> {
    let caller = cx.caller().clone();
    cx.call_json(caller, "sqs", operation, input).await
}

/// CreateQueue answers the URL of a queue that is there already; a stack must not take over what is not its own.
async fn refuse_present(cx: &mut Cx, name: &str) -> Result<(), Failure> {
    match call(cx, "GetQueueUrl", &json!({"QueueName": name})).await {
        Ok(_) => {
            let text = format!("Resource of type 'AWS::SQS::Queue' with identifier '{name}' already exists.");
            Err(Failure::new("AlreadyExists", 400, text))
        }
        Err(failure) if failure.code() == MISSING => Ok(()),
        Err(failure) => Err(failure),
    }
}

fn generated_name(request: &ResourceRequest, is_fifo: bool) -> String {
    const FIFO: &str = ".fifo";
    if is_fifo {
        format!("{}{FIFO}", request.generated_name(NAME_CHARS_MAX - FIFO.len()))
    } else {
        request.generated_name(NAME_CHARS_MAX)
    }
}

/// The attributes that properties stand for: all are texts, policies are JSON in a text.
fn attributes(properties: &Map<String, Value>) -> Map<String, Value> {
    let given = ATTRIBUTES.iter().filter_map(|name| Some((*name, properties.get(*name)?)));
    given.map(|(name, value)| (name.to_owned(), Value::String(document(value)))).collect()
}

async fn retag(cx: &mut Cx, url: &str, wanted: BTreeMap<String, String>) -> Result<(), Failure> {
    let present = call(cx, "ListQueueTags", &json!({"QueueUrl": url})).await?;
    let gone = tags_gone(&present["Tags"], &wanted);
    if !gone.is_empty() {
        call(cx, "UntagQueue", &json!({"QueueUrl": url, "TagKeys": gone})).await?;
    }
    if wanted.iter().any(|(key, value)| present["Tags"][key] != **value) {
        call(cx, "TagQueue", &json!({"QueueUrl": url, "Tags": wanted})).await?;
    }
    Ok(())
}

async fn outcome(cx: &mut Cx, url: &str) -> Result<ResourceOutcome, Failure> {
    let asked = json!({"QueueUrl": url, "AttributeNames": ["QueueArn"]});
    let answer = call(cx, "GetQueueAttributes", &asked).await?;
    let arn = answer["Attributes"]["QueueArn"].clone();
    let name = url.rsplit('/').next().unwrap_or_default();
    let attributes = [("Arn", arn), ("QueueName", json!(name)), ("QueueUrl", json!(url))];
    Ok(ResourceOutcome::new(url, attributes))
}

/// `AWS::SQS::QueuePolicy`.
pub(crate) struct QueuePolicy;

#[async_trait]
impl ResourceType for QueuePolicy {
    fn name(&self) -> &'static str {
        "AWS::SQS::QueuePolicy"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] =
            &[Property::new("PolicyDocument").required(), Property::new("Queues").required()];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["Id"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let policy = request.document("PolicyDocument");
        for url in queues(&request.properties) {
            set_policy(cx, &url, &policy).await?;
        }
        Ok(ResourceOutcome::of_id(request.generated_name(POLICY_ID_CHARS_MAX), "Id"))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let (policy, wanted) = (request.document("PolicyDocument"), queues(&request.properties));
        for url in queues(old).iter().filter(|url| !wanted.contains(url)) {
            unless(set_policy(cx, url, "").await, MISSING)?;
        }
        for url in wanted {
            set_policy(cx, &url, &policy).await?;
        }
        Ok(ResourceOutcome::of_id(request.physical()?, "Id"))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        for url in queues(&request.properties) {
            unless(set_policy(cx, &url, "").await, MISSING)?;
        }
        Ok(())
    }
}

/// Length to which the policy's own name is cut, as for other generated ids.
const POLICY_ID_CHARS_MAX: usize = 128;

async fn set_policy(cx: &mut Cx, url: &str, policy: &str) -> Result<Value, Failure> {
    call(cx, "SetQueueAttributes", &json!({"QueueUrl": url, "Attributes": {"Policy": policy}})).await
}

fn queues(properties: &Map<String, Value>) -> Vec<String> {
    let urls = properties.get("Queues").and_then(Value::as_array);
    urls.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cloud::resource::{ResourceRequest, ResourceType as _};
    use serde_json::{Map, Value, json};

    use super::{Queue, QueuePolicy};
    use crate::tests::world;

    fn request(properties: Value, physical_id: Option<&str>) -> ResourceRequest {
        testkit::stacks::request("Jobs", properties, physical_id)
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[tokio::test]
    async fn a_queue_is_made_changed_and_deleted() {
        let world = world().await;
        let mut cx = world.cx();
        let properties =
            json!({"VisibilityTimeout": 60, "DelaySeconds": "5", "Tags": [{"Key": "a", "Value": "1"}]});
        let made = Queue.create(&mut cx, &request(properties.clone(), None)).await.unwrap();
        let again = Queue.create(&mut cx, &request(properties.clone(), None)).await.unwrap();
        assert_eq!(made.physical_id, again.physical_id, "a repeated creation finds the first");
        let url = made.physical_id.as_str();
        assert!(url.contains("/000000000000/demo-Jobs-"), "{url}");
        assert!(
            made.attributes["Arn"]
                .as_str()
                .unwrap()
                .starts_with("arn:aws:sqs:us-east-1:000000000000:demo-Jobs-")
        );
        let changed = request(json!({"VisibilityTimeout": 70}), Some(url));
        Queue.update(&mut cx, &changed, &object(properties)).await.unwrap();
        let asked = json!({"QueueUrl": url, "AttributeNames": ["VisibilityTimeout", "DelaySeconds"]});
        let now = world.ok("sqs", "GetQueueAttributes", asked).await;
        assert_eq!(now["Attributes"], json!({"VisibilityTimeout": "70", "DelaySeconds": "0"}));
        let tags = world.ok("sqs", "ListQueueTags", json!({"QueueUrl": url})).await;
        let mut wanted = BTreeMap::from([("STAGE".to_owned(), "dev".to_owned())]);
        wanted.extend(changed.system_tags());
        assert_eq!(tags["Tags"], json!(wanted));
        for _ in 0..2 {
            Queue.delete(&mut cx, &changed).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_queue_of_somebody_else_is_left_alone() {
        let world = world().await;
        crate::tests::queue(&world, "q", json!({})).await;
        let mut wanted = request(json!({"QueueName": "q"}), None);
        let failure = Queue.create(&mut world.cx(), &wanted).await.unwrap_err();
        assert_eq!(
            failure.message(),
            "Resource of type 'AWS::SQS::Queue' with identifier 'q' already exists."
        );
        wanted.repeated = true;
        assert!(Queue.create(&mut world.cx(), &wanted).await.is_ok(), "the first try may have made it");
    }

    #[tokio::test]
    async fn a_fifo_queue_gets_a_fifo_name() {
        let world = world().await;
        let made = Queue.create(&mut world.cx(), &request(json!({"FifoQueue": true}), None)).await.unwrap();
        assert!(made.physical_id.ends_with(".fifo"), "{}", made.physical_id);
        assert!(made.attributes["QueueName"].as_str().unwrap().len() <= 80);
    }

    #[tokio::test]
    async fn a_policy_stands_on_its_queues() {
        let world = world().await;
        let mut cx = world.cx();
        let url = crate::tests::queue(&world, "q", json!({})).await;
        let document = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*",
        }]});
        let properties = json!({"PolicyDocument": document, "Queues": [url]});
        let made = QueuePolicy.create(&mut cx, &request(properties.clone(), None)).await.unwrap();
        let asked = json!({"QueueUrl": url, "AttributeNames": ["Policy"]});
        let policy = world.ok("sqs", "GetQueueAttributes", asked.clone()).await;
        let stored: Value = serde_json::from_str(policy["Attributes"]["Policy"].as_str().unwrap()).unwrap();
        assert_eq!(stored, document);
        let present = request(properties, Some(&made.physical_id));
        QueuePolicy.delete(&mut cx, &present).await.unwrap();
        assert_eq!(world.ok("sqs", "GetQueueAttributes", asked).await, json!({}));
        world.ok("sqs", "DeleteQueue", json!({"QueueUrl": url})).await;
        QueuePolicy.delete(&mut cx, &present).await.unwrap();
    }
}
