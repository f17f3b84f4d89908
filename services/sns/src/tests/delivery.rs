//! From a topic to queues and people.

use super::*;

#[tokio::test]
async fn a_queue_has_the_notification_when_publish_has_answered() {
    let world = world().await;
    let (topic, url) = pair(&world, json!({})).await;
    let input = json!({"TopicArn": topic, "Message": "hi", "Subject": "s", "MessageAttributes": {
        "n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": "AgME"},
    }});
    let sent = world.ok("sns", "Publish", input).await;
    let got = documents(&world, &url).await;
    assert_eq!(got.len(), 1);
    let names: Vec<&str> = got[0].as_object().unwrap().keys().map(String::as_str).collect();
    // The order of the examples in the developer guide.
    assert_eq!(
        names,
        [
            "Type",
            "MessageId",
            "TopicArn",
            "Subject",
            "Message",
            "Timestamp",
            "SignatureVersion",
            "Signature",
            "SigningCertURL",
            "UnsubscribeURL",
            "MessageAttributes"
        ]
    );
    assert_eq!(
        (&got[0]["MessageId"], &got[0]["Message"], &got[0]["Subject"]),
        (&sent["MessageId"], &json!("hi"), &json!("s"))
    );
    assert_eq!(got[0]["Timestamp"], "2026-01-01T00:00:00.000Z");
    // Recorded: test_message_attributes_not_missing.
    assert_eq!(
        got[0]["MessageAttributes"],
        json!({"b": {"Type": "Binary", "Value": "AgME"}, "n": {"Type": "Number", "Value": "1"}})
    );
}

#[tokio::test]
async fn raw_messages_have_their_attributes() {
    let world = world().await;
    let (topic, url) = pair(&world, json!({"RawMessageDelivery": "true"})).await;
    let attributes = json!({"b": {"DataType": "Binary", "BinaryValue": "AgME"}});
    let input =
        json!({"TopicArn": topic, "Message": "hi", "MessageAttributes": attributes, "MessageGroupId": "g"});
    world.ok("sns", "Publish", input).await;
    let got = messages(&world, &url).await;
    assert_eq!((&got[0]["Body"], &got[0]["MessageAttributes"]), (&json!("hi"), &attributes));
    // Groups of standard queues (recorded: test_publish_message_group_id).
    assert_eq!(got[0]["Attributes"]["MessageGroupId"], "g");
}

