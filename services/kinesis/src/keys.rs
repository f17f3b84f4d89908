//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::BTreeMap;

use bytes::Bytes;
use cloud::Failure;
use serde::{Deserialize, Serialize};
use shape::Timestamp;
use store::keyspace::{self, Prefix};
use store::layer::log::Stream as Log;
use store::layer::table::{self, Record};
use store::tuple::{self, Tuple};
use store::{Range, Tx};

use crate::error::Error;
use crate::names::{ConsumerName, StreamName};

/// What a stream's capacity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    Provisioned,
    OnDemand,
}

/// What happened to a stream last; it shows for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Creating,
    Updating,
    Deleting,
}

/// A stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StreamRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// Names the stream's records: a stream made again under the same name has none of the old ones.
    pub(crate) id: String,
    pub(crate) created_at_millis: i64,
    pub(crate) change: Change,
    /// Until when the change shows.
    pub(crate) change_until_millis: i64,
    pub(crate) mode: Mode,
    /// The number of the next shard.
    pub(crate) next_shard: u32,
    pub(crate) open_shards: u32,
    pub(crate) retention_hours: i32,
    /// Records before this time are gone, whatever the retention has become since.
    pub(crate) gone_before_millis: i64,
    pub(crate) record_kib_max: i32,
    /// The key of its encryption, as it was given.
    pub(crate) encryption: Option<String>,
    pub(crate) metrics: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<String>,
    /// When the number of shards was changed in the last day.
    pub(crate) resized_at_millis: Vec<i64>,
    /// When the mode was changed in the last day.
    pub(crate) mode_changed_at_millis: Vec<i64>,
}

impl Record for StreamRow {
    const PREFIX: Prefix = keyspace::KINESIS_STREAM;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

/// A shard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShardRow {
    /// The stream's id.
    pub(crate) stream: String,
    pub(crate) index: u32,
    pub(crate) parent: Option<u32>,
    pub(crate) adjacent_parent: Option<u32>,
    /// The first and the last hash of its range; JSON has no numbers of 128 bits.
    #[serde(with = "decimal")]
    pub(crate) first_hash: u128,
    #[serde(with = "decimal")]
    pub(crate) last_hash: u128,
    pub(crate) created_at_millis: i64,
    pub(crate) closed_at_millis: Option<i64>,
}

impl Record for ShardRow {
    const PREFIX: Prefix = keyspace::KINESIS_SHARD;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stream, i64::from(self.index)))
    }
}

mod decimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A registered consumer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ConsumerRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) stream_name: String,
    /// The stream's id.
    pub(crate) stream: String,
    pub(crate) name: String,
    pub(crate) created_at_millis: i64,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<String>,
}

impl Record for ConsumerRow {
    const PREFIX: Prefix = keyspace::KINESIS_CONSUMER;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stream, &self.name))
    }
}

impl ConsumerRow {
    /// Its name.
    pub(crate) fn named(&self) -> ConsumerName {
        ConsumerName {
            stream: StreamName {
                account: self.account.clone(),
                region: self.region.clone(),
                name: self.stream_name.clone(),
            },
            name: self.name.clone(),
            created_at_secs: self.created_at_millis.div_euclid(1000),
        }
    }
}

/// Records that belong to no stream any more and have to be removed: those of a deleted stream, or of a shard that was
/// closed longer ago than its stream remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RemovalRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) stream: String,
    pub(crate) shard: u32,
}

impl Record for RemovalRow {
    const PREFIX: Prefix = keyspace::KINESIS_REMOVAL;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stream, i64::from(self.shard)))
    }
}

impl RemovalRow {
    /// The records.
    pub(crate) fn log(&self) -> Log {
        log(&self.account, &self.region, &self.name, self.shard, &self.stream)
    }
}

/// The records of a shard. The stream's name and the shard's number come before the id, which others do not know who
/// wait for records.
fn log(account: &str, region: &str, name: &str, shard: u32, id: &str) -> Log {
    Log::new(keyspace::KINESIS_RECORD, (account, region, name, i64::from(shard), id))
}

impl StreamRow {
    /// Its name.
    pub(crate) fn named(&self) -> StreamName {
        StreamName { account: self.account.clone(), region: self.region.clone(), name: self.name.clone() }
    }

    /// When it was created, as it is shown: in whole seconds.
    pub(crate) fn created_at(&self) -> Timestamp {
        Timestamp::from_secs(self.created_at_millis.div_euclid(1000))
    }

    /// The records of one of its shards.
    pub(crate) fn log(&self, shard: u32) -> Log {
        log(&self.account, &self.region, &self.name, shard, &self.id)
    }

    /// Wakes those who wait for records, because they have to look at the shards again.
    pub(crate) fn wake_readers(&self, tx: &mut Tx) -> Result<(), Error> {
        let key = tuple::key(keyspace::KINESIS_RECORD, &(&self.account, &self.region, &self.name));
        tx.put(key, Bytes::copy_from_slice(self.id.as_bytes()))?;
        Ok(())
    }
}

/// The rows of all shards of a stream, for reads of all at once.
pub(crate) fn shard_range(id: &str) -> Range {
    table::row_range::<ShardRow>(&id)
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) at_millis: i64,
    /// Whether it came while the stream was encrypted.
    pub(crate) is_encrypted: bool,
    pub(crate) partition_key: String,
    pub(crate) data: Bytes,
}

/// The form that is written today.
const VERSION: u8 = 1;
/// The row with which a record begins.
const HEAD: u8 = b'H';
/// A further row of a large record.
const MORE: u8 = b'M';
/// Bytes of data in one row; larger records take several.
const PART_BYTES: usize = 400 * 1024;

