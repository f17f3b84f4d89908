//! The stored rows: the only file of the service that knows keys and bytes.
//!
//! The events of one millisecond that came together are a row: `group, stream, timestamp, stamp`, so that one scan reads
//! a stream in the order of time and, within one millisecond, in the order of writing. Writing events touches no other
//! row but a counter. A busy function writes dozens of lines in a millisecond; a row for each of them took as long as
//! serving the requests that they tell of.

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

/// A policy of the account for its groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) document: String,
    pub(crate) updated_at_millis: i64,
}

impl Record for PolicyRow {
    const PREFIX: Prefix = keyspace::LOGS_POLICY;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

/// A subscription filter of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionRow {
    pub(crate) group_id: u64,
    pub(crate) name: String,
    pub(crate) pattern: String,
    pub(crate) destination_arn: String,
    /// The role as which a stream gets records.
    pub(crate) role_arn: Option<String>,
    /// Whether the records of one log stream go to one shard.
    pub(crate) by_stream: bool,
    pub(crate) created_at_millis: i64,
}

impl Record for SubscriptionRow {
    const PREFIX: Prefix = keyspace::LOGS_SUBSCRIPTION;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((self.group_id, &self.name))
    }
}

/// The version of a row with one event, which is all of the rest.
const ONE_VERSION: u8 = 1;
/// The version of a row with several events: the length of each (u32), and its bytes.
const MANY_VERSION: u8 = 2;
/// Version and time of ingestion.
const HEAD_BYTES: usize = 9;
/// The length in front of each of several events.
const LENGTH_BYTES: usize = 4;
/// Events of one row: their number must fit a [`Place`].
const ROW_EVENTS_MAX: usize = crate::limits::BATCH_EVENTS_MAX;

/// A place among the events of a stream, or of all streams of a group: stamps are unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) timestamp: i64,
    pub(crate) stamp: Stamp,
    /// Which event of its row.
    pub(crate) index: u16,
}

impl Place {
    /// In front of all events of a moment.
    pub(crate) fn before_all(timestamp: i64) -> Place {
        Place { timestamp, stamp: Stamp([0; Stamp::LEN]), index: 0 }
    }
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) place: Place,
    pub(crate) ingested_at_millis: i64,
    pub(crate) message: String,
}

