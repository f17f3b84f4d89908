//! Tasks that move messages out of a dead-letter queue: back to where each came from, or to one queue.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::job::Progress;
use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::layer::queue::{Claims, NewMessage, Request};
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{self, MoveStatus, MoveTaskRow, QueueRow, Stored};
use crate::queue::Address;

/// Messages that one transaction moves.
const SLICE: usize = 20;
/// Tasks that one round goes on with.
const TASKS: usize = 100;

impl MoveStatus {
    /// AWS's word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

/// What a task handle says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handle {
    pub(crate) task_id: String,
    pub(crate) source_arn: String,
}

impl Handle {
    /// The text.
    pub(crate) fn text(&self) -> String {
        STANDARD.encode(serde_json::to_vec(self).expect("texts are always JSON"))
    }

    /// Reads a text. (Text: recorded, test_cancel_with_invalid_task_handle)
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let read = STANDARD.decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok());
        read.ok_or_else(|| Error::Invalid("Value for parameter TaskHandle is invalid.".to_owned()))
    }
}

/// The queue that an ARN in the parameter `name` means. (Texts as LocalStack's tests have them from AWS)
pub(crate) async fn find(cx: &mut Cx, name: &str, text: &str) -> Result<QueueRow, Error> {
    let missing = || {
        Error::NoSuchResource(format!(
            "The resource that you specified for the {name} parameter doesn't exist."
        ))
    };
    let arn: Arn = text.parse().map_err(|_| missing())?;
    let address = Address::of_arn(&arn).ok_or_else(missing)?;
    let found = keys::find(cx.tx(), arn.account(), arn.region(), address.name()).await?;
    found.filter(|_| arn.region() == cx.region()).ok_or_else(missing)
}

/// What the queue with this ARN brings to the decision on access to it.
pub(crate) async fn terms(cx: &Cx, text: &str) -> Result<Terms, Error> {
    // What is no queue is refused by the operation itself.
    let arn = text.parse::<Arn>().ok().filter(|arn| arn.region() == cx.region());
    match arn.as_ref().and_then(Address::of_arn) {
        Some(address) => address.terms(cx).await,
        None => Ok(Terms::default()),
    }
}

/// What access to the queue with this ARN is decided on.
pub(crate) fn resource(cx: &Cx, text: &str) -> Resource {
    text.parse::<Arn>().unwrap_or_else(|_| cx.arn("sqs", "*")).into()
}

/// Goes on with all tasks.
pub(crate) async fn go_on(cx: &mut Cx) -> Result<Progress, Error> {
    let tasks = table::list_by::<MoveTaskRow>(&cx.snapshot().await?, 1, (), &Paging::first(TASKS)).await?;
    let mut left = Progress::Done;
    for task in tasks.items {
        if slice(cx, task).await? {
            left = Progress::More;
        } else if left == Progress::Done {
            // Its rate may allow for more the next time.
            left = Progress::At(cx.now().millis());
        }
    }
    Ok(left)
}

/// Moves some messages of a task. True when the next ones may go at once.
async fn slice(cx: &Cx, task: MoveTaskRow) -> Result<bool, Error> {
    let (now, cloud) = (cx.now().millis(), cx.cloud().clone());
    cx.transact(move |tx| {
        let (task, cloud) = (task.clone(), cloud.clone());
        Box::pin(async move {
            let parts = task_key(&task);
            // Somebody may have cancelled it, or moved its messages, meanwhile.
            let Some(mut task) = table::get::<MoveTaskRow>(tx, parts).await? else { return Ok(false) };
            if task.status != MoveStatus::Running {
                return Ok(false);
            }
            let may = allowed(&task, now);
            let limit = usize::try_from(may).unwrap_or(0).min(SLICE);
            if limit == 0 {
                return Ok(false);
            }
            let moved = move_some(tx, &mut task, now, limit, || cloud.chance().uuid()).await?;
            table::put(tx, &task).await?;
            Ok::<_, Error>(moved && task.status == MoveStatus::Running)
        })
    })
    .await
}

/// The key of a task's row.
pub(crate) fn task_key(task: &MoveTaskRow) -> store::tuple::Tuple {
    use store::layer::table::Record as _;
    task.key()
}

/// Messages that a task may move by now.
fn allowed(task: &MoveTaskRow, now: i64) -> i64 {
    match task.rate {
        // One at the start, then as the rate allows.
        Some(rate) => 1 + i64::from(rate) * (now - task.started_at_millis) / 1000 - task.moved,
        None => i64::MAX,
    }
}

async fn move_some(
    tx: &mut Tx,
    task: &mut MoveTaskRow,
    now: i64,
    limit: usize,
    mut id: impl FnMut() -> String + Send,
) -> Result<bool, Error> {
    let source = keys::find(tx, &task.account, &task.region, &task.source).await?;
    let Some(source) = source.filter(|source| source.id == task.source_id) else {
        fail(task, "AWS.SimpleQueueService.NonExistentQueue");
        return Ok(false);
    };
    let messages = source.messages();
    let request = Request {
        now,
        limit,
        lease_until: now + 1,
        sent_since: now - source.retention_millis(),
        receives_max: None,
        receipt: &mut id,
    };
    let received = messages.receive(tx, &Claims::default(), request).await?.messages;
    if received.is_empty() {
        task.status = MoveStatus::Completed;
    }
    for message in received {
        let receipt = message.receipt.clone().unwrap_or_default();
        let mut stored = Stored::decode(&message.body)?;
        let Some(arn) = task.destination_arn.clone().or(stored.dead_letter_source.take()) else {
            fail(task, "CouldNotDetermineMessageSource");
            messages.renew_visibility(tx, &message.id, &receipt, now, now).await?;
            return Ok(false);
        };
        let target = match arn.parse::<Arn>() {
            Ok(arn) => keys::find(tx, arn.account(), arn.region(), arn.resource()).await?,
            Err(_) => None,
        };
        let Some(target) = target.filter(|target| target.is_fifo() == source.is_fifo()) else {
            fail(task, "AWS.SimpleQueueService.NonExistentQueue");
            messages.renew_visibility(tx, &message.id, &receipt, now, now).await?;
            return Ok(false);
        };
        // "All redriven messages are considered new messages with a new messageID and enqueueTime."
        stored.earlier_receives = 0;
        stored.dead_letter_source = None;
        let new = NewMessage {
            id: id(),
            body: stored.encode()?,
            now,
            visible_at: now,
            group: message.group.clone(),
        };
        messages.delete(tx, &message.id, &receipt, now).await?;
        target.messages().push(tx, new).await?;
        task.moved += 1;
    }
    Ok(task.status == MoveStatus::Running)
}

fn fail(task: &mut MoveTaskRow, reason: &str) {
    task.status = MoveStatus::Failed;
    task.failure = Some(reason.to_owned());
}
