//! Subscriptions: records pushed to a registered consumer, one shard at a time, for five minutes.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cloud::prelude::*;
use serde_json::json;
use store::Version;
use tokio::sync::watch;
use wire::eventstream;

use crate::error::Error;
use crate::iterator::Place;
use crate::limits::{
    EVENT_BYTES_MAX, HEARTBEAT_MILLIS, READ_BYTES, RECORDS_MAX, SUBSCRIPTION_MILLIS, SUBSCRIPTION_OWN_MILLIS,
};
use crate::names::{self, StreamName};
use crate::reading::{self, ChildShard, Most, Record};
use crate::streams;

/// Who has which shard of a consumer, on this node.
#[derive(Default)]
pub(crate) struct Subscriptions(Mutex<HashMap<(String, u32), Held>>);

struct Held {
    begun_at_millis: i64,
    over: watch::Sender<bool>,
}

/// The right to push a shard to a consumer, until somebody else takes over.
#[derive(Debug)]
pub(crate) struct Turn(watch::Receiver<bool>);

impl Subscriptions {
    /// Takes a shard for a consumer: "If you call SubscribeToShard again with the same ConsumerARN and ShardId within 5
    /// seconds of a successful call, you'll get a ResourceInUseException. If you call SubscribeToShard 5 seconds or more
    /// after a successful call, the second call takes over the subscription."
    pub(crate) fn begin(&self, consumer: &str, shard: u32, now: i64) -> Result<Turn, Error> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who reads no more has dropped the receiver.
        held.retain(|_, one| {
            one.over.receiver_count() > 0 || now - one.begun_at_millis < SUBSCRIPTION_OWN_MILLIS
        });
        let key = (consumer.to_owned(), shard);
        if held.get(&key).is_some_and(|one| now - one.begun_at_millis < SUBSCRIPTION_OWN_MILLIS) {
            return Err(Error::InUse(format!(
                "Another active subscription exists for this consumer: {consumer}, shard {}.",
                names::shard_id(shard)
            )));
        }
        let (over, turn) = watch::channel(false);
        if let Some(before) = held.insert(key, Held { begun_at_millis: now, over }) {
            before.over.send_replace(true);
        }
        Ok(Turn(turn))
    }

    /// Ends all subscriptions of a consumer.
    pub(crate) fn end(&self, consumer: &str) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(name, _), one| {
            if name == consumer {
                one.over.send_replace(true);
            }
            name != consumer
        });
    }
}

/// What a consumer hears.
#[derive(Shape)]
pub(crate) struct SubscribeToShardEvent {
    records: Vec<Record>,
    continuation_sequence_number: Option<String>,
    millis_behind_latest: i64,
    child_shards: Option<Vec<ChildShard>>,
}

/// A subscription under way.
pub(crate) struct Subscription {
    cx: Cx,
    stream: StreamName,
    id: String,
    shard: u32,
    place: Place,
    turn: Turn,
    news: watch::Receiver<Version>,
    ends_at_millis: i64,
    /// When the next event without records is due.
    due_at_millis: i64,
    /// Nothing is sent before this time: a consumer gets 2 MB in a second.
    rest_until_millis: i64,
    is_over: bool,
}

impl Subscription {
    /// A subscription from a place in a shard.
    pub(crate) fn new(cx: &Cx, stream: StreamName, id: String, shard: u32, place: Place, turn: Turn) -> Self {
        let now = cx.now().millis();
        let parts = (&stream.account, &stream.region, &stream.name);
        let news = cx.cloud().store().watch(store::tuple::key(store::keyspace::KINESIS_RECORD, &parts));
        Self {
            cx: cx.detach(),
            stream,
            id,
            shard,
            place,
            turn,
            news,
            ends_at_millis: now + SUBSCRIPTION_MILLIS,
            due_at_millis: now,
            rest_until_millis: now,
            is_over: false,
        }
    }

    /// Its events, as they come.
    pub(crate) fn events(self) -> impl futures::Stream<Item = io::Result<Bytes>> + Send {
        futures::stream::unfold(self, |mut subscription| async move {
            let message = subscription.next().await?;
            Some((Ok(message), subscription))
        })
    }

    /// The next message; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.is_over || self.cx.now().millis() >= self.ends_at_millis {
                return None;
            }
            if *self.turn.0.borrow() {
                let text = format!("Another subscription has taken over {}.", names::shard_id(self.shard));
                return Some(self.fail("ResourceInUseException", &text));
            }
            if self.cx.now().millis() >= self.rest_until_millis {
                self.news.borrow_and_update();
                match self.look().await {
                    Ok(Some(message)) => return Some(message),
                    Ok(None) => {}
                    Err(error) => {
                        let failure = cloud::ApiError::into_failure(error);
                        return Some(self.fail(failure.code(), failure.message()));
                    }
                }
            }
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let now = self.cx.now().millis();
        let is_resting = now < self.rest_until_millis;
        let until = if is_resting { self.rest_until_millis } else { self.due_at_millis };
        let sleep = self.cx.sleep_until(Timestamp::from_millis(until.min(self.ends_at_millis)));
        tokio::select! {
            // The senders of both end with the cloud: then sleep decides.
            Ok(()) = self.news.changed(), if !is_resting => {}
            Ok(()) = self.turn.0.changed() => {}
            () = sleep => {}
        }
    }

    fn fail(&mut self, code: &str, text: &str) -> Bytes {
        self.is_over = true;
        let notation = self.cx.notation();
        let payload = notation.encode_value(&json!({"message": text}));
        eventstream::exception(code, notation.media_type(), &payload)
    }

    /// An event, if there is something to tell.
    async fn look(&mut self) -> Result<Option<Bytes>, Error> {
        let now = self.cx.now().millis();
        let view = self.cx.snapshot().await?;
        let stream = streams::ready_in(&self.cx, &view, &self.stream).await?;
        if stream.row.id != self.id {
            return Err(self.stream.missing());
        }
        let shard = stream.shard(&names::shard_id(self.shard), now)?.clone();
        let most = Most { records: RECORDS_MAX, bytes: EVENT_BYTES_MAX };
        let found = reading::read(&view, &stream, &shard, self.place, (most, now)).await?;
        let is_last = found.is_end && !shard.is_open();
        if found.records.is_empty() && !is_last && now < self.due_at_millis && found.is_end {
            return Ok(None);
        }
        self.place = found.place;
        self.due_at_millis = now + HEARTBEAT_MILLIS;
        self.rest_until_millis = now + (found.bytes as f64 / READ_BYTES * 1000.0) as i64;
        self.is_over = is_last;
        let last = found.records.last().map(Record::number).map(str::to_owned);
        let place = || match found.place.after {
            Some(stamp) => shard.sequence(stamp, now).text(),
            None => shard.start().text(),
        };
        let event = SubscribeToShardEvent {
            continuation_sequence_number: (!is_last).then(|| last.unwrap_or_else(place)),
            records: found.records,
            millis_behind_latest: found.behind_millis,
            child_shards: is_last.then(|| reading::children(&stream, self.shard)),
        };
        let notation = self.cx.notation();
        let payload = notation.encode(SubscribeToShardEvent::schema(), &event.into_doc());
        Ok(Some(eventstream::event("SubscribeToShardEvent", Some(notation.media_type()), &payload)))
    }
}