impl StreamRow {
    /// Adds events of one moment to the transaction, in as few rows as they fit into. How many events each row has.
    pub(crate) fn append(
        &self,
        tx: &mut Tx,
        timestamp: i64,
        now_millis: i64,
        messages: &[&str],
    ) -> Result<Vec<usize>, Error> {
        let (mut rest, mut rows) = (messages, Vec::new());
        while !rest.is_empty() {
            let mut bytes = HEAD_BYTES;
            let fits = rest.iter().take(ROW_EVENTS_MAX).take_while(|message| {
                bytes += LENGTH_BYTES + message.len();
                bytes <= store::VALUE_BYTES_MAX
            });
            let count = fits.count().max(1);
            tx.append(self.moment(timestamp), Key::new(), row(now_millis, &rest[..count]))?;
            rest = &rest[count..];
            rows.push(count);
        }
        Ok(rows)
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

    /// The first key behind the row of an event.
    pub(crate) fn behind(&self, place: Place) -> Key {
        [&self.moment(place.timestamp)[..], &place.stamp.0, &[0]].concat().into()
    }

    /// The key of the row of an event.
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

/// The value of a row.
fn row(now_millis: i64, messages: &[&str]) -> Vec<u8> {
    let bytes: usize = messages.iter().map(|message| LENGTH_BYTES + message.len()).sum();
    let mut value = Vec::with_capacity(HEAD_BYTES + bytes);
    value.push(if messages.len() == 1 { ONE_VERSION } else { MANY_VERSION });
    value.extend_from_slice(&now_millis.to_be_bytes());
    for message in messages {
        if messages.len() > 1 {
            let length = u32::try_from(message.len()).expect("a row is smaller than that");
            value.extend_from_slice(&length.to_be_bytes());
        }
        value.extend_from_slice(message.as_bytes());
    }
    value
}

/// Reads the place of a row's first event from its key.
pub(crate) fn place(key: &[u8]) -> Result<Place, Error> {
    let damaged = || Error::Corrupt(format!("key of a log event `{}`", key.escape_ascii()));
    let split = key.len().checked_sub(Stamp::LEN).ok_or_else(damaged)?;
    let (moment, stamp) = key.split_at(split);
    let (_, _, timestamp) = tuple::unpack_key::<(u64, u64, i64)>(moment)?;
    Ok(Place { timestamp, stamp: Stamp(stamp.try_into().map_err(|_| damaged())?), index: 0 })
}

/// Reads the events of a row.
pub(crate) fn events(key: &[u8], value: &Bytes) -> Result<Vec<Event>, Error> {
    let damaged = || Error::Corrupt(format!("log events `{}`", key.escape_ascii()));
    let (head, mut rest) = value.split_at_checked(HEAD_BYTES).ok_or_else(damaged)?;
    let ingested_at_millis = i64::from_be_bytes(head[1..].try_into().map_err(|_| damaged())?);
    let mut place = place(key)?;
    let mut event = |index: usize, message: &[u8]| {
        let message = std::str::from_utf8(message).map_err(|_| damaged())?.to_owned();
        place.index = u16::try_from(index).map_err(|_| damaged())?;
        Ok(Event { place, ingested_at_millis, message })
    };
    match head[0] {
        ONE_VERSION => Ok(vec![event(0, rest)?]),
        MANY_VERSION => {
            let mut events = Vec::new();
            while !rest.is_empty() {
                let (length, behind) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(damaged)?;
                let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
                let (message, behind) = behind.split_at_checked(length).ok_or_else(damaged)?;
                events.push(event(events.len(), message)?);
                rest = behind;
            }
            Ok(events)
        }
        _ => Err(damaged()),
    }
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
        let policy: PolicyRow = store::layer::table::decode(
            b"\x01{\"account\":\"a\",\"region\":\"r\",\"name\":\"p\",\"document\":\"{}\",\"updated_at_millis\":1}",
        )
        .expect("version 1");
        assert_eq!(policy.name, "p");
        let subscription: SubscriptionRow = store::layer::table::decode(
            b"\x01{\"group_id\":7,\"name\":\"f\",\"pattern\":\"\",\"destination_arn\":\"a\",\"role_arn\":null,\
              \"by_stream\":true,\"created_at_millis\":3}",
        )
        .expect("version 1");
        assert!(subscription.by_stream && subscription.role_arn.is_none());
        let place = Place { timestamp: 5, stamp: Stamp([9; 10]), index: 0 };
        let value = Bytes::from_static(b"\x01\0\0\0\0\0\0\0\x06hello");
        let found = events(&stream.at(place), &value).expect("version 1");
        assert_eq!(found, [Event { place, ingested_at_millis: 6, message: "hello".to_owned() }]);
        let value = Bytes::from_static(b"\x02\0\0\0\0\0\0\0\x06\0\0\0\x01a\0\0\0\0\0\0\0\x02bc");
        let found = events(&stream.at(place), &value).expect("version 2");
        let shown: Vec<_> = found.iter().map(|event| (event.place.index, event.message.as_str())).collect();
        assert_eq!(shown, [(0, "a"), (1, ""), (2, "bc")]);
        assert_eq!(row(6, &["a", "", "bc"]), value);
    }

    #[test]
    fn unknown_bytes_are_damage() {
        let stream = StreamRow { group_id: 1, name: "s".to_owned(), id: 2, created_at_millis: 0 };
        let key = stream.at(Place { timestamp: 5, stamp: Stamp([9; 10]), index: 0 });
        for value in [
            &b""[..],
            b"\x03\0\0\0\0\0\0\0\x06x",
            b"\x01\0\0\0\0\0\0\0\x06\xff",
            b"\x02\0\0\0\0\0\0\0\x06\0\0",
            b"\x02\0\0\0\0\0\0\0\x06\0\0\0\x02x",
        ] {
            assert!(matches!(events(&key, &Bytes::from_static(value)), Err(Error::Corrupt(_))));
        }
    }
}
