//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use cloud::Failure;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::keyspace::{self, Prefix};
use store::layer::queue::Queue as Messages;
use store::layer::table::{self, Index, Record};
use store::tuple::Tuple;

use crate::error::Error;
use crate::message::StoredAttribute;

/// A queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct QueueRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Names the queue's messages: a queue made again under the same name has none of the old ones.
    pub(crate) id: String,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
    pub(crate) purged_at_millis: Option<i64>,
    /// Attributes that were given, in their canonical texts.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for QueueRow {
    const PREFIX: Prefix = keyspace::SQS_QUEUE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl QueueRow {
    /// The queue's messages.
    pub(crate) fn messages(&self) -> Messages {
        Messages::new(keyspace::SQS_MESSAGE, &self.id)
    }

    /// The queue's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sqs:{}:{}:{}", self.region, self.account, self.name)
    }
}

/// The queue with this name.
pub(crate) async fn find(
    tx: &Tx,
    account: &str,
    region: &str,
    name: &str,
) -> Result<Option<QueueRow>, Error> {
    Ok(table::get(tx, (account, region, name)).await?)
}

/// A message that a FIFO queue has seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeenRow {
    pub(crate) queue_id: String,
    /// The deduplication id, behind the group where the scope is the group.
    pub(crate) key: String,
    pub(crate) until_millis: i64,
    pub(crate) message_id: String,
    pub(crate) sequence: u64,
}

impl Record for SeenRow {
    const PREFIX: Prefix = keyspace::SQS_DEDUPLICATION;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.queue_id, &self.key))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(1, self.until_millis)]
    }
}

/// What a receive gave, for who asks again under the same attempt id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AttemptRow {
    pub(crate) queue_id: String,
    pub(crate) attempt: String,
    pub(crate) until_millis: i64,
    /// The ids of the messages with their receipts.
    pub(crate) messages: Vec<(String, String)>,
}

impl Record for AttemptRow {
    const PREFIX: Prefix = keyspace::SQS_ATTEMPT;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.queue_id, &self.attempt))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(1, self.until_millis)]
    }
}

/// How a move task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MoveStatus {
    Running,
    Completed,
    Cancelled,
    Failed,
}

/// A task that moves messages out of a dead-letter queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MoveTaskRow {
    pub(crate) account: String,
    pub(crate) region: String,
    /// The name of the dead-letter queue, and its id.
    pub(crate) source: String,
    pub(crate) source_id: String,
    pub(crate) started_at_millis: i64,
    pub(crate) id: String,
    /// Where messages go; none for the queue that each came from.
    pub(crate) destination_arn: Option<String>,
    pub(crate) rate: Option<i32>,
    pub(crate) status: MoveStatus,
    pub(crate) moved: i64,
    pub(crate) to_move: i64,
    pub(crate) failure: Option<String>,
}

impl Record for MoveTaskRow {
    const PREFIX: Prefix = keyspace::SQS_MOVE_TASK;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.source, self.started_at_millis, &self.id))
    }

    /// Those that run.
    fn indexes(&self) -> Vec<Index> {
        let running = self.status == MoveStatus::Running;
        running.then(|| Index::new(1, self.started_at_millis)).into_iter().collect()
    }
}

/// What a message carries in its queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, StoredAttribute>,
    pub(crate) sender_id: String,
    pub(crate) trace_header: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
    /// Receives in the queue that it was moved from.
    pub(crate) earlier_receives: u32,
    /// The queue that it was moved from.
    pub(crate) dead_letter_source: Option<String>,
}

/// The version byte of [`Stored`].
const STORED_VERSION: u8 = 1;

impl Stored {
    /// The stored bytes.
    pub(crate) fn encode(&self) -> Result<Bytes, Error> {
        let mut out = vec![STORED_VERSION];
        serde_json::to_writer(&mut out, self).map_err(Failure::internal)?;
        Ok(out.into())
    }

    /// What those see who listen in on the queue.
    pub(crate) fn heard(&self, id: &str) -> serde_json::Value {
        serde_json::json!({
            "MessageId": id,
            "Body": self.body,
            "MessageGroupId": self.group,
            "MessageDeduplicationId": self.deduplication_id,
            "DeadLetterQueueSourceArn": self.dead_letter_source,
        })
    }

    /// Reads the stored bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        match bytes.split_first() {
            Some((&STORED_VERSION, json)) => Ok(serde_json::from_slice(json).map_err(Failure::internal)?),
            _ => Err(Failure::internal("a message of an unknown version").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_a_message_is_read() {
        let stored = b"\x01{\"body\":\"b\",\"attributes\":{\"a\":{\"data_type\":\"String\",\"text\":\"x\",\"binary\":null}},\
            \"sender_id\":\"s\",\"trace_header\":null,\"group\":\"g\",\"deduplication_id\":null,\"earlier_receives\":2,\
            \"dead_letter_source\":null}";
        let message = Stored::decode(stored).unwrap();
        assert_eq!((message.body.as_str(), message.earlier_receives), ("b", 2));
        assert_eq!(message.attributes["a"].text.as_deref(), Some("x"));
        assert_eq!(message.encode().unwrap(), stored.as_slice());
        assert!(Stored::decode(b"\x02{}").is_err() && Stored::decode(b"").is_err());
    }

    #[test]
    fn version_1_of_rows_is_read() {
        let queue = r#"{"account":"a","region":"r","name":"n","id":"i","created_at_millis":1,"modified_at_millis":2,
            "purged_at_millis":null,"attributes":{"DelaySeconds":"1"},"tags":{}}"#;
        assert_eq!(serde_json::from_str::<QueueRow>(queue).unwrap().arn(), "arn:aws:sqs:r:a:n");
        let seen = r#"{"queue_id":"q","key":"k","until_millis":5,"message_id":"m","sequence":3}"#;
        assert_eq!(serde_json::from_str::<SeenRow>(seen).unwrap().sequence, 3);
        let attempt = r#"{"queue_id":"q","attempt":"a","until_millis":5,"messages":[["m","r"]]}"#;
        assert_eq!(serde_json::from_str::<AttemptRow>(attempt).unwrap().messages.len(), 1);
        let task = r#"{"account":"a","region":"r","source":"d","source_id":"i","started_at_millis":1,"id":"t",
            "destination_arn":null,"rate":5,"status":"Running","moved":1,"to_move":2,"failure":null}"#;
        assert_eq!(serde_json::from_str::<MoveTaskRow>(task).unwrap().indexes().len(), 1);
    }
}
