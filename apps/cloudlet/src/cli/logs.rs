//! `cloudlet logs`.

use std::collections::HashMap;
use std::time::Duration;

use ::deploy::api::Api;
use ::deploy::api::logs::LogEvent;
use ::deploy::steps::function::known;
use ::deploy::steps::{Session, unusable};
use anyhow::{Context, bail};
use clap::Args;
use jiff::Timestamp;
use owo_colors::OwoColorize;
use serde_json::json;

use super::Global;
use super::connect::{Connection, now};
use super::output::Output;
use super::project;

/// How much of the past is shown when nobody says.
const PAST_MINUTES: i64 = 10;

/// How much of the past is shown before following.
const PAST_TAIL_SECONDS: i64 = 10;

/// How much later than another one a line with an earlier time may come: each process of a function brings its lines
/// when it gets to it.
const LATE_MILLIS: i64 = 2_000;

/// Shows the log of a function.
#[derive(Args, Clone, Debug)]
pub(crate) struct Logs {
    /// The function's key in the configuration.
    #[arg(long, short = 'f', value_name = "NAME")]
    function: String,
    /// Keep showing new lines.
    #[arg(long, short = 't')]
    tail: bool,
    /// From when on: `30m`, `2h`, `1d`, or a time like 2026-01-31T12:00:00Z [default: 10m].
    #[arg(long, alias = "startTime", value_name = "TIME")]
    start_time: Option<String>,
    /// Only lines that match this filter pattern of CloudWatch Logs.
    #[arg(long, value_name = "PATTERN")]
    filter: Option<String>,
    /// Milliseconds between two looks while following.
    #[arg(long, short = 'i', value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u64).range(50..))]
    interval: u64,
}

impl Logs {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open(global, &connection).await?;
        let api = connection.api(&project.service.region);
        let name = known(Session { api: &api, service: &project.service, report: output }, &self.function)?;
        let since = match &self.start_time {
            Some(text) => start(text, now())?,
            None if self.tail => now().as_millisecond() - PAST_TAIL_SECONDS * 1000,
            None => now().as_millisecond() - PAST_MINUTES * 60_000,
        };
        let mut follower = Follower::new(format!("/aws/lambda/{name}"), since, self.filter.clone());
        loop {
            let events = follower.next(&api).await?;
            for event in events {
                match output.is_json() {
                    true => output.result(&json!({
                        "timestamp": event.timestamp, "stream": event.stream, "message": event.message,
                    })),
                    false if event.message.starts_with("END") => {}
                    false => output.text(&format_message(&event.message)),
                }
            }
            if !self.tail {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(self.interval)).await;
        }
    }
}

/// Reads the new lines of a log group, each once.
#[derive(Debug)]
pub(crate) struct Follower {
    group: String,
    since: i64,
    filter: Option<String>,
    /// The ids of the lines that may come again, with their times.
    seen: HashMap<String, i64>,
}

impl Follower {
    pub(crate) fn new(group: String, since: i64, filter: Option<String>) -> Self {
        Self { group, since, filter, seen: HashMap::new() }
    }

    /// What is new since the last time.
    pub(crate) async fn next(&mut self, api: &Api) -> anyhow::Result<Vec<LogEvent>> {
        let events = api.filter_log_events(&self.group, self.since, self.filter.as_deref()).await;
        Ok(self.unseen(events.map_err(unusable)?))
    }

    /// Those events that were not there before.
    fn unseen(&mut self, mut events: Vec<LogEvent>) -> Vec<LogEvent> {
        events.retain(|event| self.seen.insert(event.id.clone(), event.timestamp).is_none());
        if let Some(last) = events.iter().map(|event| event.timestamp).max() {
            self.since = self.since.max(last - LATE_MILLIS);
            self.seen.retain(|_, time| *time >= self.since);
        }
        events
    }
}

