//! The rows of a queue. Only this file knows their keys and values.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{DUE_COUNTED_MAX, Message, Queue};
use crate::layer::chunks;
use crate::tuple;
use crate::types::{Key, Range, Scan};
use crate::{Error, Tx};

/// The version byte of a stored state.
const VERSION: u8 = 1;

// The byte between the queue's own parts and the rest of a key. None of them begins a tuple part
// and none is the escape byte, so the rows of one queue are never among another's.
pub(super) const FIRST: u8 = 0x60;
const BODY: u8 = 0x60;
const COUNTER: u8 = 0x61;
const DELAYED: u8 = 0x62;
const GROUP: u8 = 0x63;
const LEASED: u8 = 0x64;
const READY: u8 = 0x65;
const SEQUENCE: u8 = 0x66;
const STATE: u8 = 0x67;
const WAITING: u8 = 0x68;
pub(super) const END: u8 = 0x69;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    Ready,
    Delayed,
    Leased,
    /// Behind others of its group, in no index.
    Waiting,
}

impl Place {
    const ALL: [Place; 4] = [Place::Ready, Place::Delayed, Place::Leased, Place::Waiting];

    /// Where a message that was not received yet is.
    pub(super) fn first(now: i64, visible_at: i64) -> Self {
        if visible_at > now { Place::Delayed } else { Place::Ready }
    }

    pub(super) fn kind(self) -> u8 {
        match self {
            Place::Ready => READY,
            Place::Delayed => DELAYED,
            Place::Leased => LEASED,
            Place::Waiting => WAITING,
        }
    }
}

/// What changes about a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) sent: i64,
    pub(super) place: Place,
    /// The time in the key of its index row.
    pub(super) at: i64,
    pub(super) receives: u32,
    pub(super) first_received: Option<i64>,
    pub(super) receipt: Option<String>,
    pub(super) group: Option<String>,
    pub(super) sequence: u64,
    pub(super) chunks: u16,
}

impl State {
    pub(super) fn new(
        sent: i64,
        place: Place,
        at: i64,
        group: Option<String>,
        sequence: u64,
        chunks: u16,
    ) -> Self {
        let (receives, first_received, receipt) = (0, None, None);
        State { sent, place, at, receives, first_received, receipt, group, sequence, chunks }
    }
}

impl Queue {
    pub(super) fn row(&self, kind: u8) -> Key {
        [&self.base[..], &[kind]].concat().into()
    }

    fn row_of(&self, kind: u8, parts: impl tuple::Pack) -> Key {
        let mut key = Vec::with_capacity(self.base.len() + 64);
        key.extend_from_slice(&self.base);
        key.push(kind);
        parts.pack(&mut key);
        key.into()
    }

    pub(super) fn state_key(&self, id: &str) -> Key {
        self.row_of(STATE, id)
    }

    pub(super) fn group_key(&self, group: &str, sequence: u64) -> Key {
        self.row_of(GROUP, (group, sequence))
    }

    fn place_key(&self, state: &State, id: &str) -> Option<Key> {
        let indexed = state.place != Place::Waiting;
        indexed.then(|| self.row_of(state.place.kind(), (state.at, id)))
    }

    pub(super) fn place_range(&self, place: Place) -> Range {
        Range::prefix(self.row(place.kind()))
    }

    pub(super) fn read_place_key(&self, key: &[u8]) -> Result<(i64, String), Error> {
        tuple::unpack(key.get(self.base.len() + 1..).unwrap_or_default())
    }

    /// Writes a message's state and puts it in the index of its place.
    pub(super) fn enter(&self, tx: &mut Tx, id: &str, state: &State) -> Result<(), Error> {
        if let Some(key) = self.place_key(state, id) {
            // The group stands in the index row, so that a receiver can pass over a message
            // without reading, and thereby depending on, its state.
            tx.put(key, tuple::pack(&state.group))?;
        }
        tx.add(self.row_of(COUNTER, u64::from(state.place.kind())), 1)?;
        tx.put(self.state_key(id), encode(state)?)
    }

    /// Takes a message out of the index of its place.
    pub(super) fn leave(&self, tx: &mut Tx, id: &str, state: &State) -> Result<(), Error> {
        if let Some(key) = self.place_key(state, id) {
            tx.delete(key)?;
        }
        tx.add(self.row_of(COUNTER, u64::from(state.place.kind())), -1)
    }

    /// Removes all rows of a message; the next of its group takes its place.
    pub(super) async fn remove(&self, tx: &mut Tx, id: &str, state: &State, now: i64) -> Result<(), Error> {
        self.leave(tx, id, state)?;
        tx.delete(self.state_key(id))?;
        chunks::delete(tx, &self.row_of(BODY, id), state.chunks)?;
        let Some(group) = &state.group else { return Ok(()) };
        tx.delete(self.group_key(group, state.sequence))?;
        let Some(head) = self.head_of_group(tx, group).await? else { return Ok(()) };
        let Some(waiting) = self.state(tx, &head).await? else { return Ok(()) };
        if waiting.place == Place::Waiting {
            self.leave(tx, &head, &waiting)?;
            let place = Place::first(now, waiting.at);
            self.enter(tx, &head, &State { place, ..waiting })?;
        }
        Ok(())
    }

