//! Who may do what.

use cloud::caller::Caller;

use super::*;

#[tokio::test]
async fn topic_policies_decide() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let input = json!({"TopicArn": arn, "Message": "m"});
    let as_nobody = || world.call_as(testkit::nobody(), "sns", "Publish", input.clone());
    let as_other =
        || world.call_as(Caller::root("111111111111", testkit::REGION), "sns", "Publish", input.clone());
    assert_eq!(as_nobody().await.unwrap_err().code(), "AuthorizationError");
    assert_eq!(as_other().await.unwrap_err().code(), "AuthorizationError");
    let permission =
        json!({"TopicArn": arn, "Label": "l", "AWSAccountId": ["111111111111"], "ActionName": ["Publish"]});
    world.ok("sns", "AddPermission", permission).await;
    assert!(as_other().await.is_ok());
    assert!(as_nobody().await.is_err());
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "sns:Publish", "Resource": arn}]});
    let set = json!({"TopicArn": arn, "AttributeName": "Policy", "AttributeValue": policy.to_string()});
    world.ok("sns", "SetTopicAttributes", set).await;
    assert!(as_nobody().await.is_ok());
    let unsigned = world.call_as(testkit::anonymous(), "sns", "Publish", input.clone()).await;
    assert!(unsigned.is_ok(), "a policy may open a topic to everybody");
}

#[tokio::test]
async fn subscriptions_are_their_owners() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let subscription = subscribe(&world, &arn, "sms", "+15551234567", json!({})).await;
    let stranger = Caller::root("111111111111", testkit::REGION);
    for operation in ["GetSubscriptionAttributes", "Unsubscribe"] {
        let input = json!({"SubscriptionArn": subscription});
        let failure = world.call_as(stranger.clone(), "sns", operation, input).await.unwrap_err();
        assert_eq!(failure.code(), "AuthorizationError", "{operation}");
    }
    let set =
        json!({"SubscriptionArn": subscription, "AttributeName": "FilterPolicy", "AttributeValue": "{}"});
    let failure = world.call_as(stranger, "sns", "SetSubscriptionAttributes", set).await.unwrap_err();
    assert_eq!(failure.code(), "AuthorizationError");
}
