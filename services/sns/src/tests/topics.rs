//! Topics, their attributes, policies and tags. Texts recorded: replay/sns, TestSNSTopicCrud and TestSNSTopicCrudV2.

use super::*;

#[tokio::test]
async fn a_topic_is_made_once() {
    let world = world().await;
    let arn = topic(&world, "t", json!({"DisplayName": "one"})).await;
    assert_eq!(arn, "arn:aws:sns:us-east-1:000000000000:t");
    assert_eq!(topic(&world, "t", json!({})).await, arn);
    assert_eq!(topic(&world, "t", json!({"DisplayName": "one", "FifoTopic": "false"})).await, arn);
    let different = "Invalid parameter: Attributes Reason: Topic already exists with different attributes";
    for (input, message) in [
        (json!({"Name": "t", "Attributes": {"DisplayName": "two"}}), different),
        (json!({"Name": "t", "Attributes": {"SignatureVersion": "2"}}), different),
        (json!({"Name": "t", "Attributes": {"FifoTopic": "true"}}), "Invalid parameter: Topic Name"),
        (
            json!({"Name": "t", "Tags": [{"Key": "a", "Value": "b"}]}),
            "Invalid parameter: Tags Reason: Topic already exists with different tags",
        ),
        (json!({"Name": ""}), "Invalid parameter: Topic Name"),
        (json!({"Name": "t.fifo"}), "Invalid parameter: Topic Name"),
        (
            json!({"Name": "a", "Attributes": {"Other": "x"}}),
            "Invalid parameter: Attributes Reason: AttributeName",
        ),
    ] {
        let (code, text) = world.error("sns", "CreateTopic", input.clone()).await;
        assert_eq!((code.as_str(), text.as_str()), ("InvalidParameter", message), "{input}");
    }
}

