//! From the functions' output to CloudWatch Logs, off the way of invocations: batches, written as the functions' roles.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloud::client::logs::put_events;
use cloud::prelude::*;
use cloud::{Cloud, Failure};
use serde_json::json;
use tokio::sync::mpsc;

use crate::roles;
use crate::runtime::launch::Launch;
use crate::runtime::log::LogLine;

/// Batches that may wait. When the log cannot keep up, the newest are dropped, and the count is told.
const WAITING_MAX: usize = 20_000;
/// Memory of lines that may wait; a function can print hundreds of megabytes in a second.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long batches are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// Events and bytes of one PutLogEvents call: 10,000 and 1 MB with 26 bytes for each event (API reference).
const CALL_EVENTS_MAX: usize = 10_000;
const CALL_BYTES_MAX: usize = 1_000_000;
const EVENT_OVERHEAD_BYTES: usize = 26;
/// Streams that are known to exist; beyond that the memory is emptied.
const STREAMS_MAX: usize = 10_000;

/// Where environments leave their lines.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    batches: mpsc::Sender<Batch>,
    waiting: Arc<Waiting>,
}

/// What waits, and what had to go.
#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    dropped: AtomicUsize,
}

#[derive(Debug)]
struct Batch {
    launch: Arc<Launch>,
    stream: Arc<str>,
    lines: Vec<LogLine>,
}

/// A stream, and as whom it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    role: String,
    function: String,
    region: String,
    group: String,
    stream: String,
}

impl Sender {
    /// Starts the writer; it ends with the cloud, after writing what it has.
    pub(crate) fn start(cloud: &Arc<Cloud>) -> Sender {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        // The writer must not keep the cloud alive: its sender lives in the cloud's own state.
        let weak = Arc::downgrade(cloud);
        let stopping = cloud.tasks().stopping();
        let waiting = Arc::<Waiting>::default();
        cloud.tasks().spawn(run(weak, receiver, waiting.clone(), stopping));
        Sender { batches: sender, waiting }
    }

    /// Takes the lines of one stream. Never waits.
    pub(crate) fn send(&self, launch: &Arc<Launch>, stream: &Arc<str>, lines: Vec<LogLine>) {
        let (count, bytes) = (lines.len(), bytes_of(&lines));
        let batch = Batch { launch: Arc::clone(launch), stream: Arc::clone(stream), lines };
        if !self.waiting.enter(bytes) {
            self.waiting.dropped.fetch_add(count, Ordering::Relaxed);
        } else if self.batches.try_send(batch).is_err() {
            self.waiting.leave(bytes);
            self.waiting.dropped.fetch_add(count, Ordering::Relaxed);
        }
    }
}

fn bytes_of(lines: &[LogLine]) -> usize {
    lines.iter().map(LogLine::memory_bytes).sum()
}

impl Waiting {
    fn enter(&self, bytes: usize) -> bool {
        let fits =
            |waiting: usize| waiting.checked_add(bytes).filter(|waiting| *waiting <= WAITING_BYTES_MAX);
        self.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok()
    }

