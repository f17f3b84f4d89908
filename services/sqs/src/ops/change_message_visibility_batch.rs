//! ChangeMessageVisibilityBatch.

use cloud::prelude::*;

use crate::batch::{self, FailedEntry};
use crate::error::Error;
use crate::{lease, queue};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default, flat, query_name = "ChangeMessageVisibilityBatchRequestEntry")]
    entries: Vec<Entry>,
}

#[derive(Shape)]
struct Entry {
    #[shape(default)]
    id: String,
    #[shape(default)]
    receipt_handle: String,
    visibility_timeout: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "ChangeMessageVisibilityBatchResultEntry")]
    successful: Vec<Done>,
    #[shape(flat, xml = "BatchResultErrorEntry")]
    failed: Vec<FailedEntry>,
}

#[derive(Shape)]
struct Done {
    id: String,
}

pub(crate) struct ChangeMessageVisibilityBatch;

impl Operation for ChangeMessageVisibilityBatch {
    const NAME: &'static str = "ChangeMessageVisibilityBatch";
    const KIND: Kind = Kind::Write;
    const ACTION: Option<&'static str> = Some("ChangeMessageVisibility");
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
        let ids = input.entries.iter().map(|entry| entry.id.as_str());
        batch::check_ids("ChangeMessageVisibilityBatchRequestEntry", ids)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for Entry { id, receipt_handle, visibility_timeout } in input.entries {
            match lease::change(cx, &queue, &receipt_handle, visibility_timeout).await {
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
        let entries = json!([
            {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": handle, "VisibilityTimeout": 43_201},
            {"Id": "c", "ReceiptHandle": handle},
        ]);
        let input = json!({"QueueUrl": url, "Entries": entries});
        let answer = world.ok("sqs", "ChangeMessageVisibilityBatch", input).await;
        assert_eq!(answer["Successful"], json!([{"Id": "a"}]));
        assert_eq!(answer["Failed"][0]["Code"], "InvalidParameterValue");
        assert_eq!(answer["Failed"][1]["Code"], "MissingParameter");
        assert_eq!(receive(&world, &url).await.len(), 1);
        let empty = json!({"QueueUrl": url, "Entries": []});
        assert_eq!(world.error("sqs", "ChangeMessageVisibilityBatch", empty).await.0, "EmptyBatchRequest");
    }
}
