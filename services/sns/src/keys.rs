//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

/// A topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TopicRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Names what a FIFO topic remembers: a topic made again under the same name has seen nothing.
    pub(crate) id: String,
    pub(crate) created_at_millis: i64,
    /// Attributes that were given, in their canonical texts.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) data_protection: Option<String>,
    /// Subscriptions that were deleted.
    pub(crate) deleted: u32,
}

impl Record for TopicRow {
    const PREFIX: Prefix = keyspace::SNS_TOPIC;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

/// A subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SubscriptionRow {
    /// The topic's account.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) topic: String,
    pub(crate) id: String,
    /// The account that subscribed.
    pub(crate) owner: String,
    /// The ARN of who subscribed.
    pub(crate) principal: String,
    pub(crate) protocol: String,
    pub(crate) endpoint: String,
    pub(crate) created_at_millis: i64,
    /// Confirms it; the one of a confirmed subscription may be used again.
    pub(crate) token: String,
    pub(crate) pending: bool,
    /// Whether who confirmed it had signed.
    pub(crate) authenticated: bool,
    /// Whether only who signs may end it.
    pub(crate) guarded: bool,
    /// Attributes that were given, in their canonical texts.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// The index of subscriptions by topic, protocol and endpoint.
pub(crate) const BY_ENDPOINT: u8 = 1;
/// The index of subscriptions by owner and region.
pub(crate) const BY_OWNER: u8 = 2;
/// The index of subscriptions by topic and token.
pub(crate) const BY_TOKEN: u8 = 3;
/// The index of pending subscriptions by the time at which they were made.
pub(crate) const PENDING: u8 = 4;

impl Record for SubscriptionRow {
    const PREFIX: Prefix = keyspace::SNS_SUBSCRIPTION;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 4;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.topic, &self.id))
    }

    fn indexes(&self) -> Vec<Index> {
        let Self { account, region, topic, protocol, endpoint, owner, token, .. } = self;
        let mut indexes = vec![
            Index::new(BY_ENDPOINT, (account, region, topic, format!("{protocol} {endpoint}"))),
            Index::new(BY_OWNER, (owner, region)),
            Index::new(BY_TOKEN, (account, region, topic, token)),
        ];
        if self.pending {
            indexes.push(Index::new(PENDING, self.created_at_millis));
        }
        indexes
    }
}

impl SubscriptionRow {
    /// The subscription's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("{}:{}", self.topic_arn(), self.id)
    }

    /// The topic's ARN.
    pub(crate) fn topic_arn(&self) -> String {
        format!("arn:aws:sns:{}:{}:{}", self.region, self.account, self.topic)
    }
}

/// A message that a FIFO topic has seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SeenRow {
    pub(crate) topic_id: String,
    /// The deduplication id, behind the group where the scope is the group.
    pub(crate) key: String,
    pub(crate) until_millis: i64,
    pub(crate) message_id: String,
    pub(crate) sequence: u64,
}

impl Record for SeenRow {
    const PREFIX: Prefix = keyspace::SNS_DEDUPLICATION;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.topic_id, &self.key))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(1, self.until_millis)]
    }
}

/// How far a FIFO topic has counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SequenceRow {
    pub(crate) topic_id: String,
    pub(crate) next: u64,
}

impl Record for SequenceRow {
    const PREFIX: Prefix = keyspace::SNS_SEQUENCE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.topic_id)
    }
}

/// The key that signs notifications; there is one.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignerRow {
    /// PKCS #8, base64. A secret.
    pub(crate) key: String,
    /// The certificate, PEM.
    pub(crate) certificate: String,
    /// The certificate's name in URLs.
    pub(crate) name: String,
}

/// The key of the one [`SignerRow`].
pub(crate) const SIGNER: &str = "1";

impl Record for SignerRow {
    const PREFIX: Prefix = keyspace::SNS_SIGNER;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(SIGNER)
    }
}

/// Settings of text messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SmsRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Record for SmsRow {
    const PREFIX: Prefix = keyspace::SNS_SMS;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_rows_is_read() {
        let topic = r#"{"account":"a","region":"r","name":"n","id":"i","created_at_millis":1,"attributes":{"DisplayName":
            "x"},"tags":{},"data_protection":null,"deleted":0}"#;
        assert_eq!(serde_json::from_str::<TopicRow>(topic).unwrap().arn(), "arn:aws:sns:r:a:n");
        let subscription = r#"{"account":"a","region":"r","topic":"t","id":"i","owner":"a","principal":"p","protocol":"sqs",
            "endpoint":"e","created_at_millis":1,"token":"x","pending":true,"authenticated":false,"guarded":false,
            "attributes":{}}"#;
        let row: SubscriptionRow = serde_json::from_str(subscription).unwrap();
        assert_eq!((row.arn().as_str(), row.indexes().len()), ("arn:aws:sns:r:a:t:i", 4));
        let seen = r#"{"topic_id":"q","key":"k","until_millis":5,"message_id":"m","sequence":3}"#;
        assert_eq!(serde_json::from_str::<SeenRow>(seen).unwrap().sequence, 3);
        assert_eq!(serde_json::from_str::<SequenceRow>(r#"{"topic_id":"t","next":2}"#).unwrap().next, 2);
        let signer = r#"{"key":"k","certificate":"c","name":"n"}"#;
        assert_eq!(serde_json::from_str::<SignerRow>(signer).unwrap().name, "n");
        let sms = r#"{"account":"a","region":"r","attributes":{}}"#;
        assert!(serde_json::from_str::<SmsRow>(sms).unwrap().attributes.is_empty());
    }
}
