//! What the tests of all rooms use.

mod feeds;

use http::{HeaderMap, HeaderValue, Request};
use serde_json::{Value, json};
use shape::Stream;
use testkit::World;
use wire::sigv4::{Credentials, Payload, Signer};

/// A cloud with SQS alone.
pub(crate) async fn world() -> World {
    World::new(&[&crate::SQS]).await
}

/// Makes a queue and answers its URL.
pub(crate) async fn queue(world: &World, name: &str, attributes: Value) -> String {
    let input = json!({"QueueName": name, "Attributes": attributes});
    world.ok("sqs", "CreateQueue", input).await["QueueUrl"].as_str().unwrap().to_owned()
}

/// Sends a message.
pub(crate) async fn send(world: &World, url: &str, body: &str) -> Value {
    world.ok("sqs", "SendMessage", json!({"QueueUrl": url, "MessageBody": body})).await
}

/// Receives up to ten messages, without waiting.
pub(crate) async fn receive(world: &World, url: &str) -> Vec<Value> {
    let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10});
    let answer = world.ok("sqs", "ReceiveMessage", input).await;
    answer["Messages"].as_array().cloned().unwrap_or_default()
}

/// Posts a signed form over HTTP, as clients of the query protocol do: status and body.
async fn post(world: &World, form: &str) -> (u16, String) {
    let root =
        Credentials { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None };
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost:4566"));
    headers
        .insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
    let now = world.cx().now().secs();
    let payload = Payload::of(form.as_bytes());
    Signer::new(&root, "us-east-1", "sqs").sign(now, ("POST", "/", ""), &mut headers, &payload).unwrap();
    let mut request = Request::post("/").body(Stream::once(form.to_owned().into())).unwrap();
    *request.headers_mut() = headers;
    let response = cloud::http::serve(world.cloud(), request, None, false).await;
    let body = response.body().collect(1 << 20).await.unwrap();
    (response.status().as_u16(), String::from_utf8(body.into()).unwrap())
}

/// What stands between the tags of the first element `name`.
fn inner<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

/// Names of parameters and elements as in the examples of the API reference, query protocol.
#[tokio::test]
async fn the_query_protocol() {
    const VERSION: &str = "Version=2012-11-05";
    let world = world().await;
    let create = "Action=CreateQueue&QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=0&Tag.1.Key=k&Tag.1.Value=v";
    let (status, body) = post(&world, &format!("{create}&{VERSION}")).await;
    assert_eq!((status, inner(&body, "QueueUrl")), (200, "http://127.0.0.1:4566/000000000000/q"));
    assert!(body.contains(
        "<CreateQueueResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><CreateQueueResult>"
    ));
    let call =
        async |rest: &str| post(&world, &format!("{rest}&QueueUrl=%2F000000000000%2Fq&{VERSION}")).await.1;
    let sent = call("Action=SendMessage&MessageBody=a+%3C%26%3E&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=x").await;
    assert_eq!(inner(&sent, "MD5OfMessageBody"), wire::digest::md5_hex(b"a <&>"));
    let batch = call("Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=one&SendMessageBatchRequestEntry.1.MessageBody=b&SendMessageBatchRequestEntry.2.Id=two&SendMessageBatchRequestEntry.2.MessageBody=").await;
    assert_eq!(inner(inner(&batch, "SendMessageBatchResultEntry"), "Id"), "one");
    let failed = inner(&batch, "BatchResultErrorEntry");
    assert_eq!(
        (inner(failed, "Id"), inner(failed, "Code"), inner(failed, "SenderFault")),
        ("two", "MissingParameter", "true")
    );
    let received = call("Action=ReceiveMessage&MaxNumberOfMessages=1&AttributeName.1=ApproximateReceiveCount&MessageAttributeName.1=All").await;
    let message = inner(&received, "Message");
    assert_eq!(inner(message, "Attribute"), "<Name>ApproximateReceiveCount</Name><Value>1</Value>");
    let handle = inner(message, "ReceiptHandle").replace('=', "%3D").replace('+', "%2B").replace('/', "%2F");
    if inner(message, "Body") == "a &lt;&amp;&gt;" {
        let value = "<StringValue>x</StringValue><DataType>String</DataType>";
        assert_eq!(inner(message, "MessageAttribute"), format!("<Name>n</Name><Value>{value}</Value>"));
    }
    let changed = call(&format!(
        "Action=ChangeMessageVisibilityBatch&ChangeMessageVisibilityBatchRequestEntry.1.Id=c&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle={handle}&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=5"
    )).await;
    assert_eq!(inner(&changed, "ChangeMessageVisibilityBatchResultEntry"), "<Id>c</Id>");
    let deleted = call(&format!(
        "Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=d&DeleteMessageBatchRequestEntry.1.ReceiptHandle={handle}"
    )).await;
    assert_eq!(inner(&deleted, "DeleteMessageBatchResultEntry"), "<Id>d</Id>");
    call("Action=SetQueueAttributes&Attribute.Name=VisibilityTimeout&Attribute.Value=44").await;
    let attributes = call("Action=GetQueueAttributes&AttributeName.1=VisibilityTimeout").await;
    assert_eq!(inner(&attributes, "Attribute"), "<Name>VisibilityTimeout</Name><Value>44</Value>");
    call("Action=AddPermission&Label=l&AWSAccountId.1=111111111111&ActionName.1=SendMessage").await;
    assert!(call("Action=GetQueueAttributes&AttributeName.1=Policy").await.contains("SQS:SendMessage"));
    call("Action=TagQueue&Tag.1.Key=k2&Tag.1.Value=v2").await;
    call("Action=UntagQueue&TagKey.1=k").await;
    assert_eq!(inner(&call("Action=ListQueueTags").await, "Tag"), "<Key>k2</Key><Value>v2</Value>");
    let listed = post(&world, &format!("Action=ListQueues&QueueNamePrefix=q&{VERSION}")).await.1;
    assert_eq!(inner(&listed, "QueueUrl"), "http://127.0.0.1:4566/000000000000/q");
    call("Action=DeleteQueue").await;
    let gone = call("Action=DeleteQueue").await;
    let error = "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist.</Message>";
    assert_eq!(inner(&gone, "Error"), error);
}
