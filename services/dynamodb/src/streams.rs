//! Streams: their shard, places in it, and the end of old records.
//!
//! Differs from AWS: a stream has one shard for its whole life, in which all records are in commit order; AWS splits
//! and replaces shards.

use cloud::prelude::*;
use serde_json::Value as Json;
use store::layer::table;
use store::{Stamp, Tx};

use crate::error::Error;
use crate::keys::{self, StreamRow};
use crate::limits::ITERATOR_MILLIS;
use crate::record::{self, Entry, StreamRecord};
use crate::request;

/// Sequence numbers have at least 21 digits.
const SEQUENCE_BASE: u128 = 100_000_000_000_000_000_000;
/// The last moment that an iterator can have been made: the end of the year 9999, which dates can still say.
const MADE_AT_MILLIS_MAX: i64 = 253_402_300_799_999;

/// A stream as a request names it.
#[derive(Clone, Debug)]
pub(crate) struct StreamName {
    pub(crate) table: crate::tables::TableName,
    pub(crate) label: String,
}

impl StreamName {
    /// Reads a stream's ARN.
    pub(crate) fn read(arn: &str) -> Result<Self, Error> {
        let invalid = || Error::validation(format!("Invalid StreamArn: {arn}"));
        let (table, label) = arn.split_once("/stream/").ok_or_else(invalid)?;
        let table = crate::tables::TableName::of_arn(table).ok_or_else(invalid)?;
        Ok(Self { table, label: label.to_owned() })
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> Arn {
        let resource = format!("table/{}/stream/{}", self.table.name, self.label);
        Arn::new("dynamodb", &self.table.region, &self.table.account, resource)
    }

    /// The stream, if it is still there.
    pub(crate) async fn find(&self, tx: &Tx) -> Result<StreamRow, Error> {
        let table = &self.table;
        let key = (table.account.as_str(), table.region.as_str(), table.name.as_str(), self.label.as_str());
        let row: Option<StreamRow> = table::get(tx, key).await?;
        row.ok_or_else(|| Error::NoSuchStream(self.arn().to_string()))
    }

    /// The policy of the stream, for the access decision.
    pub(crate) async fn policy(&self, cx: &Cx) -> Result<Option<String>, Error> {
        let table = crate::tables::glance(cx, &self.table).await?;
        let policy = |table: &crate::table::Table| {
            table.row.stream_policies.get(&self.label).map(|policy| policy.text.clone())
        };
        Ok(table.and_then(|table| policy(&table)))
    }
}

/// The policy of the stream with this ARN, for the access decision; what is no ARN is refused by the operation itself.
pub(crate) async fn policy(cx: &Cx, arn: &str) -> Result<Option<String>, Error> {
    match StreamName::read(arn) {
        Ok(name) => name.policy(cx).await,
        Err(_) => Ok(None),
    }
}

/// The id of a stream's shard.
pub(crate) fn shard_id(stream: &StreamRow) -> String {
    let digest = keys::digest_hex(stream.label.as_bytes());
    format!("shardId-{:020}-{}", stream.created_at_millis, &digest[..8])
}

/// The sequence number of a record.
pub(crate) fn sequence_number(stamp: Stamp) -> String {
    let mut bytes = [0; 16];
    bytes[16 - Stamp::LEN..].copy_from_slice(&stamp.0);
    (SEQUENCE_BASE + u128::from_be_bytes(bytes)).to_string()
}

/// The place of a sequence number.
pub(crate) fn place_of(sequence: &str) -> Option<u128> {
    sequence.parse::<u128>().ok()?.checked_sub(SEQUENCE_BASE).filter(|place| place >> (8 * Stamp::LEN) == 0)
}

fn stamp_of(place: u128) -> Stamp {
    let bytes = place.to_be_bytes();
    Stamp(bytes[16 - Stamp::LEN..].try_into().expect("the last ten of sixteen bytes"))
}

/// A place in a shard from which records are read, as the text that clients hand back.
#[derive(Clone, Debug)]
pub(crate) struct Iterator {
    pub(crate) stream: StreamName,
    /// Records behind this place; from the beginning without one.
    pub(crate) after: Option<Stamp>,
    pub(crate) made_at_millis: i64,
}

impl Iterator {
    /// Reads an iterator; one that is too old is told apart.
    pub(crate) fn read(text: &str, now: Timestamp) -> Result<Self, Error> {
        let invalid = || Error::validation("Invalid ShardIterator");
        let (arn, rest) = text.split_once("|1|").ok_or_else(invalid)?;
        let (made_at, place) = rest.split_once('|').ok_or_else(invalid)?;
        let made_at_millis: i64 = made_at.parse().map_err(|_| invalid())?;
        // The text is the client's: it may say anything.
        if !(0..=MADE_AT_MILLIS_MAX).contains(&made_at_millis) {
            return Err(invalid());
        }
        if made_at_millis + ITERATOR_MILLIS < now.millis() {
            return Err(Error::ExpiredIterator(
                wire::time::iso8601_millis(Timestamp::from_millis(made_at_millis)),
                wire::time::iso8601_millis(now),
            ));
        }
        let after = match place {
            "" => None,
            place => {
                let place = u128::from_str_radix(place, 16).map_err(|_| invalid())?;
                Some(stamp_of(place))
            }
        };
        Ok(Self { stream: StreamName::read(arn)?, after, made_at_millis })
    }

