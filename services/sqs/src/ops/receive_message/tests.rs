use std::time::Duration;

use serde_json::{Value, json};
use testkit::{START, World};

use crate::tests::{queue, receive, send, world};

fn bodies(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["Body"].as_str().unwrap()).collect()
}

async fn say(world: &World, url: &str, group: &str, body: &str) {
    let input = json!({"QueueUrl": url, "MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": body});
    world.ok("sqs", "SendMessage", input).await;
    // Between groups the order is that of time.
    world.advance(Duration::from_millis(1)).await;
}

#[tokio::test]
async fn a_message_is_hidden_and_comes_back() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    assert_eq!(world.ok("sqs", "ReceiveMessage", json!({"QueueUrl": url})).await, json!({}));
    let sent = send(&world, &url, "msg").await;
    let input = json!({"QueueUrl": url, "MessageSystemAttributeNames": ["All"]});
    let answer = world.ok("sqs", "ReceiveMessage", input.clone()).await;
    let message = &answer["Messages"][0];
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!((&message["Body"], &message["MD5OfBody"]), (&json!("msg"), &sent["MD5OfMessageBody"]));
    let start = START.millis().to_string();
    // Recorded: test_receive_message_message_system_attribute_names_filters.
    assert_eq!(
        message["Attributes"],
        json!({
            "ApproximateFirstReceiveTimestamp": start,
            "ApproximateReceiveCount": "1",
            "SenderId": "000000000000",
            "SentTimestamp": start,
        })
    );
    assert!(receive(&world, &url).await.is_empty());
    world.advance(Duration::from_secs(30)).await;
    let again = world.ok("sqs", "ReceiveMessage", input).await;
    assert_eq!(again["Messages"][0]["Attributes"]["ApproximateReceiveCount"], "2");
    assert_ne!(again["Messages"][0]["ReceiptHandle"], message["ReceiptHandle"]);
}

/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html>: the header of the request is in all of its
/// messages, and the attribute of a message overrides it.
#[tokio::test]
async fn a_message_carries_the_trace_of_its_request() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let other = json!({"AWSTraceHeader": {"StringValue": "Root=1-a-b", "DataType": "String"}});
    let mut cx = world.cx();
    cx.join_header(header);
    let caller = cx.caller().clone();
    let entries = json!([
        {"Id": "a", "MessageBody": "a"},
        {"Id": "b", "MessageBody": "b", "MessageSystemAttributes": other},
    ]);
    cx.call_json(caller, "sqs", "SendMessageBatch", &json!({"QueueUrl": url, "Entries": entries}))
        .await
        .unwrap();
    send(&world, &url, "c").await;
    let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["AWSTraceHeader"]});
    let answer = world.ok("sqs", "ReceiveMessage", input).await;
    let traces = answer["Messages"].as_array().unwrap().iter();
    let mut traces: Vec<(&str, Option<&str>)> = traces
        .map(|message| (message["Body"].as_str().unwrap(), message["Attributes"]["AWSTraceHeader"].as_str()))
        .collect();
    traces.sort_unstable();
    assert_eq!(traces, [("a", Some(header)), ("b", Some("Root=1-a-b")), ("c", None)]);
}

#[tokio::test]
async fn attributes_come_when_they_are_asked_for() {
    let world = world().await;
    let url = queue(&world, "q", json!({"VisibilityTimeout": "0"})).await;
    let attributes = json!({
        "Hello": {"StringValue": "There", "DataType": "String"},
        "Raw": {"BinaryValue": "AAE=", "DataType": "Binary"},
    });
    let trace = json!({"AWSTraceHeader": {"StringValue": "Root=1-a-b", "DataType": "String"}});
    let input = json!({"QueueUrl": url, "MessageBody": "b", "MessageAttributes": attributes, "MessageSystemAttributes": trace});
    world.ok("sqs", "SendMessage", input).await;
    let ask = async |names: Value| {
        let input =
            json!({"QueueUrl": url, "MessageAttributeNames": names, "AttributeNames": ["AWSTraceHeader"]});
        world.ok("sqs", "ReceiveMessage", input).await["Messages"][0].clone()
    };
    let all = ask(json!(["All"])).await;
    assert_eq!(all["MessageAttributes"], attributes);
    assert_eq!(all["Attributes"], json!({"AWSTraceHeader": "Root=1-a-b"}));
    let one = ask(json!(["Hel.*"])).await;
    assert_eq!(one["MessageAttributes"], json!({"Hello": attributes["Hello"]}));
    // Recorded: test_receive_message_message_attribute_names_filters, "existing_and_non_existing".
    assert_eq!(one["MD5OfMessageAttributes"], "a311262e065454b75da111d535b8dacd");
    let none = ask(json!(["Other"])).await;
    assert_eq!((none.get("MessageAttributes"), none.get("MD5OfMessageAttributes")), (None, None));
}

