//! Messages that wait, are leased to a receiver and come back unless they are deleted.
//!
//! A message is in one place at a time: ready, delayed until a time, leased until a time, or (in a
//! group) waiting behind others. The first three are index rows that sort by time, so the head of
//! a queue is found at once whatever its backlog. A receiver moves rows from there to leased.
//! Receivers share the head without conflicting: their scans do not count for conflicts, the state
//! row of each message they take does, and [`Claims`] lets receivers of one process pass each other.
//!
//! Messages with a group come out in the order in which they were pushed, and while one of a group
//! is leased no other of that group is given out.

mod receive;
mod rows;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

pub use receive::{Received, Request};

use self::rows::{Place, State};
use crate::keyspace::Prefix;
use crate::tuple::Pack;
use crate::types::{Key, Range, Scan};
use crate::{Error, Tx};

/// Due rows looked at to correct the counts; a queue with more of them is counted a little wrong
/// until someone receives from it.
const DUE_COUNTED_MAX: usize = 10_000;

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    base: Key,
}

/// A message to push.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Unique in the queue.
    pub id: String,
    /// What it carries; large ones are cut into rows.
    pub body: Bytes,
    /// When it is pushed, in milliseconds.
    pub now: i64,
    /// From when on it may be received; not after `now` means at once.
    pub visible_at: i64,
    /// The group in which order is kept.
    pub group: Option<String>,
}

/// A message in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// What it carries.
    pub body: Bytes,
    /// When it was pushed.
    pub sent: i64,
    /// How often it was received, this time included.
    pub receives: u32,
    /// When it was received first.
    pub first_received: Option<i64>,
    /// The receipt of the last receive.
    pub receipt: Option<String>,
    /// Its group.
    pub group: Option<String>,
    /// Its place in the order of the queue; 0 without a group.
    pub sequence: u64,
}

/// How many messages are where. Exact up to some thousand messages that became due unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Can be received now, or wait behind others of their group.
    pub visible: i64,
    /// Leased.
    pub in_flight: i64,
    /// Not yet visible for the first time.
    pub delayed: i64,
}

/// What became of a change to a leased message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// There is no such message.
    Gone,
    /// The message was received again since, under another receipt.
    OtherReceipt,
    /// The lease has run out.
    NotInFlight,
}

/// Messages that transactions of this process are about to take. Receivers pass over them instead
/// of colliding; it is a courtesy, correctness does not depend on it.
#[derive(Clone, Debug, Default)]
pub struct Claims(Arc<Mutex<HashSet<Key>>>);

impl Claims {
    /// How many rows are claimed now.
    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Claims a row for the life of the transaction; false when another one has it.
    fn take(&self, tx: &mut Tx, key: &Key) -> bool {
        let mut claimed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !claimed.insert(key.clone()) {
            return false;
        }
        tx.hold(Claim { claims: self.clone(), key: key.clone() });
        true
    }
}

