//! Who may do what.

use cloud::caller::Principal;

use super::*;

fn put_input() -> Value {
    json!({"StreamARN": ARN, "PartitionKey": "k", "Data": ""})
}

#[tokio::test]
async fn a_policy_lets_others_in() {
    let world = streaming(1).await;
    let call = |operation: &'static str, input| world.call_as(testkit::nobody(), "kinesis", operation, input);
    assert_eq!(call("PutRecord", put_input()).await.unwrap_err().code(), "AccessDeniedException");
    let policy = |principal: Value, action: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": ARN},
        ]})
        .to_string()
    };
    let user = json!({"AWS": "arn:aws:iam::000000000000:user/nobody"});
    let text = policy(user, "kinesis:*");
    ok(&world, "PutResourcePolicy", json!({"ResourceARN": ARN, "Policy": text})).await;
    assert_eq!(ok(&world, "GetResourcePolicy", json!({"ResourceARN": ARN})).await["Policy"], text);
    call("PutRecord", put_input()).await.unwrap();
    // Iterators and tokens say whose they are.
    let iterator = iterator(&world, "0", "TRIM_HORIZON", json!({})).await;
    call("GetRecords", json!({"ShardIterator": iterator})).await.unwrap();
    ok(&world, "DeleteResourcePolicy", json!({"ResourceARN": ARN})).await;
    let denied = call("GetRecords", json!({"ShardIterator": iterator})).await.unwrap_err();
    assert_eq!(denied.code(), "AccessDeniedException");
    // Somebody of another account needs the policy of the stream besides their own; here they have none.
    let other = Caller {
        principal: Principal::User { name: "o".into(), path: "/".into(), id: "AIDAOTHER".into() },
        ..Caller::root("111111111111", "us-east-1")
    };
    assert!(world.call_as(other, "kinesis", "PutRecord", put_input()).await.is_err());
}

#[tokio::test]
async fn another_account_puts_where_the_policy_lets_it() {
    let world = streaming(1).await;
    let other = || Caller::root("111111111111", "us-east-1");
    let denied = world.call_as(other(), "kinesis", "PutRecord", put_input()).await.unwrap_err();
    assert_eq!(denied.code(), "AccessDeniedException");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "kinesis:PutRecord", "Resource": ARN,
    }]});
    ok(&world, "PutResourcePolicy", json!({"ResourceARN": ARN, "Policy": policy.to_string()})).await;
    world.call_as(other(), "kinesis", "PutRecord", put_input()).await.unwrap();
    assert_eq!(all(&world, "0").await.len(), 1);
    // Its own stream of that name is another one.
    let own = json!({"StreamName": "s", "PartitionKey": "k", "Data": ""});
    let failure = world.call_as(other(), "kinesis", "PutRecord", own).await.unwrap_err();
    assert_eq!(failure.message(), "Stream s under account 111111111111 not found.");
}

#[tokio::test]
async fn consumers_have_policies_and_places_of_their_own() {
    let world = streaming(1).await;
    let made = ok(&world, "RegisterStreamConsumer", json!({"StreamARN": ARN, "ConsumerName": "c"})).await;
    let consumer = made["Consumer"]["ConsumerARN"].clone();
    let call = |input| world.call_as(testkit::nobody(), "kinesis", "DescribeStreamConsumer", input);
    let by_name = json!({"StreamARN": ARN, "ConsumerName": "c"});
    assert_eq!(call(by_name.clone()).await.unwrap_err().code(), "AccessDeniedException");
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "kinesis:DescribeStreamConsumer", "Resource": consumer,
    }]});
    ok(&world, "PutResourcePolicy", json!({"ResourceARN": consumer, "Policy": policy.to_string()})).await;
    call(by_name).await.unwrap();
    call(json!({"ConsumerARN": consumer})).await.unwrap();
    let missing = json!({"StreamARN": ARN, "ConsumerName": "d"});
    assert_eq!(call(missing).await.unwrap_err().code(), "AccessDeniedException");
}
