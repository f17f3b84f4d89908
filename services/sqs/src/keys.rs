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
    }
}