    fn leave(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Tells of lines that were dropped: once for many, or the telling would be a flood of its own.
    fn tell(&self) {
        let lines = self.dropped.swap(0, Ordering::Relaxed);
        if lines > 0 {
            tracing::warn!(lines, "log lines of functions were dropped: the log is too slow");
        }
    }
}

impl Place {
    fn of(launch: &Launch, stream: &str) -> Place {
        Place {
            role: launch.role.clone(),
            function: launch.name.clone(),
            region: launch.region.clone(),
            group: launch.log_group.clone(),
            stream: stream.to_string(),
        }
    }
}

async fn run(
    cloud: std::sync::Weak<Cloud>,
    mut receiver: mpsc::Receiver<Batch>,
    waiting: Arc<Waiting>,
    stopping: impl Future<Output = ()> + Send,
) {
    let mut known = HashSet::new();
    let mut stopping = Box::pin(stopping);
    loop {
        let first = tokio::select! {
            biased;
            batch = receiver.recv() => batch,
            () = &mut stopping => None,
        };
        let last = first.is_none();
        if !last {
            tokio::time::sleep(GATHER).await;
        }
        let mut streams: HashMap<Arc<str>, (Arc<Launch>, Vec<LogLine>)> = HashMap::new();
        let more = std::iter::from_fn(|| receiver.try_recv().ok());
        for Batch { launch, stream, lines } in first.into_iter().chain(more) {
            // Each environment has a stream of its own.
            streams.entry(stream).or_insert_with(|| (launch, Vec::new())).1.extend(lines);
        }
        let Some(cloud) = cloud.upgrade() else { return };
        for (stream, (launch, lines)) in streams {
            let bytes = bytes_of(&lines);
            write(&cloud, &mut known, &Place::of(&launch, &stream), lines).await;
            waiting.leave(bytes);
        }
        waiting.tell();
        if last {
            return;
        }
    }
}

async fn write(cloud: &Arc<Cloud>, known: &mut HashSet<Place>, place: &Place, mut lines: Vec<LogLine>) {
    // Events of one call must be in order of time.
    lines.sort_by_key(|line| line.time_millis);
    lines.retain(|line| !line.text.is_empty());
    if known.len() > STREAMS_MAX {
        known.clear();
    }
    for chunk in chunks(&lines) {
        let result = match put(cloud, known, place, chunk, false).await {
            // The group or stream was deleted since it was made.
            Err(failure) if failure.code() == "ResourceNotFoundException" => {
                put(cloud, known, place, chunk, true).await
            }
            other => other,
        };
        if let Err(failure) = result {
            // As in AWS: a role without permission has no logs.
            known.remove(place);
            return tracing::debug!(%failure, function = place.function, "log lines could not be written");
        }
    }
}

async fn put(
    cloud: &Arc<Cloud>,
    known: &mut HashSet<Place>,
    place: &Place,
    lines: &[LogLine],
    again: bool,
) -> Result<(), Failure> {
    let role = roles::caller(cloud, &place.role, &place.function, &place.region).await?;
    let caller = role.ok_or_else(|| Failure::new("AccessDenied", 403, "the role is gone"))?;
    let mut cx = Cx::internal(cloud, roles::SERVICE);
    if again || !known.contains(place) {
        let group = json!({"logGroupName": place.group});
        let stream = json!({"logGroupName": place.group, "logStreamName": place.stream});
        for (operation, input) in [("CreateLogGroup", group), ("CreateLogStream", stream)] {
            match cx.call_json(caller.clone(), "logs", operation, &input).await {
                Ok(_) => {}
                Err(failure) if failure.code() == "ResourceAlreadyExistsException" => {}
                // A role may be allowed to write to a group that it may not make.
                Err(failure)
                    if operation == "CreateLogGroup" && failure.code().starts_with("AccessDenied") => {}
                Err(failure) => return Err(failure),
            }
        }
        known.insert(place.clone());
    }
    let events = lines.iter().map(|line| (line.time_millis, line.text.clone()));
    put_events(&mut cx, caller, &place.group, &place.stream, events).await
}

/// Cuts lines into what one call takes.
fn chunks(lines: &[LogLine]) -> impl Iterator<Item = &[LogLine]> {
    let mut rest = lines;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take(CALL_EVENTS_MAX).take_while(|line| {
            bytes += line.text.len() + EVENT_OVERHEAD_BYTES;
            bytes <= CALL_BYTES_MAX
        });
        let count = fits.count().max(1).min(rest.len());
        let (chunk, left) = rest.split_at(count);
        rest = left;
        (!chunk.is_empty()).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function that prints without end took all memory of the host.
    #[tokio::test]
    async fn lines_that_wait_are_bounded() {
        let (batches, mut receiver) = mpsc::channel(WAITING_MAX);
        let sender = Sender { batches, waiting: Arc::default() };
        let launch = Arc::new(crate::runtime::tests::launch("python3.11", "h.h"));
        let megabyte = || vec![LogLine { time_millis: 0, text: "x".repeat(1 << 20) }];
        for _ in 0..100 {
            sender.send(&launch, &"stream".into(), megabyte());
        }
        let mut kept = 0;
        while let Ok(batch) = receiver.try_recv() {
            sender.waiting.leave(bytes_of(&batch.lines));
            kept += 1;
        }
        assert_eq!(kept, 63);
        assert_eq!(sender.waiting.dropped.load(Ordering::Relaxed), 37);
        assert_eq!(sender.waiting.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn calls_stay_within_their_limits() {
        let line = |size: usize| LogLine { time_millis: 0, text: "x".repeat(size) };
        assert_eq!(chunks(&[]).count(), 0);
        let many: Vec<LogLine> = (0..10_001).map(|_| line(1)).collect();
        assert_eq!(chunks(&many).map(<[LogLine]>::len).collect::<Vec<_>>(), [10_000, 1]);
        let large: Vec<LogLine> = (0..5).map(|_| line(400_000)).collect();
        assert_eq!(chunks(&large).map(<[LogLine]>::len).collect::<Vec<_>>(), [2, 2, 1]);
    }
}