impl Stored {
    /// Its rows, in the order in which they are appended.
    pub(crate) fn rows(&self) -> Vec<Bytes> {
        let first = self.data.len().min(PART_BYTES);
        let parts = u16::try_from(self.data.len().div_ceil(PART_BYTES).max(1)).expect("records are some MiB");
        let key_bytes = u16::try_from(self.partition_key.len()).expect("partition keys are short");
        let mut head = Vec::with_capacity(24 + self.partition_key.len() + first);
        head.extend_from_slice(&[VERSION, HEAD, u8::from(self.is_encrypted)]);
        head.extend_from_slice(&self.at_millis.to_be_bytes());
        head.extend_from_slice(&parts.to_be_bytes());
        head.extend_from_slice(&key_bytes.to_be_bytes());
        head.extend_from_slice(self.partition_key.as_bytes());
        head.extend_from_slice(&self.data[..first]);
        let more = self.data[first..].chunks(PART_BYTES).map(|part| [&[VERSION, MORE], part].concat().into());
        std::iter::once(head.into()).chain(more).collect()
    }
}

/// A row of a record.
#[derive(Debug)]
pub(crate) enum Part {
    /// The first one, and how many follow it.
    Head(Stored, u16),
    /// Data of a record that began before.
    More(Bytes),
}

impl Part {
    /// Reads a row.
    pub(crate) fn decode(row: &Bytes) -> Result<Self, Error> {
        Self::read(row).ok_or_else(|| Failure::internal("a damaged record of a stream").into())
    }

    fn read(row: &Bytes) -> Option<Self> {
        match row.get(..2)? {
            [VERSION, MORE] => Some(Self::More(row.slice(2..))),
            [VERSION, HEAD] => {
                let (at, rest) = row.get(3..)?.split_first_chunk()?;
                let (parts, rest) = rest.split_first_chunk()?;
                let (key_bytes, rest) = rest.split_first_chunk()?;
                let key = rest.get(..usize::from(u16::from_be_bytes(*key_bytes)))?;
                let stored = Stored {
                    at_millis: i64::from_be_bytes(*at),
                    is_encrypted: *row.get(2)? != 0,
                    partition_key: String::from_utf8(key.to_vec()).ok()?,
                    data: row.slice(row.len() - (rest.len() - key.len())..),
                };
                Some(Self::Head(stored, u16::from_be_bytes(*parts).checked_sub(1)?))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_go_both_ways() {
        for size in [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES] {
            let data: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let record = Stored {
                at_millis: 5,
                is_encrypted: true,
                partition_key: "ключ".to_owned(),
                data: data.into(),
            };
            let rows = record.rows();
            assert_eq!(rows.len(), size.div_ceil(PART_BYTES).max(1));
            let Part::Head(mut read, more) = Part::decode(&rows[0]).unwrap() else { panic!("no head") };
            assert_eq!(usize::from(more), rows.len() - 1);
            let mut whole = read.data.to_vec();
            for row in &rows[1..] {
                let Part::More(bytes) = Part::decode(row).unwrap() else { panic!("no part") };
                whole.extend_from_slice(&bytes);
            }
            read.data = whole.into();
            assert_eq!(read, record);
        }
    }

    #[test]
    fn version_1_of_a_record_is_read_and_damage_is_told() {
        let row = Bytes::from_static(b"\x01H\0\0\0\0\0\0\0\0\x07\0\x01\0\x01kdata");
        let Part::Head(stored, 0) = Part::decode(&row).unwrap() else { panic!("no head") };
        assert_eq!(
            (stored.at_millis, stored.partition_key.as_str(), &stored.data[..]),
            (7, "k", &b"data"[..])
        );
        for length in 0..16 {
            assert!(Part::decode(&row.slice(..length)).is_err());
        }
        assert!(Part::decode(&Bytes::from_static(b"\x02Mx")).is_err());
    }

    #[test]
    fn version_1_of_rows_is_read() {
        let stream = r#"{"account":"a","region":"r","name":"n","id":"i","created_at_millis":1,"change":"Creating",
            "change_until_millis":2,"mode":"OnDemand","next_shard":4,"open_shards":4,"retention_hours":24,
            "gone_before_millis":0,"record_kib_max":1024,"encryption":null,"metrics":["ALL"],"tags":{},"policy":null,
            "resized_at_millis":[],"mode_changed_at_millis":[]}"#;
        let stream: StreamRow = serde_json::from_str(stream).unwrap();
        assert_eq!(stream.named().arn().as_str(), "arn:aws:kinesis:r:a:stream/n");
        let shard = r#"{"stream":"i","index":1,"parent":0,"adjacent_parent":null,"first_hash":"5",
            "last_hash":"340282366920938463463374607431768211455","created_at_millis":1,"closed_at_millis":null}"#;
        let shard: ShardRow = serde_json::from_str(shard).unwrap();
        assert_eq!((shard.first_hash, shard.last_hash), (5, u128::MAX));
        let again: ShardRow = serde_json::from_str(&serde_json::to_string(&shard).unwrap()).unwrap();
        assert_eq!(again, shard);
        let consumer = r#"{"account":"a","region":"r","stream_name":"n","stream":"i","name":"c",
            "created_at_millis":1500,"tags":{},"policy":null}"#;
        let consumer: ConsumerRow = serde_json::from_str(consumer).unwrap();
        assert_eq!(consumer.named().arn(), "arn:aws:kinesis:r:a:stream/n/consumer/c:1");
        let removal = r#"{"account":"a","region":"r","name":"n","stream":"i","shard":1}"#;
        assert_eq!(serde_json::from_str::<RemovalRow>(removal).unwrap().log(), stream.log(1));
    }
}
