//! The rows of a queue. Only this file knows their keys and values.

use bytes::Bytes;
use serde::Deserialize;

use super::{DUE_COUNTED_MAX, Message, Queue};
use crate::layer::chunks;
use crate::tuple::{self, Unpack as _};
use crate::types::{Key, Range, Scan, Val, decode_counter};
use crate::{Error, Tx};

/// The version byte of a stored state: a tuple, and a small body behind it.
const VERSION: u8 = 2;
/// Before, it was JSON, and every body had rows of its own.
const VERSION_JSON: u8 = 1;
/// A body up to this size stands in the row of its message's state, so that sending, receiving and deleting a message touch
/// one row less each. With its key and the state the row stays below the 2 KB from which on SQLite takes pages of their own
/// for it.
const INLINE_BYTES_MAX: usize = 1_536;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
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

    /// In which row its messages are counted, and what one of them adds there. Two counts share a row, one in its lower half:
    /// what goes from one place to another changes one row.
    fn counted(self) -> (u64, i64) {
        match self {
            Place::Ready => (0, 1),
            Place::Leased => (0, HALF),
            Place::Delayed => (1, 1),
            Place::Waiting => (1, HALF),
        }
    }
}

/// One in the upper half of a row with two counts.
const HALF: i64 = 1 << 32;

/// The counts in the lower and in the upper half. Either may be negative: messages that older versions have counted in rows
/// of their own leave here.
fn halves(pair: i64) -> (i64, i64) {
    let low = i64::from(pair as i32);
    (low, (pair - low) >> 32)
}

