//! The stored rows: the only file of the service that knows keys and bytes.

mod endpoint;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::Key;
use store::keyspace::{self, Prefix};
use store::layer::log::Stream;
use store::layer::table::Record;
use store::tuple::{self, Tuple};

pub(crate) use endpoint::{
    ConnectionRow, CredentialsRow, DestinationRow, HttpRow, OauthRow, ParameterRow, Secret,
};

/// An event bus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BusRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Its resource policy, as JSON.
    pub(crate) policy: Option<String>,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for BusRow {
    const PREFIX: Prefix = keyspace::EVENTS_BUS;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl BusRow {
    /// The bus's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:events:{}:{}:event-bus/{}", self.region, self.account, self.name)
    }
}

/// A rule with its targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RuleRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) bus: String,
    pub(crate) name: String,
    pub(crate) pattern: Option<String>,
    pub(crate) schedule: Option<String>,
    /// `ENABLED`, `DISABLED` or `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    pub(crate) state: String,
    pub(crate) description: Option<String>,
    pub(crate) role_arn: Option<String>,
    /// From when a rate counts.
    pub(crate) scheduled_from_millis: i64,
    pub(crate) targets: Vec<TargetRow>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for RuleRow {
    const PREFIX: Prefix = keyspace::EVENTS_RULE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.bus, &self.name))
    }
}

impl RuleRow {
    /// The rule's ARN.
    pub(crate) fn arn(&self) -> String {
        let resource = crate::rule::resource(&self.bus, &self.name);
        format!("arn:aws:events:{}:{}:{resource}", self.region, self.account)
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.state != "DISABLED"
    }
}

/// Where a rule sends events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetRow {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) role_arn: Option<String>,
    /// What is sent instead of the event, as JSON.
    pub(crate) input: Option<String>,
    pub(crate) input_path: Option<String>,
    pub(crate) transformer: Option<TransformerRow>,
    /// The group of messages for a FIFO queue.
    pub(crate) message_group: Option<String>,
    /// The path of the partition key for a stream.
    pub(crate) partition_key_path: Option<String>,
    pub(crate) retries: Option<i32>,
    pub(crate) age_seconds: Option<i32>,
    /// The ARN of the queue for what cannot be delivered.
    pub(crate) dead_letter: Option<String>,
    /// What a call of an API destination has besides.
    #[serde(default)]
    pub(crate) http: Option<HttpTargetRow>,
}

/// What a call of an API destination has besides. Values may be paths into the event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HttpTargetRow {
    /// What stands for the asterisks in the path.
    pub(crate) path: Vec<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
}

/// How an event is rewritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TransformerRow {
    pub(crate) paths: BTreeMap<String, String>,
    pub(crate) template: String,
}

/// An archive of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ArchiveRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Names its events: an archive made again under the same name has none of the old ones.
    pub(crate) id: String,
    /// The bus's name.
    pub(crate) bus: String,
    pub(crate) description: Option<String>,
    pub(crate) pattern: Option<String>,
    /// 0 keeps events for ever.
    pub(crate) retention_days: i32,
    pub(crate) created_at_millis: i64,
}

impl Record for ArchiveRow {
    const PREFIX: Prefix = keyspace::EVENTS_ARCHIVE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl ArchiveRow {
    /// The archived events, oldest first.
    pub(crate) fn events(&self) -> Stream {
        Stream::new(keyspace::EVENTS_ARCHIVED, &self.id)
    }

    /// How many events and bytes it has.
    pub(crate) fn counters(&self) -> [Key; 2] {
        ["events", "bytes"].map(|what| tuple::key(keyspace::EVENTS_ARCHIVE_COUNTER, &(&self.id, what)))
    }
}

/// An event in an archive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Archived {
    /// The event's own time.
    pub(crate) time_millis: i64,
    /// When it came.
    pub(crate) kept_at_millis: i64,
    pub(crate) event: serde_json::Value,
}

/// A replay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplayRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) archive: String,
    /// The archive's own id.
    pub(crate) archive_id: String,
    pub(crate) bus: String,
    /// The rules that get the events; all without any.
    pub(crate) filters: Vec<String>,
    pub(crate) from_millis: i64,
    pub(crate) to_millis: i64,
    /// `STARTING`, `RUNNING`, `CANCELLING`, `COMPLETED`, `CANCELLED` or `FAILED`.
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) started_at_millis: i64,
    pub(crate) ended_at_millis: Option<i64>,
    /// The time of the last event that was sent.
    pub(crate) last_millis: Option<i64>,
    /// The place in the archive behind the last event that was looked at.
    pub(crate) behind: Option<[u8; 10]>,
}

impl Record for ReplayRow {
    const PREFIX: Prefix = keyspace::EVENTS_REPLAY;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl ReplayRow {
    /// Whether it goes on.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state.as_str(), "STARTING" | "RUNNING")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_rows_is_read() {
        let bus = r#"{"account":"a","region":"r","name":"n","description":null,"policy":null,"created_at_millis":1,
            "modified_at_millis":2,"tags":{}}"#;
        assert_eq!(serde_json::from_str::<BusRow>(bus).unwrap().arn(), "arn:aws:events:r:a:event-bus/n");
        let rule = r#"{"account":"a","region":"r","bus":"default","name":"n","pattern":"{}","schedule":null,
            "state":"ENABLED","description":null,"role_arn":null,"scheduled_from_millis":0,"targets":[{"id":"1",
            "arn":"x","role_arn":null,"input":null,"input_path":null,"transformer":{"paths":{},"template":"t"},
            "message_group":null,"partition_key_path":null,"retries":1,"age_seconds":null,"dead_letter":null}],
            "tags":{}}"#;
        assert_eq!(serde_json::from_str::<RuleRow>(rule).unwrap().arn(), "arn:aws:events:r:a:rule/n");
    }
}
