//! Subscriptions and their attributes. Texts recorded: replay/sns, TestSNSSubscriptionCrud.

use super::*;

#[tokio::test]
async fn endpoints_fit_their_protocols() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    for (protocol, endpoint, message) in [
        ("test-protocol", "x", "Amazon SNS does not support this protocol string: test-protocol"),
        ("sqs", "http://localhost/000000000000/q", "SQS endpoint ARN"),
        (
            "sqs",
            "arn:aws:sqs:us-east-1:000000000000:q.fifo",
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
        ("lambda", "f", "Lambda endpoint ARN"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("https", "x", "Endpoint must match the specified protocol"),
        ("email", "x", "Email address"),
        ("sms", "x", "Invalid SMS endpoint: x"),
        (
            "firehose",
            "arn:aws:firehose:us-east-1:000000000000:deliverystream/d",
            "Protocol Reason: the protocol firehose is not supported by this cloud",
        ),
        ("application", "x", "Protocol Reason: the protocol application is not supported by this cloud"),
        ("", "x", "Protocol Reason: no value for required parameter"),
    ] {
        let input = json!({"TopicArn": arn, "Protocol": protocol, "Endpoint": endpoint});
        let (code, text) = world.error("sns", "Subscribe", input).await;
        assert_eq!((code.as_str(), text), ("InvalidParameter", format!("Invalid parameter: {message}")));
    }
    let none = json!({"TopicArn": format!("{arn}x"), "Protocol": "sms", "Endpoint": "+15551234567"});
    assert_eq!(world.error("sns", "Subscribe", none).await.0, "NotFound");
}

#[tokio::test]
async fn a_subscription_is_made_once() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let queue = "arn:aws:sqs:us-east-1:000000000000:none";
    let input = |attributes: Value| json!({"TopicArn": arn, "Protocol": "sqs", "Endpoint": queue, "Attributes": attributes});
    let first = world.ok("sns", "Subscribe", input(json!({"RawMessageDelivery": "True"}))).await;
    for same in [
        json!({"RawMessageDelivery": "true"}),
        json!({}),
        json!({"RawMessageDelivery": "true", "FilterPolicyScope": "MessageAttributes"}),
    ] {
        assert_eq!(world.ok("sns", "Subscribe", input(same)).await, first);
    }
    let (_, text) = world.error("sns", "Subscribe", input(json!({"RawMessageDelivery": "false"}))).await;
    assert_eq!(
        text,
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    );
}

