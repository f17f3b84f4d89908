//! Stream records and history entries: what is remembered of a changed item.

use cloud::Failure;
use ddbexpr::Item;
use store::layer::log::Stream;
use store::{Stamp, Tx};

use crate::destination::Precision;
use crate::error::Error;
use crate::keys::{self, ItemKey};
use crate::limits::SLICE_ROWS;

/// The form that is written today.
const VERSION: u8 = 1;

/// How an item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Modify,
    Remove,
}

impl Event {
    /// The name in records.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Modify => "MODIFY",
            Self::Remove => "REMOVE",
        }
    }
}

/// A record of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamRecord {
    pub(crate) event: Event,
    pub(crate) at_millis: i64,
    /// Removed because it expired.
    pub(crate) by_expiry: bool,
    pub(crate) keys: Item,
    pub(crate) new: Option<Item>,
    pub(crate) old: Option<Item>,
}

impl StreamRecord {
    /// The stored bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let event = match self.event {
            Event::Insert => b'I',
            Event::Modify => b'M',
            Event::Remove => b'R',
        };
        let mut out = vec![VERSION, event, u8::from(self.by_expiry)];
        out.extend_from_slice(&self.at_millis.to_be_bytes());
        put_item(&mut out, Some(&self.keys));
        put_item(&mut out, self.new.as_ref());
        put_item(&mut out, self.old.as_ref());
        out
    }

    /// Reads [`StreamRecord::encode`].
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Input(bytes);
        if input.byte()? != VERSION {
            return Err(damaged());
        }
        let event = match input.byte()? {
            b'I' => Event::Insert,
            b'M' => Event::Modify,
            b'R' => Event::Remove,
            _ => return Err(damaged()),
        };
        Ok(Self {
            event,
            by_expiry: input.byte()? != 0,
            at_millis: input.number()?,
            keys: input.item()?.ok_or_else(damaged)?,
            new: input.item()?,
            old: input.item()?,
        })
    }

    /// What AWS calls `SizeBytes`: keys and images.
    pub(crate) fn size_bytes(&self) -> usize {
        let images = self.new.iter().chain(&self.old).map(ddbexpr::size::item);
        ddbexpr::size::item(&self.keys) + images.sum::<usize>()
    }
}

/// A change on its way to Kinesis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unreplicated {
    pub(crate) table: String,
    pub(crate) precision: Option<Precision>,
    /// With both images.
    pub(crate) record: StreamRecord,
}

impl Unreplicated {
    /// The stored bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let precision = match self.precision {
            None => 0,
            Some(Precision::Millisecond) => b'm',
            Some(Precision::Microsecond) => b'u',
        };
        let mut out = vec![VERSION, precision];
        put_bytes(&mut out, self.table.as_bytes());
        out.extend_from_slice(&self.record.encode());
        out
    }

    /// Reads [`Unreplicated::encode`].
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Input(bytes);
        if input.byte()? != VERSION {
            return Err(damaged());
        }
        let precision = match input.byte()? {
            0 => None,
            b'm' => Some(Precision::Millisecond),
            b'u' => Some(Precision::Microsecond),
            _ => return Err(damaged()),
        };
        let table = String::from_utf8(input.bytes()?.to_vec()).map_err(|_| damaged())?;
        Ok(Self { table, precision, record: StreamRecord::decode(input.0)? })
    }
}

/// What a write replaced.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Replaced {
    pub(crate) at_millis: i64,
    pub(crate) key: ItemKey,
    pub(crate) old: Option<Item>,
}

impl Replaced {
    /// The stored bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.at_millis.to_be_bytes());
        out.extend_from_slice(&self.key.hash);
        put_bytes(&mut out, &self.key.range);
        put_item(&mut out, self.old.as_ref());
        out
    }

    /// Reads [`Replaced::encode`].
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Input(bytes);
        if input.byte()? != VERSION {
            return Err(damaged());
        }
        let at_millis = input.number()?;
        let hash = *input.0.first_chunk().ok_or_else(damaged)?;
        input.0 = &input.0[hash.len()..];
        let range = input.bytes()?.to_vec();
        Ok(Self { at_millis, key: ItemKey { hash, range }, old: input.item()? })
    }
}

/// An entry of a stream or a history.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The place of its first row, and of its last one.
    pub(crate) stamp: Stamp,
    pub(crate) last: Stamp,
    pub(crate) payload: Vec<u8>,
}

/// Reads up to `limit` entries behind a place; large ones are put together from their rows.
pub(crate) async fn read(
    tx: &Tx,
    stream: &Stream,
    after: Option<Stamp>,
    limit: usize,
) -> Result<Vec<Entry>, Error> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open: Option<Entry> = None;
    let mut after = after;
    while entries.len() < limit {
        let wanted = limit - entries.len();
        let rows = stream.read(tx, after, wanted).await?;
        let is_end = rows.len() < wanted;
        for row in rows {
            after = Some(row.stamp);
            let (is_last, part) = keys::part(&row.val)?;
            let entry =
                open.get_or_insert_with(|| Entry { stamp: row.stamp, last: row.stamp, payload: Vec::new() });
            entry.last = row.stamp;
            entry.payload.extend_from_slice(part);
            if is_last {
                entries.extend(open.take());
            }
        }
        // The rows of an entry come with one commit: one that has begun here has its end behind.
        if is_end {
            break;
        }
    }
    Ok(entries)
}

