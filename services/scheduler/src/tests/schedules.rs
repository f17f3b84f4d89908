//! Schedules: made, shown, changed, listed, refused.

use testkit::nobody;

use super::*;

#[tokio::test]
async fn a_schedule_comes_changes_and_goes() {
    let world = world(&["sqs:SendMessage"]).await;
    let (_, arn) = queue(&world, "q").await;
    let made = create(&world, schedule("s", "rate(5 minutes)", &arn, json!({"Description": "d"}))).await;
    assert_eq!(made, "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
    let shown = world.ok("scheduler", "GetSchedule", json!({"Name": "s"})).await;
    assert_eq!((&shown["State"], &shown["GroupName"]), (&json!("ENABLED"), &json!("default")));
    assert_eq!(shown["ScheduleExpressionTimezone"], "UTC");
    assert_eq!(shown["ActionAfterCompletion"], "NONE");
    assert_eq!(
        shown["Target"]["RetryPolicy"],
        json!({"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185})
    );
    let (code, text) =
        world.error("scheduler", "CreateSchedule", schedule("s", "rate(1 day)", &arn, json!({}))).await;
    assert_eq!((code.as_str(), text.as_str()), ("ConflictException", "Schedule s already exists."));
    let update = schedule(
        "s",
        "cron(0 8 * * ? *)",
        &arn,
        json!({"State": "DISABLED",
        "ScheduleExpressionTimezone": "Europe/Berlin"}),
    );
    world.ok("scheduler", "UpdateSchedule", update).await;
    let shown = world.ok("scheduler", "GetSchedule", json!({"Name": "s"})).await;
    assert_eq!(shown.get("Description"), None, "what is not given goes back to its default");
    assert_eq!(shown["State"], "DISABLED");
    let listed =
        world.ok("scheduler", "ListSchedules", json!({"NamePrefix": "s", "State": "DISABLED"})).await;
    assert_eq!(listed["Schedules"][0]["Target"], json!({"Arn": arn}));
    let listed = world.ok("scheduler", "ListSchedules", json!({"State": "ENABLED"})).await;
    assert_eq!(listed["Schedules"], json!([]));
    world.ok("scheduler", "DeleteSchedule", json!({"Name": "s"})).await;
    for operation in ["GetSchedule", "DeleteSchedule"] {
        let (code, text) = world.error("scheduler", operation, json!({"Name": "s"})).await;
        assert_eq!(
            (code.as_str(), text.as_str()),
            ("ResourceNotFoundException", "Schedule s does not exist.")
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_before_anything_changes() {
    let world = world(&[]).await;
    let (_, arn) = queue(&world, "q").await;
    let other = "arn:aws:iam::000000000000:role/none";
    let cases = [
        (json!({"ScheduleExpression": "rate(10 seconds)"}), "Invalid Schedule Expression rate(10 seconds)."),
        (json!({"ScheduleExpressionTimezone": "Mars"}), "Invalid Schedule Expression Timezone Mars."),
        (json!({"StartDate": 1}), "The StartDate you specify cannot be earlier than 5 minutes ago."),
        (
            json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}),
            "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE",
        ),
        (json!({"Target": {"Arn": "nothing"}}), "Provided Arn is not in correct format."),
        (
            json!({"Target": {"Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:x"}}),
            "a target in `states` (arn:aws:states:us-east-1:000000000000:stateMachine:x) is not supported by this cloud",
        ),
        (
            json!({"Target": {"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"}}),
            "EventBridgeParameters must be specified for target \
             arn:aws:events:us-east-1:000000000000:event-bus/default.",
        ),
        (
            json!({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", "Input": "{}"}}),
            "arn:aws:scheduler:::aws-sdk:sqs:receiveMessage only reads: it cannot be the target of a schedule.",
        ),
        (
            json!({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:ec2:runInstances", "Input": "{}"}}),
            "the target `arn:aws:scheduler:::aws-sdk:ec2:runInstances` is not supported by this cloud",
        ),
        (
            json!({"Target": {"RoleArn": other}}),
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ),
        (json!({"Target": {"EcsParameters": {}}}), "EcsParameters is not supported by this cloud"),
    ];
    for (more, expected) in cases {
        let input = schedule("s", "rate(1 hour)", &arn, more.clone());
        let (code, text) = world.error("scheduler", "CreateSchedule", input).await;
        assert_eq!((code.as_str(), text.as_str()), ("ValidationException", expected), "{more}");
    }
    let input = schedule("s", "rate(1 hour)", &arn, json!({"GroupName": "g"}));
    let (code, text) = world.error("scheduler", "CreateSchedule", input).await;
    assert_eq!(
        (code.as_str(), text.as_str()),
        ("ResourceNotFoundException", "Schedule group g does not exist.")
    );
    assert_eq!(world.ok("scheduler", "ListSchedules", json!({})).await["Schedules"], json!([]));
}

#[tokio::test]
async fn roles_must_trust_this_schedule() {
    let world = World::new(&[&crate::SCHEDULER, &sqs::SQS, &iam::IAM]).await;
    let only = "arn:aws:scheduler:us-east-1:000000000000:schedule/default/mine";
    role(&world, &["sqs:SendMessage"], json!({"ArnEquals": {"aws:SourceArn": only}})).await;
    let (_, arn) = queue(&world, "q").await;
    create(&world, schedule("mine", "rate(1 hour)", &arn, json!({}))).await;
    let failure =
        world.fails("scheduler", "CreateSchedule", schedule("other", "rate(1 hour)", &arn, json!({}))).await;
    assert!(failure.message().starts_with("The execution role you provide must allow"), "{failure}");
}

#[tokio::test]
async fn requests_that_come_again_are_answered_as_before() {
    let world = world(&[]).await;
    let (_, arn) = queue(&world, "q").await;
    let input = schedule("s", "rate(1 hour)", &arn, json!({"ClientToken": "t"}));
    let first = create(&world, input.clone()).await;
    assert_eq!(create(&world, input).await, first);
    let other = schedule("s2", "rate(1 hour)", &arn, json!({"ClientToken": "t"}));
    assert_eq!(world.error("scheduler", "CreateSchedule", other.clone()).await.0, "ConflictException");
    let gone = json!({"Name": "s", "ClientToken": "d"});
    world.ok("scheduler", "DeleteSchedule", gone.clone()).await;
    world.ok("scheduler", "DeleteSchedule", gone).await;
    // Tokens are forgotten.
    world.advance(Duration::from_secs(601)).await;
    world.run_jobs().await;
    create(&world, other).await;
}

#[tokio::test]
async fn who_may_not_is_denied() {
    let world = world(&[]).await;
    let (_, arn) = queue(&world, "q").await;
    let input = schedule("s", "rate(1 hour)", &arn, json!({}));
    let failure = world.call_as(nobody(), "scheduler", "CreateSchedule", input).await.unwrap_err();
    assert_eq!(failure.code(), "AccessDeniedException");
    assert!(failure.message().contains(
        "scheduler:CreateSchedule on resource: arn:aws:scheduler:us-east-1:000000000000:schedule/default/s"
    ));
}