#[tokio::test]
async fn filters_choose() {
    let world = world().await;
    let (topic, url) = pair(&world, json!({"FilterPolicy": r#"{"kind": ["a"]}"#})).await;
    let (body_url, body_arn) = queue(&world, "body").await;
    let on_body = json!({"FilterPolicy": r#"{"kind": ["b"]}"#, "FilterPolicyScope": "MessageBody", "RawMessageDelivery": "true"});
    subscribe(&world, &topic, "sqs", &body_arn, on_body).await;
    for (message, kind) in [("1", "a"), ("2", "b"), ("{\"kind\": \"b\"}", "c")] {
        let attributes = json!({"kind": {"DataType": "String", "StringValue": kind}});
        let input = json!({"TopicArn": topic, "Message": message, "MessageAttributes": attributes});
        world.ok("sns", "Publish", input).await;
    }
    let got = documents(&world, &url).await;
    assert_eq!(got.iter().map(|one| &one["Message"]).collect::<Vec<_>>(), ["1"]);
    assert_eq!(bodies(&world, &body_url).await, ["{\"kind\": \"b\"}"]);
}

#[tokio::test]
async fn each_protocol_may_have_its_own_text() {
    let world = world().await;
    let (topic, url) = pair(&world, json!({"RawMessageDelivery": "true"})).await;
    subscribe(&world, &topic, "sms", "+15551234567", json!({})).await;
    let message = json!({"default": "d", "sqs": "q"}).to_string();
    world
        .ok("sns", "Publish", json!({"TargetArn": topic, "Message": message, "MessageStructure": "json"}))
        .await;
    assert_eq!(bodies(&world, &url).await, ["q"]);
    let mails = inbox(&world).await;
    assert_eq!(
        (&mails[0]["Kind"], &mails[0]["To"], &mails[0]["Body"]),
        (&json!("sms"), &json!("+15551234567"), &json!("d"))
    );
}

#[tokio::test]
async fn phones_get_texts() {
    let world = world().await;
    let sender = json!({"AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Shop"}});
    let input = json!({"PhoneNumber": "+15551234567", "Message": "hi", "MessageAttributes": sender});
    world.ok("sns", "Publish", input).await;
    let mails = inbox(&world).await;
    assert_eq!((&mails[0]["From"], &mails[0]["Body"]), (&json!("Shop"), &json!("hi")));
    let wrong = json!({"PhoneNumber": "nobody", "Message": "hi"});
    let (_, text) = world.error("sns", "Publish", wrong).await;
    assert_eq!(text, "Invalid parameter: PhoneNumber Reason: nobody is not valid to publish to");
}

/// Texts recorded: replay/sns, TestSNSPublishCrud.
#[tokio::test]
async fn wrong_messages_are_refused() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let long = "a".repeat(256 * 1024);
    world.ok("sns", "Publish", json!({"TopicArn": arn, "Message": long})).await;
    let attribute = json!({"k": {"DataType": "String", "StringValue": "v"}});
    for (input, code, message) in [
        (json!({"TopicArn": arn, "Message": ""}), "InvalidParameter", "Invalid parameter: Empty message"),
        (
            json!({"TopicArn": arn, "Message": format!("{long}a")}),
            "InvalidParameter",
            "Invalid parameter: Message too long",
        ),
        (
            json!({"TopicArn": arn, "Message": long, "MessageAttributes": attribute}),
            "InvalidParameter",
            "Invalid parameter: Message too long",
        ),
        (
            json!({"TopicArn": arn, "Message": "m", "Subject": "a\nb"}),
            "InvalidParameter",
            "Invalid parameter: Subject",
        ),
        (
            json!({"Message": "m"}),
            "InvalidParameter",
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
        (json!({"TopicArn": format!("{arn}x"), "Message": "m"}), "NotFound", "Topic does not exist"),
        (
            json!({"TopicArn": "x", "Message": "m"}),
            "InvalidParameter",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            json!({"TopicArn": arn, "Message": "m", "MessageDeduplicationId": "d"}),
            "InvalidParameter",
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        ),
        (
            json!({"TopicArn": arn, "Message": "m", "MessageAttributes": {"k": {"DataType": "Text", "StringValue": "v"}}}),
            "ParameterValueInvalid",
            "The message attribute 'k' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
        ),
        (
            json!({"TargetArn": "arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/b", "Message": "m"}),
            "InvalidParameter",
            "Invalid parameter: TargetArn Reason: mobile push is not supported by this cloud",
        ),
    ] {
        let (found, text) = world.error("sns", "Publish", input).await;
        assert_eq!((found.as_str(), text.as_str()), (code, message));
    }
}

/// Texts recorded: test_publish_batch_invalid_entry_id, test_publish_batch_too_long_message.
#[tokio::test]
async fn batches_succeed_and_fail_by_entry() {
    let world = world().await;
    let (topic, url) = pair(&world, json!({"RawMessageDelivery": "true"})).await;
    let batch = |entries: Value| json!({"TopicArn": topic, "PublishBatchRequestEntries": entries});
    let entries =
        json!([{"Id": "a", "Message": "1"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "3"}]);
    let answer = world.ok("sns", "PublishBatch", batch(entries)).await;
    let ids = |list: &Value| list.as_array().unwrap().iter().map(|one| one["Id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&answer["Successful"]), ["a", "c"]);
    let failed = json!([{"Id": "b", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message", "SenderFault": true}]);
    assert_eq!(answer["Failed"], failed);
    let mut got = bodies(&world, &url).await;
    got.sort();
    assert_eq!(got, ["1", "3"]);
    let half = "a".repeat(128 * 1024 + 1);
    let eleven: Vec<Value> = (0..11).map(|n| json!({"Id": n.to_string(), "Message": "m"})).collect();
    for (entries, code) in [
        (json!([]), "EmptyBatchRequest"),
        (json!(eleven), "TooManyEntriesInBatchRequest"),
        (json!([{"Id": "a", "Message": "m"}, {"Id": "a", "Message": "m"}]), "BatchEntryIdsNotDistinct"),
        (json!([{"Id": "message.id", "Message": "m"}]), "InvalidBatchEntryId"),
        (json!([{"Id": "a".repeat(81), "Message": "m"}]), "InvalidBatchEntryId"),
        (json!([{"Id": "a", "Message": half}, {"Id": "b", "Message": half}]), "BatchRequestTooLong"),
    ] {
        assert_eq!(world.error("sns", "PublishBatch", batch(entries)).await.0, code);
    }
    assert!(bodies(&world, &url).await.is_empty());
}

/// Recorded: test_redrive_policy_sqs_queue_subscription.
#[tokio::test]
async fn what_cannot_be_delivered_goes_to_the_queue_for_the_dead() {
    let world = world().await;
    let (dead_url, dead_arn) = queue(&world, "dead").await;
    let redrive = json!({"deadLetterTargetArn": dead_arn}).to_string();
    let arn = topic(&world, "t", json!({})).await;
    let gone = "arn:aws:sqs:us-east-1:000000000000:gone";
    subscribe(&world, &arn, "sqs", gone, json!({"RedrivePolicy": redrive, "RawMessageDelivery": "true"}))
        .await;
    // A queue that does not let SNS in, without a queue for the dead: dropped.
    world.ok("sqs", "CreateQueue", json!({"QueueName": "closed"})).await;
    let closed = "arn:aws:sqs:us-east-1:000000000000:closed";
    subscribe(&world, &arn, "sqs", closed, json!({})).await;
    let attributes = json!({"n": {"DataType": "Number", "StringValue": "111"}, "b": {"DataType": "Binary", "BinaryValue": "AgME"}});
    world
        .ok("sns", "Publish", json!({"TopicArn": arn, "Message": "m", "MessageAttributes": attributes}))
        .await;
    let got = messages(&world, &dead_url).await;
    assert_eq!(got.len(), 1);
    assert_eq!((&got[0]["Body"], &got[0]["MessageAttributes"]), (&json!("m"), &attributes));
    assert!(bodies(&world, "/000000000000/closed").await.is_empty());
    // Notifications stay whole.
    let notified = "arn:aws:sqs:us-east-1:000000000000:gone-too";
    subscribe(&world, &arn, "sqs", notified, json!({"RedrivePolicy": redrive})).await;
    publish(&world, &arn, "again").await;
    let mut all = bodies(&world, &dead_url).await;
    all.sort();
    assert_eq!(all[0], "again");
    assert_eq!(serde_json::from_str::<Value>(&all[1]).unwrap()["Message"], "again");
}

/// Recorded: test_cross_region_delivery_sqs.
#[tokio::test]
async fn queues_of_other_regions_are_reached() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let there = cloud::caller::Caller::root(testkit::ACCOUNT, "eu-west-1");
    let queue = "arn:aws:sqs:eu-west-1:000000000000:q";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "sqs:SendMessage", "Resource": queue}]});
    let input = json!({"QueueName": "q", "Attributes": {"Policy": policy.to_string()}});
    let made = world.call_as(there.clone(), "sqs", "CreateQueue", input).await.unwrap();
    subscribe(&world, &arn, "sqs", queue, json!({"RawMessageDelivery": "true"})).await;
    publish(&world, &arn, "far").await;
    let asked = json!({"QueueUrl": made["QueueUrl"]});
    let got = world.call_as(there, "sqs", "ReceiveMessage", asked).await.unwrap();
    assert_eq!(got["Messages"][0]["Body"], "far");
}

#[tokio::test]
async fn mails_go_to_the_inbox() {
    let world = world().await;
    let arn = topic(&world, "t", json!({"DisplayName": "Shop"})).await;
    for protocol in ["email", "email-json"] {
        subscribe(&world, &arn, protocol, "user@example.com", json!({})).await;
    }
    let asked = inbox(&world).await;
    assert_eq!(asked.len(), 2);
    publish(&world, &arn, "nobody has confirmed").await;
    assert_eq!(inbox(&world).await.len(), 2);
    for mail in &asked {
        assert_eq!(mail["From"], "Shop <no-reply@sns.amazonaws.com>");
        assert_eq!(mail["Subject"], "AWS Notification - Subscription Confirmation");
        let token = mail["Body"].as_str().unwrap().split("Token=").nth(1).unwrap();
        let token: String = token.chars().take_while(char::is_ascii_hexdigit).collect();
        world.ok("sns", "ConfirmSubscription", json!({"TopicArn": arn, "Token": token})).await;
    }
    world.advance(Duration::from_secs(1)).await;
    publish(&world, &arn, "hi").await;
    let mails = inbox(&world).await;
    assert_eq!(mails.len(), 4);
    let (json, plain) =
        mails[..2].iter().partition::<Vec<_>, _>(|mail| mail["Body"].as_str().unwrap().starts_with('{'));
    let read: Value = serde_json::from_str(json[0]["Body"].as_str().unwrap()).unwrap();
    assert_eq!(read["Message"], "hi");
    assert!(plain[0]["Body"].as_str().unwrap().starts_with("hi\n"));
    assert_eq!(plain[0]["Subject"], "AWS Notification Message");
}
