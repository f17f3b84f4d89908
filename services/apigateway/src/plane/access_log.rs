//! Access logs: one line for each request, in the format that the stage wants, into a log group of CloudWatch.
//!
//! Lines are gathered and written off the way of requests, in the account's own name: AWS writes with the role of the
//! account's settings. Each stage has one log stream, `<api>/<stage>`; AWS spreads lines over many.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use cloud::caller::Caller;
use cloud::cx::Cx;
use cloud::{Cloud, Failure};
use proxyevent::Request;
use serde_json::json;
use tokio::sync::mpsc;

use crate::keys::AccessLog;

use super::Found;
use super::answer::{Ids, Refusal, context, request_context};
use super::compile::StagePlan;
use super::mapping::{Template, Values};

/// Lines that may wait; when the log cannot keep up, new ones are dropped.
const WAITING_MAX: usize = 10_000;
/// Lines of one write; PutLogEvents takes 10,000, but no more than 1 MB.
const LINES_MAX: usize = 500;
/// Bytes of a line, so that a full write fits.
const LINE_BYTES_MAX: usize = 2_000;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// What stands for a variable that has no value.
const MISSING: &str = "-";

/// The access log of a stage.
pub(super) struct LogPlan {
    format: Template,
    place: Arc<Place>,
}

/// Where lines go.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    account: String,
    region: String,
    group: String,
    stream: String,
}

struct Line {
    place: Arc<Place>,
    time_millis: i64,
    text: String,
}

/// The writer, started with its first line.
#[derive(Default)]
pub(crate) struct Writer(OnceLock<mpsc::Sender<Line>>);

/// What became of a request.
pub(super) struct Outcome<'a> {
    pub(super) status: u16,
    pub(super) length: u64,
    pub(super) latency_millis: i64,
    pub(super) refusal: Option<&'a Refusal>,
}

/// The log group in `arn:aws:logs:<region>:<account>:log-group:<name>[:*]`.
pub(crate) fn group_of(arn: &str) -> Option<&str> {
    let rest = arn.strip_prefix("arn:")?.split_once(":logs:")?.1;
    let (_, name) = rest.split_once(":log-group:")?;
    Some(name.strip_suffix(":*").unwrap_or(name)).filter(|name| !name.is_empty())
}

impl LogPlan {
    /// Compiles the settings of a stage; none while they are not whole.
    pub(super) fn of(
        settings: &AccessLog,
        account: &str,
        region: &str,
        api: &str,
        stage: &str,
    ) -> Option<Self> {
        let place = Place {
            account: account.to_owned(),
            region: region.to_owned(),
            group: group_of(settings.destination.as_deref()?)?.to_owned(),
            stream: format!("{api}/{stage}"),
        };
        Some(Self { format: Template::parse(settings.format.as_deref()?)?, place: Arc::new(place) })
    }

    /// Leaves the line of a request. Never waits.
    pub(super) fn write(
        &self,
        cx: &Cx,
        stage: &StagePlan,
        found: Option<Found<'_>>,
        request: &Request<'_>,
        ids: &Ids,
        outcome: &Outcome<'_>,
    ) {
        let (method, parameters) = found.unzip();
        let variable = |name: &str| match name {
            "status" => Some(outcome.status.to_string()),
            "responseLength" => Some(outcome.length.to_string()),
            "responseLatency" => Some(outcome.latency_millis.to_string()),
            "xrayTraceId" => Some(ids.trace.trim_start_matches("Root=").to_owned()),
            _ => match outcome.refusal {
                Some(refusal) => context(name, stage, method, request, ids, refusal),
                None => request_context(name, stage, method, request, ids),
            },
        };
        let shown = |name: &str| variable(name).or_else(|| Some(MISSING.to_owned()));
        let values = Values {
            request,
            path_parameters: parameters.unwrap_or_default(),
            stage_variables: &stage.variables,
            context: &shown,
        };
        let mut text = self.format.fill(&values);
        if text.len() > LINE_BYTES_MAX {
            text.truncate(text.floor_char_boundary(LINE_BYTES_MAX));
        }
        let line = Line { place: self.place.clone(), time_millis: request.time_millis, text };
        cx.state::<Writer>().send(cx.cloud(), line);
    }
}

impl Writer {
    fn send(&self, cloud: &Arc<Cloud>, line: Line) {
        let sender = self.0.get_or_init(|| {
            let (sender, receiver) = mpsc::channel(WAITING_MAX);
            // The writer must not keep the cloud alive: its sender lives in the cloud's own state.
            cloud.tasks().spawn(run(Arc::downgrade(cloud), receiver, cloud.tasks().stopping()));
            sender
        });
        if sender.try_send(line).is_err() {
            tracing::warn!("a line of an access log was dropped: the log is too slow");
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
                    tracing::warn!(%failure, group = place.group, "an access log could not be written");
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
    let mut cx = Cx::internal(cloud, "apigateway.amazonaws.com");
    let caller = Caller::root(place.account.as_str(), place.region.as_str());
    let stream = json!({"logGroupName": place.group, "logStreamName": place.stream});
    if !known.contains(place) {
        match cx.call_json(caller.clone(), "logs", "CreateLogStream", &stream).await {
            Err(failure) if failure.code() != "ResourceAlreadyExistsException" => return Err(failure),
            _ => known.insert(place.clone()),
        };
    }
    let events: Vec<_> =
        lines.iter().map(|line| json!({"timestamp": line.time_millis, "message": line.text})).collect();
    let mut input = stream;
    input["logEvents"] = json!(events);
    cx.call_json(caller, "logs", "PutLogEvents", &input).await.map(|_answer| ())
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
