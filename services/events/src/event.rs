//! Events: from an entry of PutEvents to what targets get.

use cloud::prelude::*;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// An event on its way.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// What patterns are asked about and targets get.
    pub(crate) json: Value,
    pub(crate) time_millis: i64,
}

/// What an event says of itself.
pub(crate) struct Content<'a> {
    pub(crate) id: String,
    pub(crate) detail_type: &'a str,
    pub(crate) source: &'a str,
    pub(crate) time_millis: i64,
    pub(crate) resources: Vec<String>,
    pub(crate) detail: Map<String, Value>,
}

impl Event {
    /// An event of an account.
    pub(crate) fn new(account: &str, region: &str, content: Content<'_>) -> Self {
        let json = json!({
            "version": "0",
            "id": content.id,
            "detail-type": content.detail_type,
            "source": content.source,
            "account": account,
            "time": seconds(content.time_millis),
            "region": region,
            "resources": content.resources,
            "detail": content.detail,
        });
        Self { json, time_millis: content.time_millis }
    }

    /// What a rule with the schedule `rule_arn` sends.
    pub(crate) fn scheduled(cx: &Cx, rule_arn: String, due_millis: i64) -> Self {
        let content = Content {
            id: cx.new_id(),
            detail_type: "Scheduled Event",
            source: "aws.events",
            time_millis: due_millis,
            resources: vec![rule_arn],
            detail: Map::new(),
        };
        Self::new(cx.account(), cx.region(), content)
    }
}

/// A time as events have it: in seconds, with a Z.
pub(crate) fn seconds(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