#[tokio::test]
async fn a_long_poll_hears_of_a_message() {
    let world = world().await;
    let url = queue(&world, "q", json!({"ReceiveMessageWaitTimeSeconds": "20"})).await;
    let poll = world.call("sqs", "ReceiveMessage", json!({"QueueUrl": url}));
    let (answer, _) = tokio::join!(poll, send(&world, &url, "hello"));
    assert_eq!(answer.unwrap()["Messages"][0]["Body"], "hello");
}

#[tokio::test]
async fn a_long_poll_sees_delays_end_and_ends_itself() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let late = json!({"QueueUrl": url, "MessageBody": "late", "DelaySeconds": 3});
    world.ok("sqs", "SendMessage", late).await;
    let poll = |seconds: i64| {
        world.call("sqs", "ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": seconds}))
    };
    let pass = async |seconds: u64| {
        world.advance(Duration::from_secs(seconds)).await;
    };
    let (answer, ()) = tokio::join!(poll(2), pass(2));
    assert_eq!(answer.unwrap(), json!({}));
    let (answer, ()) = tokio::join!(poll(5), pass(1));
    assert_eq!(answer.unwrap()["Messages"][0]["Body"], "late");
}

#[tokio::test]
async fn a_long_poll_sees_a_message_that_was_delayed_meanwhile() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let poll = world.call("sqs", "ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20}));
    let meanwhile = async {
        world.settle().await;
        let late = json!({"QueueUrl": url, "MessageBody": "late", "DelaySeconds": 3});
        world.ok("sqs", "SendMessage", late).await;
        for _ in 0..3 {
            world.advance(Duration::from_secs(1)).await;
        }
    };
    let (answer, ()) = tokio::join!(poll, meanwhile);
    assert_eq!(answer.unwrap()["Messages"][0]["Body"], "late");
    assert_eq!(world.cx().now(), START.plus_secs(3));
}

