//! The service through the door, with queues, buses and functions as targets.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::World;
use testkit::queues::{bodies, messages};

use crate::keys::{ScheduleRow, TargetRow};

mod calls;
mod groups;
mod schedules;
mod simulation;
mod stacks;

/// A schedule in UTC that was made at the beginning of time.
pub(crate) fn row(expression: &str) -> ScheduleRow {
    ScheduleRow {
        account: "a".to_owned(),
        region: "r".to_owned(),
        group: "default".to_owned(),
        name: "n".to_owned(),
        description: None,
        expression: expression.to_owned(),
        timezone: "UTC".to_owned(),
        start_millis: None,
        end_millis: None,
        counts_from_millis: 0,
        window_minutes: None,
        enabled: true,
        kms_key: None,
        deletes_itself: false,
        target: TargetRow {
            arn: "arn:aws:sqs:r:a:q".to_owned(),
            role_arn: "arn:aws:iam::a:role/r".to_owned(),
            input: None,
            message_group: None,
            partition_key: None,
            event: None,
            retries: None,
            age_seconds: None,
            dead_letter: None,
        },
        created_at_millis: 0,
        modified_at_millis: 0,
    }
}

const ROLE: &str = "arn:aws:iam::000000000000:role/sched";

/// A cloud whose outbox delivers, with a role that may do `actions`.
async fn world(actions: &[&str]) -> World {
    let world = World::new(&[&crate::SCHEDULER, &sqs::SQS, &iam::IAM, &events::EVENTS]).await;
    world.cloud().start();
    role(&world, actions, json!({"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}})).await;
    world
}

async fn role(world: &World, actions: &[&str], condition: Value) {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": condition,
    }]});
    let made = json!({"RoleName": "sched", "AssumeRolePolicyDocument": trust.to_string()});
    world.ok("iam", "CreateRole", made).await;
    permit(world, actions).await;
}

async fn permit(world: &World, actions: &[&str]) {
    if actions.is_empty() {
        return;
    }
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"},
    ]});
    let put = json!({"RoleName": "sched", "PolicyName": "p", "PolicyDocument": policy.to_string()});
    world.ok("iam", "PutRolePolicy", put).await;
}

/// A queue; its URL and ARN.
async fn queue(world: &World, name: &str) -> (String, String) {
    let mut attributes = json!({});
    if name.ends_with(".fifo") {
        attributes = json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"});
    }
    let made = world.ok("sqs", "CreateQueue", json!({"QueueName": name, "Attributes": attributes})).await;
    (made["QueueUrl"].as_str().unwrap().to_owned(), format!("arn:aws:sqs:us-east-1:000000000000:{name}"))
}

/// What CreateSchedule is asked for: a schedule of the queue `arn`.
fn schedule(name: &str, expression: &str, arn: &str, more: Value) -> Value {
    let mut input = json!({
        "Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": ROLE, "Input": format!("{name} <aws.scheduler.scheduled-time>")},
    });
    merge(&mut input, &more);
    input
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

async fn create(world: &World, input: Value) -> String {
    world.ok("scheduler", "CreateSchedule", input).await["ScheduleArn"].as_str().unwrap().to_owned()
}

/// Lets time pass in steps, so that what is due becomes due one after the other.
async fn pass(world: &World, seconds: u64) {
    for _ in 0..seconds.div_ceil(5) {
        world.advance(Duration::from_secs(5.min(seconds))).await;
    }
    world.settle().await;
}
