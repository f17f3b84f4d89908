//! Waiting for messages of queues.

use shape::Doc;
use store::Key;

use super::{input, member};
use crate::cx::Cx;
use crate::failure::Failure;

/// What there is to receive from a queue.
#[derive(Clone, Debug)]
pub(crate) struct Next {
    /// When the next message can be received, in milliseconds; a time that has passed when one can be now.
    pub(crate) at_millis: Option<i64>,
    /// Below which key the store tells that this has changed. Another one than before: the queue is another one, too.
    pub(crate) news_key: Key,
}

/// Asks a queue, as the caller of `cx`, which is the platform: whoever waits makes no calls that anybody else would see.
pub(crate) async fn next(cx: &mut Cx, queue_url: String) -> Result<Next, Failure> {
    let caller = cx.caller().clone();
    let asked = input(cx, "sqs", "NextMessage", vec![("QueueUrl", Doc::Text(queue_url))])?;
    let mut answer = cx.call(caller, "sqs", "NextMessage", asked).await?;
    let at_millis = member(cx, "sqs", "NextMessage", &mut answer, "AtMillis")?.as_int();
    match member(cx, "sqs", "NextMessage", &mut answer, "NewsKey")? {
        Doc::Blob(news_key) => Ok(Next { at_millis, news_key }),
        _ => Err(Failure::internal("a queue has no news")),
    }
}
