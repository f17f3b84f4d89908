//! StartMessageMoveTask.
//!
//! Differs from AWS: without a rate messages move as fast as they can.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{MoveStatus, MoveTaskRow, QueueRow};
use crate::limits::MOVE_RATE_MAX;
use crate::move_task::{self, Handle};

#[derive(Shape)]
pub(crate) struct Input {
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    task_handle: String,
}

pub(crate) struct StartMessageMoveTask;

impl Operation for StartMessageMoveTask {
    const NAME: &'static str = "StartMessageMoveTask";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(move_task::resource(cx, &input.source_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        move_task::terms(cx, &input.source_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(rate) = input.max_number_of_messages_per_second
            && !(1..=MOVE_RATE_MAX).contains(&rate)
        {
            let reason = "Must be an integer between 1 and 500.";
            return Err(Error::value(rate, "MaxNumberOfMessagesPerSecond", reason));
        }
        let source = move_task::find(cx, "SourceArn", &input.source_arn).await?;
        if !is_dead_letter_queue(cx, &source).await? {
            let text = "Source queue must be configured as a Dead Letter Queue.";
            return Err(Error::Invalid(text.to_owned()));
        }
        may_move(cx, &source, &input).await?;
        let key = (source.account.as_str(), source.region.as_str(), source.name.as_str());
        let last = Paging::first(1).reversed();
        let last = table::list::<MoveTaskRow>(cx.tx(), key, &last).await?.items;
        if last.iter().any(|task| task.status == MoveStatus::Running) {
            let text = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
            return Err(Error::Unsupported(text.to_owned()));
        }
        let now = cx.now().millis();
        let counts = source.messages().counts(cx.tx(), now).await?;
        let row = MoveTaskRow {
            account: source.account.clone(),
            region: source.region.clone(),
            source: source.name.clone(),
            source_id: source.id.clone(),
            started_at_millis: now,
            id: cx.new_id(),
            destination_arn: input.destination_arn,
            rate: input.max_number_of_messages_per_second,
            status: MoveStatus::Running,
            moved: 0,
            to_move: counts.visible,
            failure: None,
        };
        table::put(cx.tx(), &row).await?;
        Ok(Output { task_handle: Handle { task_id: row.id, source_arn: source.arn() }.text() })
    }
}

/// What the developer guide asks for beside the operation itself: receiving and deleting at the source, and sending to a
/// destination of the caller's own choice.
async fn may_move(cx: &mut Cx, source: &QueueRow, input: &Input) -> Result<(), Error> {
    let policy = source.attributes.get("Policy").cloned();
    let resource = move_task::resource(cx, &source.arn());
    for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage"] {
        cx.require_with(action, &resource, policy.as_deref(), &Vec::new()).await?;
    }
    let Some(arn) = &input.destination_arn else { return Ok(()) };
    let target = move_task::find(cx, "DestinationArn", arn).await?;
    if target.is_fifo() != source.is_fifo() {
        let text = "Source and destination must be queues of the same type.";
        return Err(Error::Invalid(text.to_owned()));
    }
    if target.arn() == source.arn() {
        return Err(Error::Invalid(
            "Source queue arn and destination queue arn cannot be the same.".to_owned(),
        ));
    }
    let policy = target.attributes.get("Policy").cloned();
    let resource = move_task::resource(cx, &target.arn());
    Ok(cx.require_with("sqs:SendMessage", &resource, policy.as_deref(), &Vec::new()).await?)
}

