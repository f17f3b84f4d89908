//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::Tuple;

/// A group of schedules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Whether it goes away with its schedules.
    pub(crate) deleting: bool,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for GroupRow {
    const PREFIX: Prefix = keyspace::SCHEDULER_GROUP;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl GroupRow {
    /// The group's ARN.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:scheduler:{}:{}:schedule-group/{}", self.region, self.account, self.name)
    }

    /// `ACTIVE` or `DELETING`.
    pub(crate) fn state(&self) -> &'static str {
        if self.deleting { "DELETING" } else { "ACTIVE" }
    }
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScheduleRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) expression: String,
    pub(crate) timezone: String,
    pub(crate) start_millis: Option<i64>,
    pub(crate) end_millis: Option<i64>,
    /// From when a rate without a start counts.
    pub(crate) counts_from_millis: i64,
    /// The length of the window in which it may be invoked; none calls it at its time.
    pub(crate) window_minutes: Option<i32>,
    pub(crate) enabled: bool,
    pub(crate) kms_key: Option<String>,
    /// Whether it is deleted when it is never due again.
    pub(crate) deletes_itself: bool,
    pub(crate) target: TargetRow,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
}

impl Record for ScheduleRow {
    const PREFIX: Prefix = keyspace::SCHEDULER_SCHEDULE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.group, &self.name))
    }
}

impl ScheduleRow {
    /// The schedule's ARN.
    pub(crate) fn arn(&self) -> String {
        let ScheduleRow { account, region, group, name, .. } = self;
        format!("arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}")
    }

    /// The name of its timer.
    pub(crate) fn timer(&self) -> (&str, &str, &str, &str) {
        (&self.account, &self.region, &self.group, &self.name)
    }
}

/// What a schedule calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetRow {
    pub(crate) arn: String,
    pub(crate) role_arn: String,
    pub(crate) input: Option<String>,
    /// The group of messages for a FIFO queue.
    pub(crate) message_group: Option<String>,
    /// The partition key for a stream.
    pub(crate) partition_key: Option<String>,
    /// Detail type and source of an event for a bus.
    pub(crate) event: Option<(String, String)>,
    pub(crate) retries: Option<i32>,
    pub(crate) age_seconds: Option<i32>,
    /// The ARN of the queue for invocations that failed.
    pub(crate) dead_letter: Option<String>,
}

/// What was asked for under a client token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TokenRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) token: String,
    /// The operation and all of its input but the token, as a digest.
    pub(crate) asked: String,
}

impl Record for TokenRow {
    const PREFIX: Prefix = keyspace::SCHEDULER_TOKEN;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_rows_is_read() {
        let group = r#"{"account":"a","region":"r","name":"g","deleting":false,"created_at_millis":1,
            "modified_at_millis":2,"tags":{}}"#;
        assert_eq!(
            serde_json::from_str::<GroupRow>(group).unwrap().arn(),
            "arn:aws:scheduler:r:a:schedule-group/g"
        );
        let schedule = r#"{"account":"a","region":"r","group":"g","name":"n","description":null,
            "expression":"rate(1 day)","timezone":"UTC","start_millis":null,"end_millis":null,"counts_from_millis":1,
            "window_minutes":null,"enabled":true,"kms_key":null,"deletes_itself":false,"target":{"arn":"x",
            "role_arn":"y","input":null,"message_group":null,"partition_key":null,"event":["d","s"],"retries":1,
            "age_seconds":null,"dead_letter":null},"created_at_millis":1,"modified_at_millis":2}"#;
        let row: ScheduleRow = serde_json::from_str(schedule).unwrap();
        assert_eq!(row.arn(), "arn:aws:scheduler:r:a:schedule/g/n");
        let token = r#"{"account":"a","region":"r","token":"t","asked":"x"}"#;
        assert_eq!(serde_json::from_str::<TokenRow>(token).unwrap().token, "t");
    }
}