#[tokio::test]
async fn attributes_are_checked_and_shown() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let queue = "arn:aws:sqs:us-east-1:000000000000:q";
    let subscription = subscribe(
        &world,
        &arn,
        "sqs",
        queue,
        json!({"FilterPolicyScope": "MessageBody", "FilterPolicy": ""}),
    )
    .await;
    let shown = async || {
        let asked = json!({"SubscriptionArn": subscription});
        world.ok("sns", "GetSubscriptionAttributes", asked).await["Attributes"].clone()
    };
    assert_eq!(
        shown().await,
        json!({
            "ConfirmationWasAuthenticated": "true", "Endpoint": queue, "Owner": "000000000000",
            "PendingConfirmation": "false", "Protocol": "sqs", "RawMessageDelivery": "false",
            "SubscriptionArn": subscription, "SubscriptionPrincipal": "arn:aws:iam::000000000000:root", "TopicArn": arn,
        })
    );
    let set = |name: &str, value: &str| json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value});
    for (name, value, message) in [
        ("FakeAttribute", "x", "AttributeName"),
        (
            "RawMessageDelivery",
            "test-ValUe",
            "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.",
        ),
        (
            "RedrivePolicy",
            "{\"deadLetterTargetArn\": \"fake-arn\"}",
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        ("RedrivePolicy", "{invalidjson}", "RedrivePolicy: failed to parse JSON."),
        ("FilterPolicy", "{invalidjson}", "FilterPolicy: failed to parse JSON."),
        (
            "FilterPolicyScope",
            "RandomValue",
            "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes",
        ),
        ("ReplayPolicy", "{}", "ReplayPolicy Reason: the replay of messages is not supported by this cloud"),
    ] {
        let (_, text) = world.error("sns", "SetSubscriptionAttributes", set(name, value)).await;
        assert_eq!(text, format!("Invalid parameter: {message}"));
    }
    world.ok("sns", "SetSubscriptionAttributes", set("FilterPolicy", r#"{"a": {"b": ["x"]}}"#)).await;
    assert_eq!(shown().await["FilterPolicyScope"], "MessageBody");
    let (_, text) =
        world.error("sns", "SetSubscriptionAttributes", set("FilterPolicyScope", "MessageAttributes")).await;
    assert!(text.ends_with("does not support nested filter policy"), "{text}");
    world.ok("sns", "SetSubscriptionAttributes", set("FilterPolicy", "")).await;
    assert_eq!(shown().await.get("FilterPolicy"), None);
}

#[tokio::test]
async fn wrong_arns_are_told_apart() {
    let world = world().await;
    topic(&world, "t", json!({})).await;
    for (arn, message) in [
        ("randomstring", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        (
            "arn:aws:sns:us-east-1:random",
            "SubscriptionArn Reason: An ARN must have at least 6 elements, not 5",
        ),
        ("arn:aws:sns:us-east-1:111111111111:random", "SubscriptionId"),
        ("", "SubscriptionArn Reason: no value for required parameter"),
    ] {
        let (_, text) = world.error("sns", "Unsubscribe", json!({"SubscriptionArn": arn})).await;
        assert_eq!(text, format!("Invalid parameter: {message}"));
    }
    let none = "arn:aws:sns:us-east-1:000000000000:t:173688f6-e70d-45af-8527-634c5397449c";
    world.ok("sns", "Unsubscribe", json!({"SubscriptionArn": none})).await;
    let (code, text) =
        world.error("sns", "GetSubscriptionAttributes", json!({"SubscriptionArn": none})).await;
    assert_eq!((code.as_str(), text.as_str()), ("NotFound", "Subscription does not exist"));
}

#[tokio::test]
async fn subscriptions_are_listed_in_pages() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    for number in 0..101 {
        subscribe(&world, &arn, "sms", &format!("+1555123{number:04}"), json!({})).await;
    }
    for (operation, input) in
        [("ListSubscriptions", json!({})), ("ListSubscriptionsByTopic", json!({"TopicArn": arn}))]
    {
        let first = world.ok("sns", operation, input.clone()).await;
        assert_eq!(first["Subscriptions"].as_array().unwrap().len(), 100);
        let mut next = input;
        next["NextToken"] = first["NextToken"].clone();
        let second = world.ok("sns", operation, next).await;
        assert_eq!(second["Subscriptions"].as_array().unwrap().len(), 1);
        assert_eq!(second.get("NextToken"), None);
    }
    let counted = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
    assert_eq!(counted["Attributes"]["SubscriptionsConfirmed"], "101");
}

/// Mobile push and the sandbox of text messages are not there, and say so.
#[tokio::test]
async fn what_is_not_there_is_refused() {
    let world = world().await;
    let app = "arn:aws:sns:us-east-1:000000000000:app/ADM/none";
    let null = "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null";
    for (operation, input, code, message) in [
        ("CreatePlatformApplication", json!({"Name": "n", "Platform": "ADM"}), "ValidationError", null),
        (
            "CreatePlatformApplication",
            json!({"Name": "n", "Platform": "ADM", "Attributes": {"PlatformPrincipal": "x"}}),
            "InvalidParameter",
            "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential",
        ),
        (
            "CreatePlatformApplication",
            json!({"Name": "n", "Platform": "ADM", "Attributes": {"PlatformPrincipal": "x", "PlatformCredential": "y"}}),
            "InvalidParameter",
            "Invalid parameter: Platform Reason: mobile push is not supported by this cloud",
        ),
        (
            "GetPlatformApplicationAttributes",
            json!({"PlatformApplicationArn": "x"}),
            "InvalidParameter",
            "Invalid parameter: PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            "GetPlatformApplicationAttributes",
            json!({"PlatformApplicationArn": app}),
            "NotFound",
            "PlatformApplication does not exist",
        ),
        (
            "SetPlatformApplicationAttributes",
            json!({"PlatformApplicationArn": app, "Attributes": {}}),
            "ValidationError",
            null,
        ),
        (
            "CreatePlatformEndpoint",
            json!({"PlatformApplicationArn": app, "Token": "t"}),
            "NotFound",
            "PlatformApplication does not exist",
        ),
        ("GetEndpointAttributes", json!({"EndpointArn": app}), "NotFound", "Endpoint does not exist"),
        (
            "CreateSMSSandboxPhoneNumber",
            json!({"PhoneNumber": "+155512345"}),
            "InvalidParameter",
            "Invalid parameter: PhoneNumber Reason: the sandbox of text messages is not supported by this cloud",
        ),
        (
            "VerifySMSSandboxPhoneNumber",
            json!({"PhoneNumber": "+155512345", "OneTimePassword": "12345"}),
            "ResourceNotFound",
            "Resource does not exist",
        ),
        (
            "OptInPhoneNumber",
            json!({"phoneNumber": "x"}),
            "InvalidParameter",
            "Invalid parameter: PhoneNumber Reason: input incorrectly formatted",
        ),
        (
            "SetSMSAttributes",
            json!({"attributes": {"x": "y"}}),
            "InvalidParameter",
            "Invalid parameter: x is not a valid attribute",
        ),
    ] {
        let (found, text) = world.error("sns", operation, input).await;
        assert_eq!((found.as_str(), text.as_str()), (code, message), "{operation}");
    }
    assert_eq!(world.ok("sns", "GetSMSSandboxAccountStatus", json!({})).await, json!({"IsInSandbox": false}));
    assert_eq!(
        world.ok("sns", "ListPlatformApplications", json!({})).await,
        json!({"PlatformApplications": []})
    );
    world.ok("sns", "SetSMSAttributes", json!({"attributes": {"DefaultSMSType": "Promotional"}})).await;
    let settings = world.ok("sns", "GetSMSAttributes", json!({"attributes": ["DefaultSMSType"]})).await;
    assert_eq!(settings, json!({"attributes": {"DefaultSMSType": "Promotional"}}));
}