/// Whether some queue of the account sends its dead letters there.
async fn is_dead_letter_queue(cx: &mut Cx, queue: &QueueRow) -> Result<bool, Error> {
    /// Queues that are read at once.
    const PAGE: usize = 200;
    let arn = queue.arn();
    let mut after = None;
    loop {
        let key = (queue.account.as_str(), queue.region.as_str());
        let page = table::list::<QueueRow>(cx.tx(), key, &Paging::after(PAGE, after)).await?;
        if page.items.iter().any(|row| row.redrive().is_some_and(|redrive| redrive.target.as_str() == arn)) {
            return Ok(true);
        }
        after = page.next;
        if after.is_none() {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use testkit::World;

    use crate::tests::{queue, receive, send, world};

    const DEAD: &str = "arn:aws:sqs:us-east-1:000000000000:dead";

    /// A queue whose messages are dead after one receive, with its dead-letter queue.
    async fn dying(world: &World) -> (String, String) {
        let dead = queue(world, "dead", json!({})).await;
        let policy = json!({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1});
        let attributes = json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": "1"});
        (queue(world, "source", attributes).await, dead)
    }

    async fn kill(world: &World, url: &str, bodies: &[&str]) {
        for body in bodies {
            send(world, url, body).await;
        }
        for _ in 0..2 {
            receive(world, url).await;
            world.advance(Duration::from_secs(2)).await;
        }
    }

    async fn tasks(world: &World) -> Vec<Value> {
        let input = json!({"SourceArn": DEAD, "MaxResults": 10});
        world.ok("sqs", "ListMessageMoveTasks", input).await["Results"].as_array().unwrap().clone()
    }

    fn bodies(messages: &[Value]) -> Vec<&str> {
        let mut bodies: Vec<&str> =
            messages.iter().map(|message| message["Body"].as_str().unwrap()).collect();
        bodies.sort_unstable();
        bodies
    }

    #[tokio::test]
    async fn messages_go_back_to_where_they_came_from() {
        let world = world().await;
        let (url, dead) = dying(&world).await;
        kill(&world, &url, &["a", "b", "c"]).await;
        let started = world.ok("sqs", "StartMessageMoveTask", json!({"SourceArn": DEAD})).await;
        let running = tasks(&world).await;
        assert_eq!(running.len(), 1);
        assert_eq!(
            running[0],
            json!({
                "TaskHandle": started["TaskHandle"], "Status": "RUNNING", "SourceArn": DEAD,
                "ApproximateNumberOfMessagesMoved": 0, "ApproximateNumberOfMessagesToMove": 3,
                "StartedTimestamp": testkit::START.millis() + 4000,
            })
        );
        let second = world.error("sqs", "StartMessageMoveTask", json!({"SourceArn": DEAD})).await;
        assert_eq!(second.0, "UnsupportedOperation");
        world.run_jobs().await;
        let done = tasks(&world).await;
        assert_eq!(
            (&done[0]["Status"], &done[0]["ApproximateNumberOfMessagesMoved"]),
            (&json!("COMPLETED"), &json!(3))
        );
        assert_eq!(done[0].get("TaskHandle"), None);
        assert!(receive(&world, &dead).await.is_empty());
        let asked = json!({"QueueUrl": url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"]});
        let found = world.ok("sqs", "ReceiveMessage", asked).await["Messages"].as_array().unwrap().clone();
        assert_eq!(bodies(&found), ["a", "b", "c"]);
        // They begin anew, and may die again.
        assert_eq!(found[0]["Attributes"]["ApproximateReceiveCount"], "1");
        assert_eq!(found[0]["Attributes"].get("DeadLetterQueueSourceArn"), None);
        let late =
            world.error("sqs", "CancelMessageMoveTask", json!({"TaskHandle": started["TaskHandle"]})).await;
        assert_eq!(late, ("UnsupportedOperation".into(), "Only active tasks can be cancelled.".into()));
    }

    #[tokio::test]
    async fn a_rate_holds_and_a_task_is_cancelled() {
        let world = world().await;
        let (url, _) = dying(&world).await;
        kill(&world, &url, &["a", "b", "c", "d", "e", "f"]).await;
        let other = queue(&world, "other", json!({})).await;
        let input = json!({
            "SourceArn": DEAD, "DestinationArn": DEAD.replace("dead", "other"), "MaxNumberOfMessagesPerSecond": 2,
        });
        let handle = world.ok("sqs", "StartMessageMoveTask", input).await["TaskHandle"].clone();
        world.run_jobs().await;
        world.advance(Duration::from_secs(1)).await;
        world.run_jobs().await;
        assert_eq!(receive(&world, &other).await.len(), 3);
        let cancelled = world.ok("sqs", "CancelMessageMoveTask", json!({"TaskHandle": handle})).await;
        assert_eq!(cancelled, json!({"ApproximateNumberOfMessagesMoved": 3}));
        world.advance(Duration::from_secs(10)).await;
        world.run_jobs().await;
        assert!(receive(&world, &other).await.is_empty());
        let task = &tasks(&world).await[0];
        assert_eq!(
            (&task["Status"], &task["MaxNumberOfMessagesPerSecond"]),
            (&json!("CANCELLED"), &json!(2))
        );
    }

    #[tokio::test]
    async fn what_cannot_be_moved_stays() {
        let world = world().await;
        let (_, dead) = dying(&world).await;
        send(&world, &dead, "from nowhere").await;
        world.ok("sqs", "StartMessageMoveTask", json!({"SourceArn": DEAD})).await;
        world.run_jobs().await;
        let failed = &tasks(&world).await[0];
        assert_eq!(
            (&failed["Status"], &failed["FailureReason"]),
            (&json!("FAILED"), &json!("CouldNotDetermineMessageSource"))
        );
        assert_eq!(bodies(&receive(&world, &dead).await), ["from nowhere"]);
    }

    #[tokio::test]
    async fn wrong_tasks_are_refused() {
        let world = world().await;
        let (_, _) = dying(&world).await;
        queue(&world, "f.fifo", json!({"FifoQueue": "true"})).await;
        let arn = |name: &str| DEAD.replace("dead", name);
        for (input, code, text) in [
            (
                json!({"SourceArn": arn("source")}),
                "InvalidParameterValueException",
                "Source queue must be configured as a Dead Letter Queue.",
            ),
            (
                json!({"SourceArn": arn("none")}),
                "ResourceNotFoundException",
                "The resource that you specified for the SourceArn parameter doesn't exist.",
            ),
            (
                json!({"SourceArn": DEAD, "DestinationArn": arn("none")}),
                "ResourceNotFoundException",
                "The resource that you specified for the DestinationArn parameter doesn't exist.",
            ),
            (
                json!({"SourceArn": DEAD, "DestinationArn": DEAD}),
                "InvalidParameterValueException",
                "Source queue arn and destination queue arn cannot be the same.",
            ),
            (
                json!({"SourceArn": DEAD, "DestinationArn": arn("f.fifo")}),
                "InvalidParameterValueException",
                "Source and destination must be queues of the same type.",
            ),
            (
                json!({"SourceArn": DEAD, "MaxNumberOfMessagesPerSecond": 501}),
                "InvalidParameterValueException",
                "Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be an integer between 1 and 500.",
            ),
        ] {
            let found = world.error("sqs", "StartMessageMoveTask", input.clone()).await;
            assert_eq!(found, (code.to_owned(), text.to_owned()), "{input}");
        }
        // Recorded: test_cancel_with_invalid_task_handle.
        assert_eq!(
            world.error("sqs", "CancelMessageMoveTask", json!({"TaskHandle": "foobared"})).await,
            ("InvalidParameterValueException".into(), "Value for parameter TaskHandle is invalid.".into())
        );
        let unknown = crate::move_task::Handle { task_id: "x".into(), source_arn: DEAD.into() }.text();
        assert_eq!(
            world.error("sqs", "CancelMessageMoveTask", json!({"TaskHandle": unknown})).await,
            ("ResourceNotFoundException".into(), "Task does not exist.".into())
        );
        let many = json!({"SourceArn": DEAD, "MaxResults": 11});
        assert_eq!(
            world.error("sqs", "ListMessageMoveTasks", many).await.0,
            "InvalidParameterValueException"
        );
    }

    /// Who may move messages must be allowed to take and to send them, too.
    #[tokio::test]
    async fn moving_needs_permission_at_both_ends() {
        let world = world().await;
        let (_, dead) = dying(&world).await;
        queue(&world, "other", json!({})).await;
        let policy = |actions: Value| {
            let statement = json!({"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": DEAD});
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            json!({"QueueUrl": dead, "Attributes": {"Policy": policy.to_string()}})
        };
        let start = |input| world.call_as(testkit::nobody(), "sqs", "StartMessageMoveTask", input);
        let plain = json!({"SourceArn": DEAD});
        let only = policy(json!(["sqs:StartMessageMoveTask", "sqs:ReceiveMessage"]));
        world.ok("sqs", "SetQueueAttributes", only).await;
        assert_eq!(start(plain.clone()).await.unwrap_err().code(), "AccessDeniedException");
        world.ok("sqs", "SetQueueAttributes", policy(json!("sqs:*"))).await;
        let elsewhere = json!({"SourceArn": DEAD, "DestinationArn": DEAD.replace("dead", "other")});
        assert_eq!(start(elsewhere).await.unwrap_err().code(), "AccessDeniedException");
        start(plain).await.unwrap();
    }
}
