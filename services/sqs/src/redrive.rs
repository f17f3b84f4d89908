//! Dead-letter queues: whether a queue may have one, and moving messages there.

use std::sync::Arc;

use cloud::{Cloud, tap};
use store::Tx;
use store::layer::queue::{Message, NewMessage};

use crate::attributes::Redrive;
use crate::error::Error;
use crate::keys::{self, QueueRow, Stored};
use crate::queue::Address;

/// Refuses a redrive policy whose dead-letter queue is missing, of another type, or closed to `queue`.
pub(crate) async fn check(tx: &Tx, queue: &QueueRow) -> Result<(), Error> {
    let (Some(redrive), Some(text)) = (queue.redrive(), queue.attributes.get("RedrivePolicy")) else {
        return Ok(());
    };
    let wrong = |reason: &str| Error::value(text, "RedrivePolicy", reason);
    // Both belong to one account: messages would otherwise go where their owner may not send.
    let near = |target: &QueueRow| target.region == queue.region && target.account == queue.account;
    let Some(target) = find(tx, &redrive).await?.filter(near) else {
        return Err(wrong("Dead letter target does not exist."));
    };
    if target.is_fifo() != queue.is_fifo() {
        return Err(wrong("Dead-letter queue must be same type of queue as the source."));
    }
    if !target.takes_dead_letters_of(&queue.arn()) {
        return Err(wrong(
            "The dead-letter queue does not allow this source queue in its redrive allow policy.",
        ));
    }
    Ok(())
}

/// The dead-letter queue of a policy, as long as it exists.
pub(crate) async fn find(tx: &Tx, redrive: &Redrive) -> Result<Option<QueueRow>, Error> {
    let Some(address) = Address::of_arn(&redrive.target) else { return Ok(None) };
    keys::find(tx, redrive.target.account(), redrive.target.region(), address.name()).await
}

/// Puts a message that was received too often into the dead-letter queue. It keeps its id, its receives, and on
/// standard queues the time from which its retention counts (developer guide, "Dead-letter queues").
pub(crate) async fn bury(
    (tx, cloud): (&mut Tx, &Arc<Cloud>),
    source: &QueueRow,
    target: &QueueRow,
    message: Message,
    now: i64,
) -> Result<(), Error> {
    let mut stored = Stored::decode(&message.body)?;
    stored.earlier_receives += message.receives;
    stored.dead_letter_source = Some(source.arn());
    let sent = if target.is_fifo() { now } else { message.sent };
    let new = NewMessage {
        id: message.id,
        body: stored.encode()?,
        now: sent,
        visible_at: sent,
        group: message.group,
    };
    tap::offer(cloud, tx, || target.arn(), || stored.heard(&new.id));
    target.messages().push(tx, new).await?;
    Ok(())
}
