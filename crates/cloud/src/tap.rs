//! Listening in: messages as they come to a queue, a topic or a bus, for people who watch.
//!
//! A tap takes nothing away, keeps nothing on disk and holds nothing up: what its reader does not fetch in time is
//! counted and dropped. It hears what its own node takes in. Without taps an offer costs one look at a number.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use shape::Timestamp;
use store::Tx;
use tokio::sync::watch;

use crate::cx::Cx;
use crate::failure::Failure;
use crate::instance::Cloud;

/// Messages that wait for a reader; then the oldest go.
const WAITING_MAX: usize = 1000;
/// Taps at a time: they are for people.
const TAPS_MAX: usize = 100;
/// How long a poll waits for a message.
const WAIT_MILLIS: i64 = 10_000;
/// How long a tap stays without a poll.
const IDLE_MILLIS: i64 = 60_000;

/// All taps of this node.
#[derive(Default)]
struct Taps {
    open: AtomicUsize,
    taps: Mutex<HashMap<String, Tap>>,
}

struct Tap {
    arn: String,
    waiting: VecDeque<Value>,
    missed: u64,
    polled_at_millis: i64,
    news: watch::Sender<()>,
}

/// What a poll gives.
#[derive(Debug, Default)]
pub struct Polled {
    /// The messages, as they came.
    pub messages: Vec<Value>,
    /// How many more there were, which nobody fetched in time.
    pub missed: u64,
}

impl Taps {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Tap>> {
        self.taps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sweep(&self, taps: &mut HashMap<String, Tap>, now: i64) {
        taps.retain(|_, tap| now - tap.polled_at_millis < IDLE_MILLIS);
        self.open.store(taps.len(), Ordering::Release);
    }

    fn put(&self, arn: &str, message: &Value) {
        for tap in self.lock().values_mut().filter(|tap| tap.arn == arn) {
            if tap.waiting.len() == WAITING_MAX {
                tap.waiting.pop_front();
                tap.missed += 1;
            }
            tap.waiting.push_back(message.clone());
            tap.news.send_replace(());
        }
    }
}

/// Shows a message to those who listen at an ARN, once the transaction is committed.
pub fn offer(cloud: &Arc<Cloud>, tx: &mut Tx, arn: impl FnOnce() -> String, message: impl FnOnce() -> Value) {
    let taps = cloud.states().get::<Taps>();
    if taps.open.load(Ordering::Acquire) == 0 {
        return;
    }
    let arn = arn();
    if taps.lock().values().any(|tap| tap.arn == arn) {
        let message = message();
        tx.on_commit(move |_| taps.put(&arn, &message));
    }
}

/// Begins to listen at an ARN; the answer is what [`poll`] is asked with.
pub fn open(cx: &Cx, arn: &str) -> Result<String, Failure> {
    let taps = cx.state::<Taps>();
    let (id, now) = (cx.new_id(), cx.now().millis());
    let mut open = taps.lock();
    taps.sweep(&mut open, now);
    if open.len() >= TAPS_MAX {
        let text = format!("{TAPS_MAX} listen already: end one of them");
        return Err(Failure::new("LimitExceededException", 400, text));
    }
    let tap = Tap {
        arn: arn.to_owned(),
        waiting: VecDeque::new(),
        missed: 0,
        polled_at_millis: now,
        news: watch::Sender::new(()),
    };
    open.insert(id.clone(), tap);
    taps.open.store(open.len(), Ordering::Release);
    Ok(id)
}

/// What came since the last poll; when nothing did, it waits some seconds. None when there is no such tap at that ARN, or
/// not any more.
pub async fn poll(cx: &Cx, arn: &str, id: &str) -> Option<Polled> {
    let taps = cx.state::<Taps>();
    let until = cx.now().plus_millis(WAIT_MILLIS);
    loop {
        let mut news = {
            let now = cx.now();
            let mut open = taps.lock();
            taps.sweep(&mut open, now.millis());
            let tap = open.get_mut(id).filter(|tap| tap.arn == arn)?;
            tap.polled_at_millis = now.millis();
            if !tap.waiting.is_empty() || now >= until {
                let messages = std::mem::take(&mut tap.waiting).into();
                return Some(Polled { messages, missed: std::mem::take(&mut tap.missed) });
            }
            tap.news.subscribe()
        };
        wait(cx, &mut news, until).await;
    }
}

async fn wait(cx: &Cx, news: &mut watch::Receiver<()>, until: Timestamp) {
    tokio::select! {
        // The sender ends with its tap: then the next look says so.
        _ = news.changed() => {}
        () = cx.sleep_until(until) => {}
    }
}
