//! Deleting a received message and changing how long it stays hidden: the rules that the single operations and the
//! batches share.

use cloud::prelude::*;
use store::layer::queue::Outcome;

use crate::error::Error;
use crate::keys::QueueRow;
use crate::limits::VISIBILITY_SECONDS_MAX;
use crate::message::Handle;

/// Deletes the message of a receipt handle. One that is gone, or was received again since, is no error, as in AWS.
pub(crate) async fn delete(cx: &mut Cx, queue: &QueueRow, text: &str) -> Result<(), Error> {
    let handle = open(queue, text)?;
    let (now, messages) = (cx.now().millis(), queue.messages());
    if queue.is_fifo() {
        let end = messages.lease_end(cx.tx(), &handle.message_id, &handle.receipt).await?;
        if end.is_some_and(|end| end <= now) {
            return Err(Error::value(text, "ReceiptHandle", "The receipt handle has expired."));
        }
    }
    match messages.delete(cx.tx(), &handle.message_id, &handle.receipt, now).await? {
        Outcome::Done | Outcome::Gone | Outcome::OtherReceipt | Outcome::NotInFlight => Ok(()),
    }
}

/// Hides the message of a receipt handle for `seconds` from now.
pub(crate) async fn change(
    cx: &mut Cx,
    queue: &QueueRow,
    text: &str,
    seconds: Option<i32>,
) -> Result<(), Error> {
    let seconds = i64::from(seconds.ok_or(Error::Missing("VisibilityTimeout"))?);
    if !(0..=VISIBILITY_SECONDS_MAX).contains(&seconds) {
        let reason = "VisibilityTimeout must be an integer between 0 and 43200.";
        return Err(Error::value(seconds, "VisibilityTimeout", reason));
    }
    let handle = open(queue, text)?;
    let (now, messages) = (cx.now().millis(), queue.messages());
    let (id, until) = (&handle.message_id, now + seconds * 1000);
    let outcome = if queue.is_fifo() {
        messages.change_visibility(cx.tx(), id, &handle.receipt, now, until).await?
    } else {
        // A standard queue does it also after the timeout, and by the handle of an earlier receive (recorded:
        // test_change_message_visibility_after_visibility_timeout_expiration,
        // test_terminate_visibility_timeout_after_receive).
        let latest = messages.peek(cx.tx(), id).await?.and_then(|message| message.receipt);
        let receipt = latest.unwrap_or(handle.receipt);
        messages.renew_visibility(cx.tx(), id, &receipt, now, until).await?
    };
    match outcome {
        Outcome::Done => Ok(()),
        // Recorded: test_change_visibility_on_deleted_message_raises_invalid_parameter_value.
        Outcome::Gone | Outcome::OtherReceipt => Err(Error::value(
            text,
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        )),
        Outcome::NotInFlight => Err(Error::MessageNotInflight),
    }
}

/// A handle of this queue.
fn open(queue: &QueueRow, text: &str) -> Result<Handle, Error> {
    let handle = Handle::parse(text)?;
    if handle.queue_id == queue.id { Ok(handle) } else { Err(Error::ReceiptHandleIsInvalid(text.to_owned())) }
}