/// A place that was kept as bytes.
pub(crate) fn stamp(bytes: &[u8]) -> Result<Stamp, Error> {
    bytes.try_into().map(Stamp).map_err(|_| damaged())
}

/// The place of the last row of the entry that begins at `first`, which may be gone.
pub(crate) async fn end_of(tx: &Tx, stream: &Stream, first: Stamp) -> Result<Option<Stamp>, Error> {
    let mut place = first;
    let mut bytes = [0; 16];
    bytes[16 - Stamp::LEN..].copy_from_slice(&first.0);
    let Some(before) = u128::from_be_bytes(bytes).checked_sub(1) else { return Ok(Some(first)) };
    let before = Stamp(before.to_be_bytes()[16 - Stamp::LEN..].try_into().expect("ten of sixteen bytes"));
    for entry in read(tx, stream, Some(before), 1).await? {
        if entry.stamp == first {
            place = entry.last;
        }
    }
    Ok(Some(place))
}

/// Removes the first entries that are older than `before_millis`. True when there may be more.
pub(crate) async fn trim(
    tx: &mut Tx,
    stream: &Stream,
    before_millis: i64,
    time: impl Fn(&[u8]) -> Result<i64, Error>,
) -> Result<bool, Error> {
    let entries = read(tx, stream, None, SLICE_ROWS).await?;
    let mut through = None;
    let mut old = 0;
    for entry in &entries {
        if time(&entry.payload)? >= before_millis {
            break;
        }
        through = Some(entry.last);
        old += 1;
    }
    if let Some(through) = through {
        stream.trim(tx, through)?;
    }
    Ok(old == SLICE_ROWS)
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("items have at most some hundred kilobytes");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// An absent item has the length zero: a stored one has at least its version.
fn put_item(out: &mut Vec<u8>, item: Option<&Item>) {
    put_bytes(out, &item.map(ddbexpr::stored::encode).unwrap_or_default());
}

fn damaged() -> Error {
    Failure::internal("a damaged record of a changed item").into()
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.0.split_first().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<i64, Error> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(i64::from_be_bytes(*bytes))
    }

    fn bytes(&mut self) -> Result<&'a [u8], Error> {
        let (length, rest) = self.0.split_first_chunk().ok_or_else(damaged)?;
        let length = u32::from_be_bytes(*length) as usize;
        if rest.len() < length {
            return Err(damaged());
        }
        let (bytes, rest) = rest.split_at(length);
        self.0 = rest;
        Ok(bytes)
    }

    fn item(&mut self) -> Result<Option<Item>, Error> {
        let bytes = self.bytes()?;
        if bytes.is_empty() { Ok(None) } else { keys::decode_item(bytes).map(Some) }
    }
}

#[cfg(test)]
mod tests {
    use ddbexpr::Value;

    use super::*;

    fn item(text: &str) -> Item {
        Item::from([("k".to_owned(), Value::text(text))])
    }

    #[test]
    fn records_go_both_ways() {
        let record = StreamRecord {
            event: Event::Modify,
            at_millis: 5,
            by_expiry: true,
            keys: item("a"),
            new: None,
            old: Some(item("b")),
        };
        assert_eq!(StreamRecord::decode(&record.encode()).unwrap(), record);
        assert_eq!(record.size_bytes(), 4);
        for precision in [None, Some(Precision::Millisecond), Some(Precision::Microsecond)] {
            let change = Unreplicated { table: "things".into(), precision, record: record.clone() };
            assert_eq!(Unreplicated::decode(&change.encode()).unwrap(), change);
        }
        let replaced =
            Replaced { at_millis: 7, key: ItemKey { hash: [3; 16], range: vec![1, 2] }, old: None };
        assert_eq!(Replaced::decode(&replaced.encode()).unwrap(), replaced);
    }

    #[test]
    fn version_1_is_read_and_damage_is_told() {
        let stored = b"\x01I\0\0\0\0\0\0\0\0\x05\0\0\0\x07\x01\x01\x01k\x01\x01a\0\0\0\0\0\0\0\0";
        let record = StreamRecord::decode(stored).unwrap();
        assert_eq!((record.event.name(), record.keys), ("INSERT", item("a")));
        for length in 0..stored.len() {
            assert!(StreamRecord::decode(&stored[..length]).is_err());
        }
        let stored = [&b"\x01u\0\0\0\x01t"[..], stored].concat();
        let change = Unreplicated::decode(&stored).unwrap();
        assert_eq!((change.table.as_str(), change.precision), ("t", Some(Precision::Microsecond)));
        for length in 0..stored.len() {
            assert!(Unreplicated::decode(&stored[..length]).is_err());
        }
        let stored = b"\x01\0\0\0\0\0\0\0\x07aaaaaaaaaaaaaaaa\0\0\0\x01r\0\0\0\0";
        assert_eq!(Replaced::decode(stored).unwrap().key.range, b"r");
        assert!(Replaced::decode(b"\x02").is_err());
    }
}
