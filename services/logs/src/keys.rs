//! The stored rows: the only file of the service that knows keys and bytes.
//!
//! An event is a row of its own: `group, stream, timestamp, stamp`, so that one scan reads a stream in the order of
//! time and, within one millisecond, in the order of writing. Writing an event touches no other row but a counter.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::{self, Tuple};
use store::{Error, Key, Range, Stamp, Tx};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Part of the keys of streams and events, so that a group made anew does not see the old one's.
    pub(crate) id: u64,
    pub(crate) created_at_millis: i64,
    pub(crate) retention_days: Option<i32>,
    pub(crate) class: String,
    pub(crate) deletion_protection: bool,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Record for GroupRow {
    const PREFIX: Prefix = keyspace::LOGS_GROUP;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamRow {
    pub(crate) group_id: u64,
    pub(crate) name: String,
    pub(crate) id: u64,
    pub(crate) created_at_millis: i64,
}

impl Record for StreamRow {
    const PREFIX: Prefix = keyspace::LOGS_STREAM;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((self.group_id, &self.name))
    }
}

/// The version of an event's value.
const EVENT_VERSION: u8 = 1;
/// Version and time of ingestion.
const EVENT_HEAD_BYTES: usize = 9;

/// A place among the events of a stream, or of all streams of a group: stamps are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) timestamp: i64,
    pub(crate) stamp: Stamp,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) place: Place,
    pub(crate) ingested_at_millis: i64,
    pub(crate) message: String,
}

impl StreamRow {
    /// Adds an event to the transaction.
    pub(crate) fn append(
        &self,
        tx: &mut Tx,
        timestamp: i64,
        now_millis: i64,
        message: &str,
    ) -> Result<(), Error> {
        let mut value = Vec::with_capacity(EVENT_HEAD_BYTES + message.len());
        value.push(EVENT_VERSION);
        value.extend_from_slice(&now_millis.to_be_bytes());
        value.extend_from_slice(message.as_bytes());
        tx.append(self.moment(timestamp), Key::new(), value)
    }

    /// The keys of the events from a time to another, the latter excluded.
    pub(crate) fn between(&self, start: Option<i64>, end: Option<i64>) -> Range {
        let mut range = self.all();
        if let Some(start) = start {
            range.from = self.moment(start);
        }
        if let Some(end) = end {
            range.to = self.moment(end);
        }
        range
    }

    /// All keys of the stream's events.
    pub(crate) fn all(&self) -> Range {
        tuple::range(keyspace::LOGS_EVENT, &(self.group_id, self.id))
    }

    /// The first key behind an event.
    pub(crate) fn behind(&self, place: Place) -> Key {
        [&self.moment(place.timestamp)[..], &place.stamp.0, &[0]].concat().into()
    }

    /// The key of an event.
    pub(crate) fn at(&self, place: Place) -> Key {
        [&self.moment(place.timestamp)[..], &place.stamp.0].concat().into()
    }

    fn moment(&self, timestamp: i64) -> Key {
        tuple::key(keyspace::LOGS_EVENT, &(self.group_id, self.id, timestamp))
    }
}

/// All streams of a group.
pub(crate) fn events_of_group(group_id: u64) -> Range {
    tuple::range(keyspace::LOGS_EVENT, &group_id)
}

/// The counter of the bytes of a group.
pub(crate) fn bytes_of_group(group_id: u64) -> Key {
    tuple::key(keyspace::LOGS_BYTES, &group_id)
}

/// Reads the place of an event from its key.
pub(crate) fn place(key: &[u8]) -> Result<Place, Error> {
    let damaged = || Error::Corrupt(format!("key of a log event `{}`", key.escape_ascii()));
    let split = key.len().checked_sub(Stamp::LEN).ok_or_else(damaged)?;
    let (moment, stamp) = key.split_at(split);
    let (_, _, timestamp) = tuple::unpack_key::<(u64, u64, i64)>(moment)?;
    Ok(Place { timestamp, stamp: Stamp(stamp.try_into().map_err(|_| damaged())?) })
}

/// Reads an event from its row.
pub(crate) fn event(key: &[u8], value: &Bytes) -> Result<Event, Error> {
    let damaged = || Error::Corrupt(format!("log event `{}`", key.escape_ascii()));
    let (head, message) = value.split_at_checked(EVENT_HEAD_BYTES).ok_or_else(damaged)?;
    if head[0] != EVENT_VERSION {
        return Err(damaged());
    }
    let ingested_at_millis = i64::from_be_bytes(head[1..].try_into().map_err(|_| damaged())?);
    let message = std::str::from_utf8(message).map_err(|_| damaged())?.to_owned();
    Ok(Event { place: place(key)?, ingested_at_millis, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_version_1_still_read() {
        let group: GroupRow = store::layer::table::decode(
            b"\x01{\"account\":\"000000000000\",\"region\":\"us-east-1\",\"name\":\"g\",\"id\":7,\
              \"created_at_millis\":1,\"retention_days\":null,\"class\":\"STANDARD\",\
              \"deletion_protection\":false,\"tags\":{\"a\":\"b\"}}",
        )
        .expect("version 1");
        assert_eq!((group.id, group.tags.len()), (7, 1));
        let stream: StreamRow = store::layer::table::decode(
            b"\x01{\"group_id\":7,\"name\":\"s\",\"id\":8,\"created_at_millis\":2}",
        )
        .expect("version 1");
        assert_eq!(stream.id, 8);
        let place = Place { timestamp: 5, stamp: Stamp([9; 10]) };
        let value = Bytes::from_static(b"\x01\0\0\0\0\0\0\0\x06hello");
        let event = event(&stream.at(place), &value).expect("version 1");
        assert_eq!(event, Event { place, ingested_at_millis: 6, message: "hello".to_owned() });
    }

    #[test]
    fn unknown_bytes_are_damage() {
        let stream = StreamRow { group_id: 1, name: "s".to_owned(), id: 2, created_at_millis: 0 };
        let key = stream.at(Place { timestamp: 5, stamp: Stamp([9; 10]) });
        for value in [&b""[..], b"\x02\0\0\0\0\0\0\0\x06x", b"\x01\0\0\0\0\0\0\0\x06\xff"] {
            assert!(matches!(event(&key, &Bytes::from_static(value)), Err(Error::Corrupt(_))));
        }
    }
}