#[tokio::test]
async fn attributes_are_shown_as_aws_shows_them() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let shown = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
    let attributes = shown["Attributes"].as_object().unwrap();
    let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "DisplayName",
            "EffectiveDeliveryPolicy",
            "Owner",
            "Policy",
            "SubscriptionsConfirmed",
            "SubscriptionsDeleted",
            "SubscriptionsPending",
            "TopicArn"
        ]
    );
    let policy: Value = serde_json::from_str(attributes["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(
        policy["Statement"][0]["Condition"],
        json!({"StringEquals": {"AWS:SourceOwner": "000000000000"}})
    );
    let set =
        |name: &str, value: Value| json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
    for (name, value) in
        [("DisplayName", "n"), ("SignatureVersion", "2"), ("DeliveryPolicy", r#"{"http": {}}"#)]
    {
        world.ok("sns", "SetTopicAttributes", set(name, json!(value))).await;
        let shown = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
        assert_eq!(shown["Attributes"][name], value);
    }
    for (name, value) in [
        ("FifoTopic", "false"),
        ("Other", "x"),
        ("Policy", "{"),
        ("DeliveryPolicy", "x"),
        ("SignatureVersion", "3"),
        ("ArchivePolicy", r#"{"MessageRetentionPeriod": "1"}"#),
    ] {
        let (code, _) = world.error("sns", "SetTopicAttributes", set(name, json!(value))).await;
        assert_eq!(code, "InvalidParameter", "{name}");
    }
    let none = world.error("sns", "GetTopicAttributes", json!({"TopicArn": format!("{arn}x")})).await;
    assert_eq!(none, ("NotFound".to_owned(), "Topic does not exist".to_owned()));
    let elsewhere = json!({"TopicArn": "arn:aws:sns:eu-west-1:000000000000:t"});
    assert_eq!(world.error("sns", "GetTopicAttributes", elsewhere).await.1, "Invalid parameter: TopicArn");
}

#[tokio::test]
async fn permissions_are_statements_of_the_policy() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let add = |label: &str, actions: Value| json!({"TopicArn": arn, "Label": label, "AWSAccountId": ["111111111111"], "ActionName": actions});
    world.ok("sns", "AddPermission", add("l", json!(["Publish"]))).await;
    let policy = async || {
        let shown = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
        serde_json::from_str::<Value>(shown["Attributes"]["Policy"].as_str().unwrap()).unwrap()
    };
    assert_eq!(
        policy().await["Statement"][1],
        json!({"Sid": "l", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "SNS:Publish", "Resource": arn})
    );
    assert_eq!(
        world.error("sns", "AddPermission", add("l", json!(["Publish"]))).await.1,
        "Invalid parameter: Statement already exists"
    );
    let (_, text) = world.error("sns", "AddPermission", add("m", json!(["ListTopics"]))).await;
    assert_eq!(text, "Invalid parameter: Policy statement action out of service scope!");
    world.ok("sns", "RemovePermission", json!({"TopicArn": arn, "Label": "l"})).await;
    assert_eq!(policy().await["Statement"].as_array().unwrap().len(), 1);
    let gone = json!({"TopicArn": format!("{arn}-x"), "Label": "l"});
    assert_eq!(world.error("sns", "RemovePermission", gone).await.0, "NotFound");
}

#[tokio::test]
async fn tags_and_data_protection() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let twice = json!({"ResourceArn": arn, "Tags": [tag("a", "1"), tag("a", "1")]});
    let text = "Invalid parameter: Duplicated keys are not allowed.";
    assert_eq!(world.error("sns", "TagResource", twice).await.1, text);
    world.ok("sns", "TagResource", json!({"ResourceArn": arn, "Tags": [tag("a", "1"), tag("b", "2")]})).await;
    world.ok("sns", "UntagResource", json!({"ResourceArn": arn, "TagKeys": ["a"]})).await;
    let tags = world.ok("sns", "ListTagsForResource", json!({"ResourceArn": arn})).await;
    assert_eq!(tags, json!({"Tags": [tag("b", "2")]}));
    let many: Vec<Value> = (0..51).map(|n| tag(&n.to_string(), "v")).collect();
    let (code, _) = world.error("sns", "TagResource", json!({"ResourceArn": arn, "Tags": many})).await;
    assert_eq!(code, "TagLimitExceeded");
    let none = json!({"ResourceArn": format!("{arn}x")});
    assert_eq!(world.error("sns", "ListTagsForResource", none).await.0, "ResourceNotFound");
    let policy = json!({"Name": "n", "Version": "2021-06-01", "Statement": []}).to_string();
    let put = json!({"ResourceArn": arn, "DataProtectionPolicy": policy});
    world.ok("sns", "PutDataProtectionPolicy", put).await;
    let shown = world.ok("sns", "GetDataProtectionPolicy", json!({"ResourceArn": arn})).await;
    assert_eq!(shown["DataProtectionPolicy"], policy);
    let wrong = json!({"ResourceArn": arn, "DataProtectionPolicy": "x"});
    assert_eq!(world.error("sns", "PutDataProtectionPolicy", wrong).await.0, "InvalidParameter");
}

#[tokio::test]
async fn topics_are_listed_in_pages_and_deleted_with_their_subscriptions() {
    let world = world().await;
    for number in 0..101 {
        topic(&world, &format!("t{number:03}"), json!({})).await;
    }
    let first = world.ok("sns", "ListTopics", json!({})).await;
    assert_eq!(first["Topics"].as_array().unwrap().len(), 100);
    let second = world.ok("sns", "ListTopics", json!({"NextToken": first["NextToken"]})).await;
    assert_eq!(second, json!({"Topics": [{"TopicArn": "arn:aws:sns:us-east-1:000000000000:t100"}]}));
    assert_eq!(world.error("sns", "ListTopics", json!({"NextToken": "x"})).await.0, "InvalidParameter");
    let arn = "arn:aws:sns:us-east-1:000000000000:t100";
    subscribe(&world, arn, "sms", "+15551234567", json!({})).await;
    for _ in 0..2 {
        world.ok("sns", "DeleteTopic", json!({"TopicArn": arn})).await;
    }
    assert_eq!(world.ok("sns", "ListSubscriptions", json!({})).await, json!({"Subscriptions": []}));
    topic(&world, "t100", json!({})).await;
    let listed = world.ok("sns", "ListSubscriptionsByTopic", json!({"TopicArn": arn})).await;
    assert_eq!(listed, json!({"Subscriptions": []}));
}