#[tokio::test]
async fn too_many_receives_lead_to_the_dead_letter_queue() {
    let world = world().await;
    let dead = queue(&world, "dead", json!({})).await;
    let policy =
        json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1});
    let settings = json!({"VisibilityTimeout": "0", "RedrivePolicy": policy.to_string()});
    let url = queue(&world, "q", settings).await;
    let sent = send(&world, &url, "x").await;
    assert_eq!(receive(&world, &url).await.len(), 1);
    assert!(receive(&world, &url).await.is_empty());
    let input = json!({"QueueUrl": dead, "AttributeNames": ["All"]});
    let message = world.ok("sqs", "ReceiveMessage", input).await["Messages"][0].clone();
    assert_eq!(message["MessageId"], sent["MessageId"]);
    // Recorded: test_dead_letter_queue_message_attributes.
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(message["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
    // Without the dead-letter queue a message stays.
    send(&world, &url, "y").await;
    world.ok("sqs", "DeleteQueue", json!({"QueueUrl": dead})).await;
    for _ in 0..3 {
        assert_eq!(bodies(&receive(&world, &url).await), ["y"]);
    }
}

#[tokio::test]
async fn a_fifo_queue_keeps_the_order_of_each_group() {
    let world = world().await;
    let url = queue(&world, "q.fifo", json!({"FifoQueue": "true"})).await;
    for (group, body) in [("1", "a1"), ("2", "b1"), ("1", "a2"), ("2", "b2")] {
        say(&world, &url, group, body).await;
    }
    let input = json!({"QueueUrl": url, "MaxNumberOfMessages": 1, "AttributeNames": ["All"]});
    let first = world.ok("sqs", "ReceiveMessage", input).await["Messages"][0].clone();
    assert_eq!(first["Body"], "a1");
    assert_eq!(first["Attributes"]["MessageGroupId"], "1");
    assert_eq!(first["Attributes"]["MessageDeduplicationId"], "a1");
    assert_eq!(bodies(&receive(&world, &url).await), ["b1", "b2"], "group 1 waits for its first message");
    world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": first["ReceiptHandle"]})).await;
    assert_eq!(bodies(&receive(&world, &url).await), ["a2"]);
}

#[tokio::test]
async fn old_messages_are_not_given_out() {
    let world = world().await;
    let url = queue(&world, "q", json!({"MessageRetentionPeriod": "60"})).await;
    send(&world, &url, "x").await;
    world.advance(Duration::from_secs(61)).await;
    assert!(receive(&world, &url).await.is_empty());
}

#[tokio::test]
async fn wrong_requests() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    for (extra, message) in [
        // Recorded: test_send_receive_max_number_of_messages.
        (
            json!({"MaxNumberOfMessages": 11}),
            "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            json!({"MaxNumberOfMessages": 0}),
            "Value 0 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        ),
        (
            json!({"WaitTimeSeconds": 21}),
            "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
        ),
        (
            json!({"VisibilityTimeout": -1}),
            "Value -1 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.",
        ),
        (json!({"AttributeNames": ["Color"]}), "Unknown Attribute Color."),
    ] {
        let mut input = extra;
        input["QueueUrl"] = json!(url);
        assert_eq!(world.error("sqs", "ReceiveMessage", input).await.1, message);
    }
    let (code, _) = world.error("sqs", "ReceiveMessage", json!({"QueueUrl": "none"})).await;
    assert_eq!(code, "QueueDoesNotExist");
}

#[tokio::test]
async fn queue_policies_decide() {
    let world = world().await;
    let url = queue(&world, "q", json!({})).await;
    let call = || world.call_as(testkit::nobody(), "sqs", "ReceiveMessage", json!({"QueueUrl": url}));
    assert_eq!(call().await.unwrap_err().code(), "AccessDeniedException");
    let policy = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sqs:Receive*", "Resource": "*",
    }});
    let set = json!({"QueueUrl": url, "Attributes": {"Policy": policy.to_string()}});
    world.ok("sqs", "SetQueueAttributes", set).await;
    // Naming the account lets its users in by their own policies only; naming the user does it here.
    assert_eq!(call().await.unwrap_err().code(), "AccessDeniedException");
    let policy = policy.to_string().replace("\"000000000000\"", "\"arn:aws:iam::000000000000:user/nobody\"");
    world.ok("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": {"Policy": policy}})).await;
    assert!(call().await.is_ok());
}

/// API reference of ReceiveMessage, `ReceiveRequestAttemptId`.
#[tokio::test]
async fn the_same_attempt_gives_the_same_messages() {
    let world = world().await;
    let url =
        queue(&world, "q.fifo", json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"})).await;
    for (body, group) in [("a", "g"), ("b", "g"), ("c", "h")] {
        say(&world, &url, group, body).await;
    }
    let ask = |attempt: &str| json!({"QueueUrl": url, "MaxNumberOfMessages": 2, "ReceiveRequestAttemptId": attempt});
    let first = world.ok("sqs", "ReceiveMessage", ask("1")).await;
    assert_eq!(first["Messages"].as_array().unwrap().len(), 2);
    world.advance(Duration::from_secs(20)).await;
    assert_eq!(world.ok("sqs", "ReceiveMessage", ask("1")).await, first);
    // The visibility timeout has begun anew.
    world.advance(Duration::from_secs(20)).await;
    assert_eq!(world.ok("sqs", "ReceiveMessage", ask("1")).await, first);
    let other = world.ok("sqs", "ReceiveMessage", ask("2")).await;
    assert_eq!(other["Messages"][0]["Body"], "c");
    // Nothing of what was changed comes again.
    let handle = &first["Messages"][0]["ReceiptHandle"];
    world.ok("sqs", "DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": handle})).await;
    assert_eq!(world.ok("sqs", "ReceiveMessage", ask("1")).await, json!({}));
    let standard = queue(&world, "q", json!({})).await;
    let input = json!({"QueueUrl": standard, "ReceiveRequestAttemptId": "1"});
    assert_eq!(world.error("sqs", "ReceiveMessage", input).await.0, "InvalidParameterValueException");
    world.advance(Duration::from_secs(301)).await;
    world.run_jobs().await;
    let view = world.cx().snapshot().await.unwrap();
    let page = store::layer::table::Paging::first(10);
    let left = store::layer::table::list::<crate::keys::AttemptRow>(&view, (), &page).await.unwrap();
    assert!(left.items.is_empty());
}
