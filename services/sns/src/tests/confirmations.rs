//! Subscriptions that wait to be confirmed, and links that end them.

use cloud::caller::Caller;

use super::*;

async fn token(world: &World) -> String {
    let body = inbox(world).await[0]["Body"].as_str().unwrap().to_owned();
    body.split("Token=").nth(1).unwrap().chars().take_while(char::is_ascii_hexdigit).collect()
}

/// Texts recorded: test_sns_confirm_subscription_wrong_token, test_publish_no_confirm_subscription.
#[tokio::test]
async fn the_token_is_all_that_it_takes() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let input = json!({"TopicArn": arn, "Protocol": "email", "Endpoint": "user@example.com"});
    assert_eq!(world.ok("sns", "Subscribe", input).await["SubscriptionArn"], "pending confirmation");
    let listed = world.ok("sns", "ListSubscriptionsByTopic", json!({"TopicArn": arn})).await;
    assert_eq!(listed["Subscriptions"][0]["SubscriptionArn"], "PendingConfirmation");
    let wrong =
        world.error("sns", "ConfirmSubscription", json!({"TopicArn": arn, "Token": "randomtoken"})).await;
    assert_eq!(wrong, ("InvalidParameter".to_owned(), "Invalid parameter: Token".to_owned()));
    let wrong = json!({"TopicArn": arn, "Token": "x"});
    let failure = world.call_as(testkit::anonymous(), "sns", "ConfirmSubscription", wrong).await.unwrap_err();
    assert_eq!(failure.code(), "AuthorizationError");
    let right = json!({"TopicArn": arn, "Token": token(&world).await});
    let confirmed =
        world.call_as(testkit::anonymous(), "sns", "ConfirmSubscription", right.clone()).await.unwrap();
    assert_eq!(
        world.ok("sns", "ConfirmSubscription", right).await,
        confirmed,
        "a link may be followed twice"
    );
    let asked = json!({"SubscriptionArn": confirmed["SubscriptionArn"]});
    let shown = world.ok("sns", "GetSubscriptionAttributes", asked.clone()).await["Attributes"].clone();
    assert_eq!(
        (&shown["PendingConfirmation"], &shown["ConfirmationWasAuthenticated"]),
        (&json!("false"), &json!("false"))
    );
    // The link at the end of each mail.
    world.advance(Duration::from_secs(1)).await;
    world.call_as(testkit::anonymous(), "sns", "Unsubscribe", asked.clone()).await.unwrap();
    assert_eq!(world.error("sns", "GetSubscriptionAttributes", asked).await.0, "NotFound");
    assert_eq!(inbox(&world).await[0]["Subject"], "AWS Notification - Unsubscribe Confirmation");
    let counted = world.ok("sns", "GetTopicAttributes", json!({"TopicArn": arn})).await;
    assert_eq!(counted["Attributes"]["SubscriptionsDeleted"], "1");
}

#[tokio::test]
async fn a_guarded_subscription_is_not_ended_by_its_link() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    subscribe(&world, &arn, "email", "user@example.com", json!({})).await;
    let right = json!({"TopicArn": arn, "Token": token(&world).await, "AuthenticateOnUnsubscribe": "true"});
    let confirmed = world.ok("sns", "ConfirmSubscription", right).await;
    let input = json!({"SubscriptionArn": confirmed["SubscriptionArn"]});
    let failure = world.call_as(testkit::anonymous(), "sns", "Unsubscribe", input.clone()).await.unwrap_err();
    assert_eq!(failure.code(), "AuthorizationError");
    // Nor is one that nobody had to confirm.
    let text = subscribe(&world, &arn, "sms", "+15551234567", json!({})).await;
    let link = json!({"SubscriptionArn": text});
    assert!(world.call_as(testkit::anonymous(), "sns", "Unsubscribe", link).await.is_err());
    world.ok("sns", "Unsubscribe", input).await;
}

#[tokio::test]
async fn a_queue_of_another_account_is_asked() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    let owner = Caller::root("111111111111", testkit::REGION);
    let queue = "arn:aws:sqs:us-east-1:111111111111:q";
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}]});
    let input = json!({"QueueName": "q", "Attributes": {"Policy": policy.to_string()}});
    let made = world.call_as(owner.clone(), "sqs", "CreateQueue", input).await.unwrap();
    subscribe(&world, &arn, "sqs", queue, json!({})).await;
    publish(&world, &arn, "too early").await;
    let asked = json!({"QueueUrl": made["QueueUrl"], "MaxNumberOfMessages": 10});
    let got = world.call_as(owner, "sqs", "ReceiveMessage", asked).await.unwrap();
    assert_eq!(got["Messages"].as_array().unwrap().len(), 1);
    let question: Value = serde_json::from_str(got["Messages"][0]["Body"].as_str().unwrap()).unwrap();
    let names: Vec<&str> = question.as_object().unwrap().keys().map(String::as_str).collect();
    // <https://docs.aws.amazon.com/sns/latest/dg/http-subscription-confirmation-json.html>
    assert_eq!(
        names,
        [
            "Type",
            "MessageId",
            "Token",
            "TopicArn",
            "Message",
            "SubscribeURL",
            "Timestamp",
            "SignatureVersion",
            "Signature",
            "SigningCertURL"
        ]
    );
    world.ok("sns", "ConfirmSubscription", json!({"TopicArn": arn, "Token": question["Token"]})).await;
}

#[tokio::test]
async fn what_nobody_confirms_goes_after_two_days() {
    let world = world().await;
    let arn = topic(&world, "t", json!({})).await;
    subscribe(&world, &arn, "email", "user@example.com", json!({})).await;
    world.advance(Duration::from_secs(47 * 3600)).await;
    world.run_jobs().await;
    let count = async || {
        world.ok("sns", "ListSubscriptions", json!({})).await["Subscriptions"].as_array().unwrap().len()
    };
    assert_eq!(count().await, 1);
    world.advance(Duration::from_secs(3600)).await;
    world.run_jobs().await;
    assert_eq!(count().await, 0);
}
