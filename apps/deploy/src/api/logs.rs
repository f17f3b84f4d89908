//! CloudWatch Logs: reading what functions wrote, and deleting what is no longer wanted.

use serde_json::{Value, json};

use super::{Api, Error};

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// The event's id.
    pub id: String,
    /// The stream.
    pub stream: String,
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// The text.
    pub message: String,
}

impl Api {
    /// Deletes a group, if it is there.
    pub async fn delete_log_group(&self, group: &str) -> Result<(), Error> {
        match self.json("logs", "Logs_20140328.DeleteLogGroup", &json!({"logGroupName": group})).await {
            Err(error) if error.code != "ResourceNotFoundException" => Err(error),
            _ => Ok(()),
        }
    }

    /// The events of a group since a time (milliseconds since 1970), oldest first; a group that is not there has none.
    pub async fn filter_log_events(
        &self,
        group: &str,
        since: i64,
        pattern: Option<&str>,
    ) -> Result<Vec<LogEvent>, Error> {
        let mut events = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({"logGroupName": group, "startTime": since, "interleaved": true});
            if let Some(pattern) = pattern {
                input["filterPattern"] = json!(pattern);
            }
            if !token.is_null() {
                input["nextToken"] = token;
            }
            let answer = self.json("logs", "Logs_20140328.FilterLogEvents", &input).await?;
            let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
            events.extend(answer["events"].as_array().into_iter().flatten().map(|event| LogEvent {
                id: text(event, "eventId"),
                stream: text(event, "logStreamName"),
                timestamp: event["timestamp"].as_i64().unwrap_or_default(),
                message: text(event, "message"),
            }));
            token = answer["nextToken"].clone();
            if token.is_null() {
                return Ok(events);
            }
        }
    }
}
