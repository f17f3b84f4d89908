//! Lines for CloudWatch Logs that a service of the cloud writes about its own work, such as access logs of APIs.
//!
//! They are gathered and written off the way of requests, in the account's own name.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use serde_json::json;
use shape::{Doc, Schema};
use tokio::sync::mpsc;

use super::structure;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::door;
use crate::failure::Failure;
use crate::instance::Cloud;
use crate::operation::Entry;

/// Lines that may wait; when the log cannot keep up, new ones are dropped.
const WAITING_MAX: usize = 10_000;
/// Lines of one write; PutLogEvents takes 10,000, but no more than 1 MB.
const LINES_MAX: usize = 500;
/// Bytes of a line, so that a full write fits.
const LINE_BYTES_MAX: usize = 2_000;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);

/// Where lines go. The group has to be there; the stream is made.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The service that writes, such as `apigateway.amazonaws.com`.
    pub service: &'static str,
    /// The account of the group.
    pub account: String,
    /// The region of the group.
    pub region: String,
    /// The name of the group.
    pub group: String,
    /// The name of the stream.
    pub stream: String,
}

struct Line {
    place: Arc<Place>,
    time_millis: i64,
    text: String,
}

/// The writer of a service, started with its first line. It lives in the state of the cloud: `cx.state::<Writer>()`.
#[derive(Default)]
pub struct Writer(OnceLock<mpsc::Sender<Line>>);

/// The log group in `arn:aws:logs:<region>:<account>:log-group:<name>[:*]`.
pub fn group_of(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?.split_once(":logs:")?.1;
    let (_, name) = rest.split_once(":log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name)).filter(|name| !name.is_empty())
}

impl Writer {
    /// Takes a line. Never waits; long lines are cut.
    pub fn send(&self, cloud: &Arc<Cloud>, place: &Arc<Place>, time_millis: i64, mut text: String) {
        let sender = self.0.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            // The writer must not keep the cloud alive: its sender lives in the cloud's own state.
            cloud.tasks().spawn(run(Arc::downgrade(cloud), receiver, cloud.tasks().stopping()));
            sender
        });
        if text.len() > LINE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
        }
        if sender.try_send(Line { place: place.clone(), time_millis, text }).is_err() {
            tracing::warn!(group = place.group, "a line was dropped: the log is too slow");
        }
    }
}

async fn run(
    cloud: Weak<Cloud>,
    mut receiver: mpsc::Receiver<Line>,
    stopping: impl Future<Output = ()> + Send,
) {
    let mut known = HashSet::new();
    let mut stopping = Box::pin(stopping);
    loop {
        let first = tokio::select! {
            biased;
            line = receiver.recv() => line,
            () = &mut stopping => None,
        };
        let last = first.is_none();
        if !last {
            tokio::time::sleep(GATHER).await;
        }
        let mut places: HashMap<Arc<Place>, Vec<Line>> = HashMap::new();
        let more = std::iter::from_fn(|| receiver.try_recv().ok());
        for line in first.into_iter().chain(more) {
            places.entry(line.place.clone()).or_default().push(line);
        }
        let Some(cloud) = cloud.upgrade() else { return };
        for (place, mut lines) in places {
            lines.sort_by_key(|line| line.time_millis);
            for chunk in lines.chunks(LINES_MAX) {
                if let Err(failure) = put(&cloud, &mut known, &place, chunk).await {
                    known.remove(&place);
                    tracing::warn!(%failure, group = place.group, "lines could not be written");
                }
            }
        }
        if last {
            return;
        }
    }
}

async fn put(
    cloud: &Arc<Cloud>,
    known: &mut HashSet<Arc<Place>>,
    place: &Arc<Place>,
    lines: &[Line],
) -> Result<(), Failure> {
    let mut cx = Cx::internal(cloud, place.service);
    let caller = Caller::root(place.account.as_str(), place.region.as_str());
    let stream = json!({"logGroupName": place.group, "logStreamName": place.stream});
    if !known.contains(place) {
        match cx.call_json(caller.clone(), "logs", "CreateLogStream", &stream).await {
            Err(failure) if failure.code() != "ResourceAlreadyExistsException" => return Err(failure),
            _ => known.insert(place.clone()),
        };
    }
    let events = lines.iter().map(|line| (line.time_millis, line.text.clone()));
    put_events(&mut cx, caller, &place.group, &place.stream, events).await
}

/// Writes events, given as times and texts, in the order of time.
pub async fn put_events(
    cx: &mut Cx,
    caller: Caller,
    group: &str,
    stream: &str,
    events: impl Iterator<Item = (i64, String)>,
) -> Result<(), Failure> {
    let (_, entry) = door::find(cx.cloud(), "logs", "PutLogEvents")?;
    let document = document(entry, group, stream, events).ok_or_else(|| {
        Failure::internal("logs/PutLogEvents does not have the members that its client knows")
    })?;
    cx.call(caller, "logs", "PutLogEvents", document).await.map(|_answer| ())
}

/// The input of PutLogEvents. It is put together by places, not by names: there are thousands of events.
fn document(
    entry: &Entry,
    group: &str,
    stream: &str,
    events: impl Iterator<Item = (i64, String)>,
) -> Option<Doc> {
    let Schema::Structure(input) = (entry.input)() else { return None };
    let Schema::List(list) = input.fields[input.index("logEvents")?].schema.get() else { return None };
    let Schema::Structure(event) = list.element.get() else { return None };
    let (time, message) = (event.index("timestamp")?, event.index("message")?);
    let events = events.map(|(time_millis, text)| {
        let mut members = vec![Doc::Null; event.fields.len()];
        members[time] = Doc::Int(time_millis);
        members[message] = Doc::Text(text);
        Doc::Structure(members)
    });
    let members = vec![
        ("logGroupName", Doc::Text(group.to_owned())),
        ("logStreamName", Doc::Text(stream.to_owned())),
        ("logEvents", Doc::List(events.collect())),
    ];
    structure((entry.input)(), members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_arns() {
        assert_eq!(group_of("arn:aws:logs:us-east-1:0:log-group:/a/b:*"), Some("/a/b"));
        assert_eq!(group_of("arn:aws:logs:us-east-1:0:log-group:x"), Some("x"));
        assert_eq!(group_of("arn:aws:firehose:us-east-1:0:deliverystream/x"), None);
        assert_eq!(group_of("x"), None);
    }
}