    pub(super) async fn state(&self, tx: &Tx, id: &str) -> Result<Option<State>, Error> {
        tx.get(&self.state_key(id)).await?.map(|val| decode(&val)).transpose()
    }

    pub(super) fn put_body(&self, tx: &mut Tx, id: &str, body: &Bytes) -> Result<u16, Error> {
        chunks::put(tx, &self.row_of(BODY, id), body)
    }

    /// Messages with their bodies, read together.
    pub(super) async fn with_bodies(
        &self,
        tx: &Tx,
        found: Vec<(String, State)>,
    ) -> Result<Vec<Message>, Error> {
        let wanted: Vec<_> = found.iter().map(|(id, state)| (self.row_of(BODY, id), state.chunks)).collect();
        let bodies = chunks::get(tx, &wanted).await?;
        let messages = found.into_iter().zip(bodies).map(|((id, state), body)| {
            let State { sent, receives, first_received, receipt, group, sequence, .. } = state;
            Message { id, body, sent, receives, first_received, receipt, group, sequence }
        });
        Ok(messages.collect())
    }

    /// The ids at the head of a place whose time is not after `until`.
    pub(super) async fn heads(
        &self,
        tx: &Tx,
        place: Place,
        until: i64,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let page = tx.scan(self.due_scan(place, until).limit(limit).keys_only()).await?;
        page.rows.iter().map(|(key, _)| Ok(self.read_place_key(key)?.1)).collect()
    }

    pub(super) fn due_scan(&self, place: Place, until: i64) -> Scan {
        let from = self.row(place.kind());
        let to = tuple::range_of(self.row_of(place.kind(), until)).to;
        Scan::new(Range { from, to })
    }

    pub(super) async fn due(&self, tx: &Tx, place: Place, now: i64) -> Result<i64, Error> {
        let page = tx.scan(self.due_scan(place, now).limit(DUE_COUNTED_MAX).keys_only()).await?;
        Ok(page.rows.len() as i64)
    }

    /// The counters of ready, delayed, leased and waiting.
    pub(super) async fn counters(&self, tx: &Tx) -> Result<[i64; 4], Error> {
        let mut counters = [0; 4];
        for (counter, place) in counters.iter_mut().zip(Place::ALL) {
            *counter = tx.get_counter(&self.row_of(COUNTER, u64::from(place.kind()))).await?;
        }
        Ok(counters)
    }

    /// The first message of a group.
    pub(super) async fn head_of_group(&self, tx: &Tx, group: &str) -> Result<Option<String>, Error> {
        Ok(self.first_of_group(tx, group, 1).await?.pop())
    }

    pub(super) async fn first_of_group(
        &self,
        tx: &Tx,
        group: &str,
        limit: usize,
    ) -> Result<Vec<String>, Error> {
        let range = tuple::range_of(self.row_of(GROUP, group));
        let page = tx.scan(Scan::new(range).limit(limit)).await?;
        let text = |val: Bytes| String::from_utf8(val.into());
        let ids = page.rows.into_iter().map(|(_, val)| text(val));
        ids.collect::<Result<_, _>>().map_err(|_| Error::Corrupt("message id in a group".into()))
    }

    pub(super) async fn next_sequence(&self, tx: &mut Tx) -> Result<u64, Error> {
        let next = self.sequence(tx).await? + 1;
        self.set_sequence(tx, next)?;
        Ok(next)
    }

    pub(super) async fn sequence(&self, tx: &Tx) -> Result<u64, Error> {
        let stored = tx.get(&self.row(SEQUENCE)).await?;
        Ok(stored.map(|val| tuple::unpack(&val)).transpose()?.unwrap_or(0))
    }

    pub(super) fn set_sequence(&self, tx: &mut Tx, sequence: u64) -> Result<(), Error> {
        tx.put(self.row(SEQUENCE), tuple::pack(&sequence))
    }
}

fn encode(state: &State) -> Result<Vec<u8>, Error> {
    let mut out = vec![VERSION];
    serde_json::to_writer(&mut out, state)
        .map_err(|error| Error::Corrupt(format!("message state: {error}")))?;
    Ok(out)
}

fn decode(val: &[u8]) -> Result<State, Error> {
    match val.split_first() {
        Some((&VERSION, json)) => {
            serde_json::from_slice(json).map_err(|error| Error::Corrupt(format!("message state: {error}")))
        }
        _ => Err(Error::Corrupt("message state of an unknown version".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_is_read() {
        let stored = b"\x01{\"sent\":5,\"place\":\"leased\",\"at\":9,\"receives\":2,\
            \"first_received\":6,\"receipt\":\"r\",\"group\":null,\"sequence\":0,\"chunks\":1}";
        let state = decode(stored).unwrap();
        assert_eq!((state.place, state.at, state.receives), (Place::Leased, 9, 2));
        assert_eq!(encode(&state).unwrap(), stored);
        assert!(decode(b"\x02{}").is_err() && decode(b"").is_err());
    }
}