/// When to begin, in milliseconds since 1970.
fn start(text: &str, now: Timestamp) -> anyhow::Result<i64> {
    let unit = |last: char| match last {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86_400),
        _ => None,
    };
    if let Some(seconds) = text.chars().last().and_then(unit)
        && let Ok(count) = text[..text.len() - 1].parse::<i64>()
    {
        return Ok(now.as_millisecond() - count.saturating_mul(seconds).saturating_mul(1000));
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text
        .parse()
        .with_context(|| format!("`{text}` is no time: write 30m, 2h, 1d or 2026-01-31T12:00:00Z"))?;
    match civil.to_zoned(jiff::tz::TimeZone::UTC) {
        Ok(time) => Ok(time.timestamp().as_millisecond()),
        Err(_) => bail!("`{text}` is out of range"),
    }
}

/// A line of a function's log as people read it: START and REPORT shortened, the request id taken out.
pub(crate) fn format_message(message: &str) -> String {
    let message = message.trim_end();
    if message.starts_with("START RequestId") {
        return "START".dimmed().to_string();
    }
    if message.starts_with("REPORT RequestId") {
        let parts: Vec<&str> = message.split('\t').collect();
        let part = |name: &str| parts.iter().find_map(|part| part.strip_prefix(name)).map(str::trim);
        let duration = part("Duration:").unwrap_or_default();
        let init = part("Init Duration:").map(|init| format!(" (init: {init})")).unwrap_or_default();
        let memory = part("Max Memory Used:").unwrap_or_default();
        return format!("END Duration: {duration}{init} Memory Used: {memory}").dimmed().to_string();
    }
    let parts: Vec<&str> = message.splitn(4, '\t').collect();
    match parts.as_slice() {
        [time, _, level, text] if is_time(time) => format!("{}\t{level}\t{text}", time.dimmed()),
        [level, time, _, text] if is_time(time) => format!("{}\t{level}\t{text}", time.dimmed()),
        _ => message.to_owned(),
    }
}

fn is_time(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(message: &str) -> String {
        anstream::adapter::strip_str(&format_message(message)).to_string()
    }

    #[test]
    fn lines_lose_what_nobody_reads() {
        assert_eq!(plain("START RequestId: 1 Version: $LATEST\n"), "START");
        let report = "REPORT RequestId: 1\tDuration: 1.50 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tInit Duration: 20.1 ms";
        assert_eq!(plain(report), "END Duration: 1.50 ms (init: 20.1 ms) Memory Used: 60 MB");
        assert_eq!(
            plain("2026-01-31T12:00:00.000Z\tid\tINFO\thello\tworld\n"),
            "2026-01-31T12:00:00.000Z\tINFO\thello\tworld"
        );
        assert_eq!(
            plain("[INFO]\t2026-01-31T12:00:00.000Z\tid\thello"),
            "2026-01-31T12:00:00.000Z\t[INFO]\thello"
        );
        assert_eq!(plain("just text"), "just text");
    }

    #[test]
    fn a_line_that_comes_late_is_shown_and_none_twice() {
        let mut follower = Follower::new("g".to_owned(), 1_000, None);
        let mut look = |times: &[i64]| -> Vec<i64> {
            let event = |time: &i64| LogEvent {
                id: time.to_string(),
                timestamp: *time,
                stream: "s".to_owned(),
                message: "m".to_owned(),
            };
            let since = follower.since;
            let events = times.iter().filter(|time| **time >= since).map(event).collect();
            follower.unseen(events).iter().map(|event| event.timestamp).collect()
        };
        assert_eq!(look(&[5_000]), [5_000]);
        assert_eq!(look(&[4_000, 5_000]), [4_000]);
        assert_eq!(look(&[4_000, 5_000, 9_000]), [9_000]);
        assert_eq!(look(&[4_000, 5_000, 8_000, 9_000]), [8_000]);
        assert_eq!(follower.seen.len(), 2);
    }

    #[test]
    fn times_are_spans_or_dates() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        assert_eq!(start("30m", now).unwrap(), 998_200_000);
        assert_eq!(start("1970-01-02T00:00:00Z", now).unwrap(), 86_400_000);
        assert_eq!(start("1970-01-02", now).unwrap(), 86_400_000);
        assert!(start("soon", now).is_err() && start("", now).is_err() && start("xm", now).is_err());
    }
}
