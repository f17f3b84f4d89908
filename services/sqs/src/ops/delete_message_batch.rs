//! DeleteMessageBatch.

use cloud::prelude::*;

use crate::batch::{self, FailedEntry};
use crate::error::Error;
use crate::quota::{self, Action};
use crate::{lease, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default, flat, query_name = "DeleteMessageBatchRequestEntry")]
    entries: Vec<Entry>,
}

#[derive(Shape)]
struct Entry {
    #[shape(default)]
    id: String,
    #[shape(default)]
    receipt_handle: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "DeleteMessageBatchResultEntry")]
    successful: Vec<Done>,
    #[shape(flat, xml = "BatchResultErrorEntry")]
    failed: Vec<FailedEntry>,
}

#[derive(Shape)]
struct Done {
    id: String,
}

pub(crate) struct DeleteMessageBatch;

impl Operation for DeleteMessageBatch {
    const NAME: &'static str = "DeleteMessageBatch";
    const KIND: Kind = Kind::Write;
    const ACTION: Option<&'static str> = Some("DeleteMessage");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        queue::resource(cx, &input.queue_url)
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        queue::terms(cx, &input.queue_url).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let queue = queue::open(cx, &input.queue_url).await?;
        let cloud = cx.cloud().clone();
        quota::take(&cloud, cx.tx(), &queue, Action::Delete, std::iter::empty())?;
        batch::check_ids(
            "DeleteMessageBatchRequestEntry",
            input.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for Entry { id, receipt_handle } in input.entries {
            match lease::delete(cx, &queue, &receipt_handle).await {
                Ok(()) => successful.push(Done { id }),
                Err(error) => failed.push(FailedEntry::of(id, error)?),
            }
        }
        Ok(Output { successful, failed })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, receive, send, world};

    #[tokio::test]
    async fn each_entry_for_itself() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        send(&world, &url, "x").await;
        let handle = receive(&world, &url).await[0]["ReceiptHandle"].clone();
        let entries = json!([{"Id": "a", "ReceiptHandle": handle}, {"Id": "b", "ReceiptHandle": "garbage"}]);
        let answer =
            world.ok("sqs", "DeleteMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await;
        assert_eq!(answer["Successful"], json!([{"Id": "a"}]));
        assert_eq!(answer["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
        let many: Vec<_> = (0..20).map(|n| json!({"Id": n.to_string(), "ReceiptHandle": handle})).collect();
        let (code, _) =
            world.error("sqs", "DeleteMessageBatch", json!({"QueueUrl": url, "Entries": many})).await;
        assert_eq!(code, "TooManyEntriesInBatchRequest");
    }
}
