//! SendMessageBatch.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::batch::{self, FailedEntry};
use crate::error::Error;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::message::MessageAttribute;
use crate::queue;
use crate::quota::{self, Action};
use crate::send::{self, Admitted, Draft};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    queue_url: String,
    #[shape(default, flat, query_name = "SendMessageBatchRequestEntry")]
    entries: Vec<Entry>,
}

#[derive(Shape)]
struct Entry {
    #[shape(default)]
    id: String,
    #[shape(default)]
    message_body: String,
    delay_seconds: Option<i32>,
    #[shape(default, flat, query_name = "MessageAttribute", key = "Name", value = "Value")]
    message_attributes: BTreeMap<String, MessageAttribute>,
    #[shape(default, flat, query_name = "MessageSystemAttribute", key = "Name", value = "Value")]
    message_system_attributes: BTreeMap<String, MessageAttribute>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat, xml = "SendMessageBatchResultEntry")]
    successful: Vec<SentEntry>,
    #[shape(flat, xml = "BatchResultErrorEntry")]
    failed: Vec<FailedEntry>,
}

#[derive(Shape)]
struct SentEntry {
    id: String,
    message_id: String,
    #[shape(name = "MD5OfMessageBody")]
    body_md5: String,
    #[shape(name = "MD5OfMessageAttributes")]
    attributes_md5: Option<String>,
    #[shape(name = "MD5OfMessageSystemAttributes")]
    system_attributes_md5: Option<String>,
    sequence_number: Option<String>,
}

pub(crate) struct SendMessageBatch;

impl Operation for SendMessageBatch {
    const NAME: &'static str = "SendMessageBatch";
    const KIND: Kind = Kind::Write;
    const ACTION: Option<&'static str> = Some("SendMessage");
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
        batch::check_ids(
            "SendMessageBatchRequestEntry",
            input.entries.iter().map(|entry| entry.id.as_str()),
        )?;
        let cloud = cx.cloud().clone();
        let groups = input.entries.iter().filter_map(|entry| entry.message_group_id.as_deref());
        quota::take(&cloud, cx.tx(), &queue, Action::Send, groups)?;
        let (mut admitted, mut failed): (Vec<(String, Admitted)>, Vec<FailedEntry>) =
            (Vec::new(), Vec::new());
        for entry in input.entries {
            let (id, draft) = entry.split();
            match send::admit(&queue, draft) {
                Ok(message) => admitted.push((id, message)),
                Err(error) => failed.push(FailedEntry::of(id, error)?),
            }
        }
        let size_bytes: i64 = admitted.iter().map(|(_, message)| message.size_bytes()).sum();
        if size_bytes > MESSAGE_BYTES_MAX {
            return Err(Error::BatchTooLong(size_bytes));
        }
        let mut successful = Vec::new();
        for (id, message) in admitted {
            let sent = message.push(cx, &queue).await?;
            successful.push(SentEntry {
                id,
                message_id: sent.message_id,
                body_md5: sent.body_md5,
                attributes_md5: sent.attributes_md5,
                system_attributes_md5: sent.system_attributes_md5,
                sequence_number: sent.sequence_number,
            });
        }
        Ok(Output { successful, failed })
    }
}

impl Entry {
    fn split(self) -> (String, Draft) {
        let draft = Draft {
            body: self.message_body,
            delay_seconds: self.delay_seconds,
            attributes: self.message_attributes,
            system_attributes: self.message_system_attributes,
            deduplication_id: self.message_deduplication_id,
            group: self.message_group_id,
        };
        (self.id, draft)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{queue, receive, world};

    #[tokio::test]
    async fn good_entries_are_sent_and_bad_ones_named() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let entries = json!([
            {"Id": "a", "MessageBody": "one"},
            {"Id": "b", "MessageBody": "bad \u{1}"},
            {"Id": "c", "MessageBody": "late", "DelaySeconds": 901},
            {"Id": "d", "MessageBody": "two"},
        ]);
        let answer = world.ok("sqs", "SendMessageBatch", json!({"QueueUrl": url, "Entries": entries})).await;
        let ids = |side: &str| -> Vec<String> {
            answer[side].as_array().unwrap().iter().map(|e| e["Id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            (ids("Successful"), ids("Failed")),
            (vec!["a".into(), "d".into()], vec!["b".into(), "c".into()])
        );
        assert_eq!(answer["Failed"][0]["Code"], "InvalidMessageContents");
        assert_eq!(answer["Failed"][0]["SenderFault"], true);
        assert_eq!(answer["Failed"][1]["Code"], "InvalidParameterValue");
        assert_eq!(receive(&world, &url).await.len(), 2);
    }

    #[tokio::test]
    async fn batches_that_are_wrong_as_a_whole() {
        let world = world().await;
        let url = queue(&world, "q", json!({})).await;
        let say = |entries| json!({"QueueUrl": url, "Entries": entries});
        let large = "x".repeat(600_000);
        for (entries, code) in [
            (json!([]), "EmptyBatchRequest"),
            (json!([{"Id": "a:b", "MessageBody": "x"}]), "InvalidBatchEntryId"),
            (
                json!([{"Id": "a", "MessageBody": "x"}, {"Id": "a", "MessageBody": "y"}]),
                "BatchEntryIdsNotDistinct",
            ),
            (
                json!([{"Id": "a", "MessageBody": large}, {"Id": "b", "MessageBody": large}]),
                "BatchRequestTooLong",
            ),
        ] {
            assert_eq!(world.error("sqs", "SendMessageBatch", say(entries)).await.0, code);
        }
        let many: Vec<_> = (0..20).map(|n| json!({"Id": n.to_string(), "MessageBody": "x"})).collect();
        // Recorded: test_too_many_entries_in_batch_request.
        let expected = "Maximum number of entries per request are 10. You have sent 20.";
        assert_eq!(world.error("sqs", "SendMessageBatch", say(json!(many))).await.1, expected);
        assert_eq!(receive(&world, &url).await.len(), 0, "nothing is sent by half");
    }
}