struct Claim {
    claims: Claims,
    key: Key,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Queue {
    /// The queue with these parts under a prefix, which holds nothing but queues.
    pub fn new(prefix: Prefix, parts: impl Pack) -> Self {
        let mut base = prefix.0.to_vec();
        parts.pack(&mut base);
        Queue { base: base.into() }
    }

    /// Adds a message and returns its sequence number: 0 without a group, else greater than all
    /// before. Pushes without a group never conflict.
    pub async fn push(&self, tx: &mut Tx, message: NewMessage) -> Result<u64, Error> {
        let NewMessage { id, body, now, visible_at, group } = message;
        let (chunks, body) = self.put_body(tx, &id, body)?;
        let (mut sequence, mut place) = (0, Place::first(now, visible_at));
        if let Some(group) = &group {
            sequence = self.next_sequence(tx).await?;
            if self.head_of_group(tx, group).await?.is_some() {
                place = Place::Waiting;
            }
            tx.put(self.group_key(group, sequence), id.clone())?;
        }
        let at = visible_at.max(now);
        let (receives, first_received, receipt) = (0, None, None);
        let sent = now;
        let state =
            State { sent, place, at, receives, first_received, receipt, group, sequence, chunks, body };
        self.enter(tx, &id, &state)?;
        Ok(sequence)
    }

    /// Removes a message by the receipt of its last receive. A lease that ran out does not matter
    /// as long as nobody received the message again.
    pub async fn delete(&self, tx: &mut Tx, id: &str, receipt: &str, now: i64) -> Result<Outcome, Error> {
        let Some(state) = self.state(tx, id).await? else { return Ok(Outcome::Gone) };
        if state.receipt.as_deref() != Some(receipt) {
            return Ok(Outcome::OtherReceipt);
        }
        self.remove(tx, id, &state, now).await?;
        Ok(Outcome::Done)
    }

    /// Makes a leased message visible again at `until`, which may be now.
    pub async fn change_visibility(
        &self,
        tx: &mut Tx,
        id: &str,
        receipt: &str,
        now: i64,
        until: i64,
    ) -> Result<Outcome, Error> {
        if self.lease_end(tx, id, receipt).await?.is_some_and(|end| end <= now) {
            return Ok(Outcome::NotInFlight);
        }
        self.renew_visibility(tx, id, receipt, now, until).await
    }

    /// As [`Queue::change_visibility`], also for a lease that has run out, as long as nobody has
    /// received the message since.
    pub async fn renew_visibility(
        &self,
        tx: &mut Tx,
        id: &str,
        receipt: &str,
        now: i64,
        until: i64,
    ) -> Result<Outcome, Error> {
        let Some(state) = self.state(tx, id).await? else { return Ok(Outcome::Gone) };
        if state.receipt.as_deref() != Some(receipt) {
            return Ok(Outcome::OtherReceipt);
        }
        if state.place != Place::Leased {
            return Ok(Outcome::NotInFlight);
        }
        self.leave(tx, id, &state)?;
        // Visible at once means ready, which wakes those who wait.
        let place = if until > now { Place::Leased } else { Place::Ready };
        self.enter(tx, id, &State { at: until, place, ..state })?;
        Ok(Outcome::Done)
    }

    /// When the lease that a receipt stands for ends, or has ended; None when it stands for none.
    pub async fn lease_end(&self, tx: &Tx, id: &str, receipt: &str) -> Result<Option<i64>, Error> {
        let state = self.state(tx, id).await?.filter(|state| state.receipt.as_deref() == Some(receipt));
        Ok(state.filter(|state| state.place == Place::Leased).map(|state| state.at))
    }

    /// The message with this id, as it stands.
    pub async fn peek(&self, tx: &Tx, id: &str) -> Result<Option<Message>, Error> {
        let Some(state) = self.state(tx, id).await? else { return Ok(None) };
        Ok(self.with_bodies(tx, vec![(id.to_owned(), state)]).await?.pop())
    }

    /// How many messages are where.
    pub async fn counts(&self, tx: &Tx, now: i64) -> Result<Counts, Error> {
        let due_delayed = self.due(tx, Place::Delayed, now).await?;
        let due_leased = self.due(tx, Place::Leased, now).await?;
        let [ready, delayed, leased, waiting] = self.counters(tx).await?;
        Ok(Counts {
            visible: (ready + waiting + due_delayed + due_leased).max(0),
            in_flight: (leased - due_leased).max(0),
            delayed: (delayed - due_delayed).max(0),
        })
    }

    /// Since when the first of the messages that can be received now, and are in no group's shadow, could be; delayed ones
    /// and those whose lease has run out are not among them.
    pub async fn oldest(&self, tx: &Tx) -> Result<Option<i64>, Error> {
        let page = tx.scan(Scan::new(self.place_range(Place::Ready)).limit(1).keys_only()).await?;
        page.rows.first().map(|(key, _)| Ok(self.read_place_key(key)?.0)).transpose()
    }

    /// When the next delayed or leased message becomes visible.
    pub async fn next_visible_at(&self, tx: &Tx) -> Result<Option<i64>, Error> {
        let mut next = None;
        for place in [Place::Delayed, Place::Leased] {
            let scan = Scan::new(self.place_range(place)).limit(1).keys_only();
            if let Some((key, _)) = tx.scan(scan).await?.rows.first() {
                let at = self.read_place_key(key)?.0;
                next = Some(next.map_or(at, |other: i64| other.min(at)));
            }
        }
        Ok(next)
    }

    /// When the next message can be received; a time that has passed when one can be now.
    pub async fn next_receivable_at(&self, tx: &Tx) -> Result<Option<i64>, Error> {
        let page = tx.scan(Scan::new(self.place_range(Place::Ready)).limit(1).keys_only()).await?;
        match page.rows.first() {
            Some((key, _)) => Ok(Some(self.read_place_key(key)?.0)),
            None => self.next_visible_at(tx).await,
        }
    }

    /// Whether it holds nothing at all, and never did since it was made or purged.
    pub async fn is_bare(&self, tx: &Tx) -> Result<bool, Error> {
        let all = Range::new(self.row(rows::FIRST), self.row(rows::END));
        Ok(tx.scan(Scan::new(all).limit(1).keys_only()).await?.rows.is_empty())
    }

    /// Removes up to `limit` messages that were sent before `sent_before` and are not leased, and
    /// returns how many. Call it until it returns less than `limit`.
    pub async fn expire(
        &self,
        tx: &mut Tx,
        now: i64,
        sent_before: i64,
        limit: usize,
    ) -> Result<usize, Error> {
        let mut removed = 0;
        for place in [Place::Ready, Place::Delayed, Place::Leased] {
            // Rows sort by the time of visibility, which is never before the time of sending.
            let until = if place == Place::Ready { sent_before } else { now };
            for id in self.heads(tx, place, until, limit).await? {
                let Some(state) = self.state(tx, &id).await? else { continue };
                if removed < limit && state.sent < sent_before {
                    self.remove(tx, &id, &state, now).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// Removes all messages, leased ones too. The order of numbers goes on.
    pub async fn purge(&self, tx: &mut Tx) -> Result<(), Error> {
        let sequence = self.sequence(tx).await?;
        self.destroy(tx)?;
        if sequence > 0 {
            self.set_sequence(tx, sequence)?;
        }
        Ok(())
    }

    /// Removes the queue and all that is in it.
    pub fn destroy(&self, tx: &mut Tx) -> Result<(), Error> {
        tx.delete_range(Range::new(self.row(rows::FIRST), self.row(rows::END)))
    }

    /// What to give to [`crate::Store::watch`] to hear of messages that can be received.
    pub fn watch_key(&self) -> Key {
        self.row(Place::Ready.kind())
    }

    /// What to give to [`crate::Store::watch`] to hear of everything that happens in the queue, also of messages that
    /// can be received later.
    pub fn watch_all_key(&self) -> Key {
        self.base.clone()
    }
}