    /// The text.
    pub(crate) fn text(&self) -> String {
        let place = self.after.map(|stamp| keys::hex(&stamp.0)).unwrap_or_default();
        format!("{}|1|{}|{place}", self.stream.arn(), self.made_at_millis)
    }
}

/// The place just before a record.
pub(crate) fn before(place: u128) -> Option<Stamp> {
    place.checked_sub(1).map(stamp_of)
}

/// The place of a record.
pub(crate) fn at(place: u128) -> Stamp {
    stamp_of(place)
}

/// Who caused a record, when that was no caller.
#[derive(Debug, Shape)]
pub(crate) struct Identity {
    principal_id: String,
    #[shape(name = "Type")]
    kind: String,
}

/// The changed item of a record.
#[derive(Debug, Shape)]
pub(crate) struct ChangedItem {
    approximate_creation_date_time: Timestamp,
    keys: Json,
    new_image: Option<Json>,
    old_image: Option<Json>,
    sequence_number: String,
    size_bytes: i64,
    stream_view_type: crate::table::ViewType,
}

/// A record.
#[derive(Debug, Shape)]
pub(crate) struct Record {
    #[shape(name = "eventID")]
    event_id: String,
    #[shape(name = "eventName")]
    event_name: String,
    #[shape(name = "eventVersion")]
    event_version: String,
    #[shape(name = "eventSource")]
    event_source: String,
    #[shape(name = "awsRegion")]
    aws_region: String,
    #[shape(name = "dynamodb")]
    dynamodb: ChangedItem,
    #[shape(name = "userIdentity")]
    user_identity: Option<Identity>,
}

impl Record {
    /// The record of an entry of a stream.
    pub(crate) fn of(stream: &StreamRow, entry: &Entry) -> Result<Self, Error> {
        let stored = StreamRecord::decode(&entry.payload)?;
        let id = [stream.arn().as_bytes(), &entry.stamp.0].concat();
        let identity =
            || Identity { principal_id: "dynamodb.amazonaws.com".to_owned(), kind: "Service".to_owned() };
        Ok(Self {
            event_id: keys::digest_hex(&id),
            event_name: stored.event.name().to_owned(),
            event_version: "1.1".to_owned(),
            event_source: "aws:dynamodb".to_owned(),
            aws_region: stream.region.clone(),
            user_identity: stored.by_expiry.then(identity),
            dynamodb: ChangedItem {
                // Records carry whole seconds.
                approximate_creation_date_time: Timestamp::from_secs(stored.at_millis / 1000),
                size_bytes: i64::try_from(stored.size_bytes()).unwrap_or(i64::MAX),
                keys: request::write(&stored.keys),
                new_image: stored.new.as_ref().map(request::write),
                old_image: stored.old.as_ref().map(request::write),
                sequence_number: sequence_number(entry.stamp),
                stream_view_type: stream.view,
            },
        })
    }

    /// Bytes that count against the size of an answer.
    pub(crate) fn size_bytes(&self) -> usize {
        usize::try_from(self.dynamodb.size_bytes).unwrap_or(usize::MAX)
    }
}

/// Removes the records of a stream that are older than `before_millis`; the stream itself when it was disabled before
/// that. True when there may be more.
pub(crate) async fn trim(tx: &mut Tx, name: &StreamName, before_millis: i64) -> Result<bool, Error> {
    let Ok(mut stream) = name.find(tx).await else { return Ok(false) };
    let records = stream.records();
    let first = record::read(tx, &records, None, 1).await?;
    let more = record::trim(tx, &records, before_millis, |row| Ok(StreamRecord::decode(row)?.at_millis));
    let more = more.await?;
    if stream.disabled_at_millis.is_some_and(|at| at < before_millis) {
        records.clear(tx)?;
        table::delete::<StreamRow>(
            tx,
            (stream.account.as_str(), stream.region.as_str(), stream.table.as_str(), stream.label.as_str()),
        )
        .await?;
        return Ok(false);
    }
    let left = record::read(tx, &records, None, 1).await?;
    let moved = first.first().map(|entry| entry.stamp) != left.first().map(|entry| entry.stamp);
    if moved {
        stream.trimmed = true;
        table::put(tx, &stream).await?;
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_go_both_ways() {
        let stamp = Stamp([0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
        let number = sequence_number(stamp);
        assert_eq!(number.len(), 21);
        assert_eq!(place_of(&number).map(at), Some(stamp));
        assert_eq!(place_of(&sequence_number(Stamp([0xff; 10]))).map(at), Some(Stamp([0xff; 10])));
        assert_eq!(place_of("5"), None);
        assert_eq!(before(0), None);
    }

    #[test]
    fn iterators_go_both_ways_and_end() {
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/things/stream/2026-01-01T00:00:00.000";
        let stream = StreamName::read(arn).unwrap();
        let iterator = Iterator { stream, after: Some(Stamp([7; 10])), made_at_millis: 5 };
        let text = iterator.text();
        let read = Iterator::read(&text, Timestamp::from_millis(5)).unwrap();
        assert_eq!((read.after, read.stream.arn().as_str()), (iterator.after, arn));
        let late = Timestamp::from_millis(6 + ITERATOR_MILLIS);
        assert!(matches!(Iterator::read(&text, late), Err(Error::ExpiredIterator(..))));
        let times = [i64::MIN, -1, MADE_AT_MILLIS_MAX + 1, i64::MAX].map(|at| format!("{arn}|1|{at}|"));
        for wrong in ["", "x", "a|1|b|c", "arn:x|1|5|"].into_iter().chain(times.iter().map(String::as_str)) {
            let error = Iterator::read(wrong, Timestamp::from_millis(5)).unwrap_err();
            assert!(matches!(error, Error::Validation(_)), "{wrong}");
        }
    }
}
