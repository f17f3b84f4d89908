//! The Telemetry API of one environment, and the older Logs API: what extensions are told of the platform's doings and
//! of the lines that functions and extensions print.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html>. [`subscribe`] reads subscriptions, [`deliver`]
//! sends to them; the records are those of [`super::records`].

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use self::deliver::Message;
use self::subscribe::{Schema, Subscription};
use self::way::Way;
use super::records;

pub(crate) mod deliver;
pub(crate) mod subscribe;
pub(crate) mod way;

/// Events of the init phase that are kept for those who subscribe later in it.
const PAST_MAX: usize = 1000;
/// Events that wait for one subscriber, beside those in its buffer; more are dropped and told as `platform.logsDropped`.
const WAITING_MAX: usize = 4096;

/// What a subscriber chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Platform,
    Function,
    Extension,
}

impl Category {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Category::Platform => "platform",
            Category::Function => "function",
            Category::Extension => "extension",
        }
    }
}

/// One event, in the form of the Telemetry API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) time_millis: i64,
    pub(crate) category: Category,
    /// `platform.start`, `function`, …
    pub(crate) kind: &'static str,
    pub(crate) record: Value,
}

impl Event {
    /// A line that somebody printed. With the JSON format a line that is a JSON object is one here, too.
    pub(crate) fn line(category: Category, time_millis: i64, text: &str, json_format: bool) -> Event {
        let text = text.trim_end_matches('\n');
        let object =
            if json_format { serde_json::from_str(text).ok().filter(Value::is_object) } else { None };
        let record = object.unwrap_or_else(|| json!(text));
        Event { time_millis, category, kind: category.name(), record }
    }

    /// What a subscriber of this schema gets; none for what its schema does not have.
    fn shown(&self, schema: Schema) -> Option<Value> {
        let (kind, record) = match schema {
            // Its end is a record of the Logs API alone.
            Schema::Telemetry if self.kind == "platform.end" => return None,
            Schema::Telemetry => (self.kind, self.record.clone()),
            Schema::Logs { with_done } => records::as_log(self.kind, &self.record, with_done)?,
        };
        Some(json!({"time": crate::time::iso_millis(self.time_millis), "type": kind, "record": record}))
    }
}

#[derive(Debug)]
struct Subscriber {
    extension: String,
    subscription: Subscription,
    sender: mpsc::Sender<Message>,
    dropped: (u64, u64),
}

#[derive(Debug, Default)]
struct State {
    past: Vec<Arc<Event>>,
    /// Nobody subscribes any more: the past is not kept.
    closed: bool,
    subscribers: Vec<Subscriber>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    state: Mutex<State>,
}

impl Telemetry {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a subscription, or replaces the one that the extension has of the same API. It gets what happened before.
    /// `way` leads to the environment, where the destination is.
    pub(crate) fn subscribe(&self, extension: &str, subscription: Subscription, way: Way, now_millis: i64) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(deliver::run(subscription.clone(), receiver, way));
        let kind = match subscription.schema {
            Schema::Telemetry => "platform.telemetrySubscription",
            Schema::Logs { .. } => "platform.logsSubscription",
        };
        let types: Vec<&str> = subscription.types.iter().map(|one| one.name()).collect();
        let record = json!({"name": extension, "state": "Subscribed", "types": types});
        let told = Event { time_millis: now_millis, category: Category::Platform, kind, record };
        let mut subscriber =
            Subscriber { extension: extension.to_string(), subscription, sender, dropped: (0, 0) };
        let mut state = self.state();
        for event in &state.past {
            subscriber.take(event);
        }
        let same = |one: &Subscriber| {
            one.extension == extension
                && std::mem::discriminant(&one.subscription.schema)
                    == std::mem::discriminant(&subscriber.subscription.schema)
        };
        state.subscribers.retain(|one| !same(one));
        state.subscribers.push(subscriber);
        drop(state);
        self.emit(told);
    }

    /// Tells everybody who wants to know. Never waits.
    pub(crate) fn emit(&self, event: Event) {
        let mut state = self.state();
        let event = Arc::new(event);
        for subscriber in &mut state.subscribers {
            subscriber.take(&event);
        }
        if !state.closed && state.past.len() < PAST_MAX {
            state.past.push(event);
        }
    }

    /// The init phase is over.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.past = Vec::new();
    }

    /// Whether anybody listens, or may still come to.
    pub(crate) fn is_wanted(&self) -> bool {
        let state = self.state();
        !state.closed || !state.subscribers.is_empty()
    }

    /// Waits until everything that was told before is delivered, or cannot be.
    pub(crate) async fn flush(&self) {
        let senders: Vec<_> = self.state().subscribers.iter().map(|one| one.sender.clone()).collect();
        for sender in senders {
            let (done, flushed) = oneshot::channel();
            if sender.send(Message::Flush(done)).await.is_ok() {
                let _deliverer_ended = flushed.await;
            }
        }
    }
}

impl Subscriber {
    fn take(&mut self, event: &Arc<Event>) {
        if !self.subscription.types.contains(&event.category) {
            return;
        }
        let Some(shown) = event.shown(self.subscription.schema) else { return };
        if self.dropped.0 > 0 {
            let (records, bytes) = self.dropped;
            let reason = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.";
            let record = json!({"reason": reason, "droppedRecords": records, "droppedBytes": bytes});
            let time = crate::time::iso_millis(event.time_millis);
            let told = json!({"time": time, "type": "platform.logsDropped", "record": record});
            if self.sender.try_send(Message::Event(told.to_string())).is_ok() {
                self.dropped = (0, 0);
            }
        }
        let text = shown.to_string();
        let bytes = text.len() as u64;
        if self.sender.try_send(Message::Event(text)).is_err() {
            self.dropped = (self.dropped.0 + 1, self.dropped.1 + bytes);
        }
    }
}

#[cfg(test)]
mod tests;