/// What changes about a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
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
    /// How many rows the body has; none when it is `body`.
    pub(super) chunks: u16,
    #[serde(skip)]
    pub(super) body: Bytes,
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
        self.count(tx, state.place, 1)?;
        tx.put(self.state_key(id), encode(state))
    }

    fn count(&self, tx: &mut Tx, place: Place, n: i64) -> Result<(), Error> {
        let (row, unit) = place.counted();
        tx.add(self.row_of(COUNTER, row), n * unit)
    }

    /// Takes a message out of the index of its place.
    pub(super) fn leave(&self, tx: &mut Tx, id: &str, state: &State) -> Result<(), Error> {
        if let Some(key) = self.place_key(state, id) {
            tx.delete(key)?;
        }
        self.count(tx, state.place, -1)
    }

    /// Removes all rows of a message; the next of its group takes its place.
    pub(super) async fn remove(&self, tx: &mut Tx, id: &str, state: &State, now: i64) -> Result<(), Error> {
        self.leave(tx, id, state)?;
        tx.delete(self.state_key(id))?;
        if state.chunks > 0 {
            chunks::delete(tx, &self.row_of(BODY, id), state.chunks)?;
        }
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
        tx.get(&self.state_key(id)).await?.as_ref().map(decode).transpose()
    }

    /// The states of several messages, in the order of the ids.
    pub(super) async fn states(&self, tx: &Tx, ids: &[String]) -> Result<Vec<Option<State>>, Error> {
        let keys: Vec<Key> = ids.iter().map(|id| self.state_key(id)).collect();
        let vals = tx.get_many(&keys).await?;
        vals.iter().map(|val| val.as_ref().map(decode).transpose()).collect()
    }

    /// Writes a body that is too large for the state: in how many rows, and what goes into the state.
    pub(super) fn put_body(&self, tx: &mut Tx, id: &str, body: Bytes) -> Result<(u16, Bytes), Error> {
        if body.len() <= INLINE_BYTES_MAX {
            return Ok((0, body));
        }
        Ok((chunks::put(tx, &self.row_of(BODY, id), &body)?, Bytes::new()))
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
            let body = if state.chunks == 0 { state.body } else { body };
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
        // Older versions counted each place in a row of its own; what is left there still counts.
        let rows = Place::ALL.map(|place| u64::from(place.kind())).into_iter().chain([0, 1]);
        let keys: Vec<Key> = rows.map(|row| self.row_of(COUNTER, row)).collect();
        let vals = tx.get_many(&keys).await?;
        let mut counters = [0; 6];
        for ((counter, key), val) in counters.iter_mut().zip(&keys).zip(vals) {
            *counter = val.map_or(Ok(0), |val| decode_counter(key, &val))?;
        }
        let [ready, delayed, leased, waiting, first, second] = counters;
        let ((more_ready, more_leased), (more_delayed, more_waiting)) = (halves(first), halves(second));
        Ok([ready + more_ready, delayed + more_delayed, leased + more_leased, waiting + more_waiting])
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

/// A state as it is stored, but for the body: the last part must have a fixed length.
type Parts = ((i64, u64, i64, u64, Option<i64>), (Option<String>, Option<String>, u64, u64));

fn encode(state: &State) -> Vec<u8> {
    let State { sent, at, first_received, receipt, group, sequence, body, .. } = state;
    let (place, receives) = (u64::from(state.place.kind()), u64::from(state.receives));
    let mut out = Vec::with_capacity(192 + body.len());
    out.push(VERSION);
    let times = (*sent, place, *at, receives, *first_received);
    tuple::Pack::pack(
        &(times, (receipt.as_ref(), group.as_ref(), *sequence, u64::from(state.chunks))),
        &mut out,
    );
    out.extend_from_slice(body);
    out
}

fn decode(val: &Val) -> Result<State, Error> {
    let wrong = |why: String| Error::Corrupt(format!("message state: {why}"));
    match val.split_first() {
        Some((&VERSION, mut rest)) => {
            let ((sent, place, at, receives, first_received), (receipt, group, sequence, chunks)) =
                Parts::unpack(&mut rest)?;
            let known = Place::ALL.into_iter().find(|known| u64::from(known.kind()) == place);
            let place = known.ok_or_else(|| wrong(format!("the place {place}")))?;
            let receives = u32::try_from(receives).map_err(|error| wrong(error.to_string()))?;
            let chunks = u16::try_from(chunks).map_err(|error| wrong(error.to_string()))?;
            let body = val.slice(val.len() - rest.len()..);
            Ok(State { sent, place, at, receives, first_received, receipt, group, sequence, chunks, body })
        }
        Some((&VERSION_JSON, json)) => serde_json::from_slice(json).map_err(|error| wrong(error.to_string())),
        _ => Err(wrong("an unknown version".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Claims, Counts, Outcome, Request};
    use super::*;

    fn state() -> State {
        State {
            sent: 5,
            place: Place::Leased,
            at: 9,
            receives: 2,
            first_received: Some(6),
            receipt: Some("r".to_owned()),
            group: None,
            sequence: 0,
            chunks: 1,
            body: Bytes::new(),
        }
    }

    #[test]
    fn version_1_is_read() {
        let stored = b"\x01{\"sent\":5,\"place\":\"leased\",\"at\":9,\"receives\":2,\
            \"first_received\":6,\"receipt\":\"r\",\"group\":null,\"sequence\":0,\"chunks\":1}";
        assert_eq!(decode(&Bytes::from_static(stored)).unwrap(), state());
        for wrong in [&b"\x03{}"[..], b"", b"\x01{}", b"\x02", b"\x02\x21"] {
            assert!(decode(&Bytes::copy_from_slice(wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn version_2_is_read() {
        let numbers: [&[u8]; 5] = [&[5], &[LEASED], &[9], &[2], &[6]];
        let mut stored = vec![2];
        for number in numbers {
            stored.extend([0x21, 0, 0, 0, 0, 0, 0, 0]);
            stored.extend(number);
        }
        stored.extend(b"\x03r\0\x01");
        stored.extend([0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0]);
        stored.extend(b"\xff\0body");
        let inline = State { chunks: 0, body: Bytes::from_static(b"\xff\0body"), ..state() };
        assert_eq!(decode(&Bytes::from(stored.clone())).unwrap(), inline);
        assert_eq!(encode(&inline), stored);
        let grouped = State { group: Some("g\0".to_owned()), receipt: None, first_received: None, ..inline };
        assert_eq!(decode(&encode(&grouped).into()).unwrap(), grouped);
    }

    /// A queue that holds a message of an older version.
    #[tokio::test]
    async fn what_an_older_version_has_written_is_received_and_deleted() {
        let store = crate::open_memory();
        let queue = Queue::new(crate::keyspace::TEST_QUEUE, "q");
        let mut tx = crate::begin(&store).await.unwrap();
        let json = br#"{"sent":5,"place":"ready","at":5,"receives":0,"first_received":null,"receipt":null,"group":null,"sequence":0,"chunks":1}"#;
        tx.put(queue.state_key("m"), [&[VERSION_JSON], &json[..]].concat()).unwrap();
        tx.put(queue.row_of(READY, (5i64, "m")), tuple::pack(&None::<String>)).unwrap();
        tx.add(queue.row_of(COUNTER, u64::from(READY)), 1).unwrap();
        assert_eq!(chunks::put(&mut tx, &queue.row_of(BODY, "m"), &"old".into()).unwrap(), 1);
        tx.commit().await.unwrap();

        let mut tx = crate::begin(&store).await.unwrap();
        let mut receipt = || "r".to_owned();
        let (now, limit, lease_until, sent_since, receives_max) = (6, 1, 10, 0, None);
        let request = Request { now, limit, lease_until, sent_since, receives_max, receipt: &mut receipt };
        let received = queue.receive(&mut tx, &Claims::default(), request).await.unwrap();
        assert_eq!(received.messages[0].body, "old");
        let counts = queue.counts(&tx, 7).await.unwrap();
        assert_eq!((counts.visible, counts.in_flight), (0, 1));
        assert_eq!(queue.delete(&mut tx, "m", "r", 8).await.unwrap(), Outcome::Done);
        tx.commit().await.unwrap();
        let view = crate::snapshot(&store).await.unwrap();
        assert_eq!(queue.counts(&view, 9).await.unwrap(), Counts::default());
        assert_eq!(queue.peek(&view, "m").await.unwrap(), None);
    }

    #[test]
    fn two_counts_share_a_row() {
        for (low, high) in [(0, 0), (7, 3), (-1, 1), (1, -1), (-5, -9), (i64::from(i32::MAX), 2), (-2, 0)] {
            assert_eq!(halves(low + high * HALF), (low, high));
        }
    }
}
