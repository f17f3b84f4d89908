//! The stored rows: the only file of the service that knows keys and bytes.
//!
//! An item's key is the table's space, 128 bits of the hash of its partition key, and its sort key as bytes in order.
//! So a partition is a range, in order; and partitions are spread, so that a parallel scan can cut the table anywhere.
//! An entry of an index has the space, the number of the index, the hash of its own partition key, its own sort key
//! framed so that what follows does not disturb the order, and the item it stands for.

use std::io::{Read as _, Write as _};

use aws_lc_rs::digest;
use bytes::Bytes;
use cloud::Failure;
use ddbexpr::{Item, Value, key as order};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::log::Stream;
use store::layer::table::{Index, Record};
use store::tuple::{self, Tuple};
use store::{Key, Range, Scan, Stamp, Tx, VALUE_BYTES_MAX};

use crate::error::Error;

/// Bytes of a hash in a key: more than anyone can make collide.
const HASH_BYTES: usize = 16;
/// Sort keys are cut to this many bytes at the end of an index entry, where they only tell items apart.
const TIE_BYTES_MAX: usize = 512;
/// Payload bytes of one row of a stream or a history; larger ones take several rows.
const PART_BYTES: usize = 400 * 1024;

/// The first bytes of the keys of a table's items, from its id.
pub(crate) fn space_of(id: &str) -> [u8; 8] {
    let digest = digest::digest(&digest::SHA256, id.as_bytes());
    digest.as_ref()[..8].try_into().expect("a SHA-256 digest has 32 bytes")
}

/// The place of an item in its table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ItemKey {
    pub(crate) hash: [u8; HASH_BYTES],
    pub(crate) range: Vec<u8>,
}

impl ItemKey {
    /// The place of the item with these key values.
    pub(crate) fn new(hash: &Value, range: Option<&Value>) -> Self {
        Self { hash: spread(hash), range: range.map(code).unwrap_or_default() }
    }

    /// The key of the item's row.
    pub(crate) fn row(&self, space: [u8; 8]) -> Key {
        joined(keyspace::DYNAMODB_ITEM, &[&space, &self.hash, &self.range])
    }

    fn tie(&self) -> Vec<u8> {
        let mut tie = self.hash.to_vec();
        if self.range.len() <= TIE_BYTES_MAX {
            tie.extend_from_slice(&self.range);
        } else {
            tie.extend_from_slice(&self.range[..TIE_BYTES_MAX - HASH_BYTES]);
            tie.extend_from_slice(&hash_of(&self.range));
        }
        tie
    }
}

/// The bytes of a key value, in its order.
pub(crate) fn code(value: &Value) -> Vec<u8> {
    order::encode(value).expect("key values were checked to be strings, numbers or bytes")
}

fn hash_of(bytes: &[u8]) -> [u8; HASH_BYTES] {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref()[..HASH_BYTES].try_into().expect("a SHA-256 digest has 32 bytes")
}

/// Where the partition of a key value begins.
pub(crate) fn spread(value: &Value) -> [u8; HASH_BYTES] {
    hash_of(&code(value))
}

/// A short text for the partition key of an item, for ids that must not show it.
pub(crate) fn digest_hex(bytes: &[u8]) -> String {
    hash_of(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn joined(prefix: Prefix, parts: &[&[u8]]) -> Key {
    let mut key = Vec::with_capacity(2 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.extend_from_slice(&prefix.0);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key.into()
}

/// A set of rows with one shape of key: a table's items, or the entries of one of its indexes.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    base: Vec<u8>,
    /// Whether the sort key is framed, because something follows it.
    framed: bool,
    /// Whether there is a sort key in the keys.
    has_range: bool,
}

impl Rows {
    /// The items of a table.
    pub(crate) fn items(space: [u8; 8]) -> Self {
        Self { base: joined(keyspace::DYNAMODB_ITEM, &[&space]).to_vec(), framed: false, has_range: true }
    }

    /// The entries of an index.
    pub(crate) fn entries(space: [u8; 8], number: u32, has_range: bool) -> Self {
        let base = joined(keyspace::DYNAMODB_INDEX, &[&space, &number.to_be_bytes()]).to_vec();
        Self { base, framed: true, has_range }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Range {
        Range::prefix(self.base.clone())
    }

    /// Those of segment `number` of `count` equal parts of the hashes.
    pub(crate) fn segment(&self, number: u64, count: u64) -> Range {
        let cut = |number: u64| {
            let place = (u128::from(number) << 64) / u128::from(count);
            u64::try_from(place).ok().map(|place| [&self.base[..], &place.to_be_bytes()].concat())
        };
        let all = self.all();
        let from = cut(number).map_or(all.from.clone(), Key::from);
        Range::new(from, cut(number + 1).map_or(all.to, Key::from))
    }

    /// Those with a partition key.
    pub(crate) fn partition(&self, hash: &Value) -> Range {
        Range::prefix([&self.base[..], &spread(hash)].concat())
    }

    /// Where sort keys equal to or above `range` begin in the partition of `hash`.
    pub(crate) fn at(&self, hash: &Value, range: &Value) -> Vec<u8> {
        let mut key = [&self.base[..], &spread(hash)].concat();
        if self.framed {
            frame(&code(range), &mut key)
        } else {
            key.extend_from_slice(&code(range))
        }
        key
    }

    /// Where sort keys above `range` begin.
    pub(crate) fn behind(&self, hash: &Value, range: &Value) -> Vec<u8> {
        let mut key = self.at(hash, range);
        if self.framed {
            // The frame ends with a small number: there is room for the next one.
            *key.last_mut().expect("a frame has bytes") += 1;
        } else {
            key.push(0);
        }
        key
    }

    /// Where sort keys that begin with `range` end; none when that is the end of the partition.
    pub(crate) fn behind_prefix(&self, hash: &Value, range: &Value) -> Option<Vec<u8>> {
        let mut next = code(range);
        while next.last() == Some(&0xff) {
            next.pop();
        }
        *next.last_mut()? += 1;
        let mut key = [&self.base[..], &spread(hash)].concat();
        if self.framed {
            frame(&next, &mut key)
        } else {
            key.extend_from_slice(&next)
        }
        Some(key)
    }

    /// The key of an index entry for `item`.
    pub(crate) fn entry(&self, hash: &Value, range: Option<&Value>, item: &ItemKey) -> Key {
        let mut key = [&self.base[..], &spread(hash)].concat();
        if let (true, Some(range)) = (self.has_range, range) {
            frame(&code(range), &mut key);
        }
        key.extend_from_slice(&item.tie());
        key.into()
    }
}

/// The key of the entry by which an expiring item is found.
pub(crate) fn expiry_entry(space: [u8; 8], number: u32, at_secs: u64, item: &ItemKey) -> Key {
    let tie = item.tie();
    joined(keyspace::DYNAMODB_INDEX, &[&space, &number.to_be_bytes(), &at_secs.to_be_bytes(), &tie])
}

/// The entries of items that expire before `secs`.
pub(crate) fn expired(space: [u8; 8], number: u32, secs: u64) -> Range {
    let base = joined(keyspace::DYNAMODB_INDEX, &[&space, &number.to_be_bytes()]);
    let to = joined(keyspace::DYNAMODB_INDEX, &[&space, &number.to_be_bytes(), &secs.to_be_bytes()]);
    Range::new(base, to)
}

/// All entries of one index of a table, and of all its indexes without a number.
pub(crate) fn entries_of(space: [u8; 8], number: Option<u32>) -> Range {
    let number = number.map(u32::to_be_bytes);
    Range::prefix(joined(
        keyspace::DYNAMODB_INDEX,
        &[&space, number.as_ref().map_or(&[], |number| number.as_slice())],
    ))
}

/// Frames bytes so that their order stays whatever follows: groups of eight with zeros behind, each with the number of
/// its bytes, or nine when more groups come.
fn frame(bytes: &[u8], out: &mut Vec<u8>) {
    const GROUP: usize = 8;
    let mut rest = bytes;
    loop {
        let (group, more) = rest.split_at(rest.len().min(GROUP));
        out.extend_from_slice(group);
        out.resize(out.len() + GROUP - group.len(), 0);
        out.push(if more.is_empty() { group.len() as u8 } else { GROUP as u8 + 1 });
        if more.is_empty() {
            return;
        }
        rest = more;
    }
}

/// What is counted of a table (number 0) or an index.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    Items,
    Bytes,
}

/// The key of a counter.
pub(crate) fn counter(space: [u8; 8], number: u32, counted: Counted) -> Key {
    let kind = match counted {
        Counted::Items => b'i',
        Counted::Bytes => b'b',
    };
    joined(keyspace::DYNAMODB_COUNT, &[&space, &number.to_be_bytes(), &[kind]])
}

/// The counter of the bytes of an item collection: all items with a partition key and their local index entries.
pub(crate) fn collection_counter(space: [u8; 8], item: &ItemKey) -> Key {
    joined(keyspace::DYNAMODB_COUNT, &[&space, &u32::MAX.to_be_bytes(), &item.hash])
}

/// All counters of a table, or those of one index.
pub(crate) fn counters(space: [u8; 8], number: Option<u32>) -> Range {
    let number = number.map(u32::to_be_bytes);
    Range::prefix(joined(
        keyspace::DYNAMODB_COUNT,
        &[&space, number.as_ref().map_or(&[], |number| number.as_slice())],
    ))
}

/// The first byte of an item that is packed by deflate; others begin with the version of their own form, which is never
/// this one.
const PACKED: u8 = 0x80;
/// Bytes of an item before it is packed: many small values take more than DynamoDB counts, but not ten times as many.
const UNPACKED_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The stored bytes of an item. Hundreds of thousands of tiny values take more bytes than DynamoDB counts, and than the
/// store takes in a value; then lengths and types repeat so much that packing helps.
pub(crate) fn encode_item(item: &Item) -> Result<Bytes, Error> {
    let bytes = ddbexpr::stored::encode(item);
    if bytes.len() <= VALUE_BYTES_MAX {
        return Ok(bytes.into());
    }
    let mut packed = DeflateEncoder::new(vec![PACKED], Compression::default());
    let packed = packed.write_all(&bytes).and_then(|()| packed.finish()).map_err(Failure::internal)?;
    if packed.len() > VALUE_BYTES_MAX {
        return Err(Error::validation("Item size has exceeded the maximum allowed size"));
    }
    Ok(packed.into())
}

/// Reads [`encode_item`].
pub(crate) fn decode_item(bytes: &[u8]) -> Result<Item, Error> {
    let Some((&PACKED, packed)) = bytes.split_first() else { return Ok(ddbexpr::stored::decode(bytes)?) };
    let mut unpacked = Vec::new();
    let mut reader = DeflateDecoder::new(packed).take(UNPACKED_BYTES_MAX);
    reader.read_to_end(&mut unpacked).map_err(Failure::internal)?;
    Ok(ddbexpr::stored::decode(&unpacked)?)
}

/// The records of a stream.
pub(crate) fn records(account: &str, region: &str, table: &str, label: &str) -> Stream {
    Stream::new(keyspace::DYNAMODB_RECORD, (account, region, table, label))
}

/// The changes that are not yet in a stream of Kinesis.
pub(crate) fn unreplicated(stream_arn: &str) -> Stream {
    Stream::new(keyspace::DYNAMODB_UNREPLICATED, stream_arn)
}

/// All of them, so that two who add and take do not run into each other.
pub(crate) fn unreplicated_range(stream_arn: &str) -> Range {
    Range::prefix(unreplicated(stream_arn).watch_key())
}

/// The first stream of Kinesis, behind one, that misses changes.
pub(crate) async fn next_unreplicated(tx: &Tx, after: Option<&str>) -> Result<Option<String>, Error> {
    let mut range = Range::prefix(keyspace::DYNAMODB_UNREPLICATED.0.to_vec());
    if let Some(after) = after {
        range.from = unreplicated_range(after).to;
    }
    let page = tx.scan(Scan::new(range).limit(1).keys_only()).await?;
    let Some((key, _)) = page.rows.first() else { return Ok(None) };
    // Between the prefix and the mark before the stamp.
    let end = key.len().checked_sub(Stamp::LEN + 1);
    let arn = end.and_then(|end| key.get(..end)).map(tuple::unpack_key);
    Ok(Some(arn.unwrap_or_else(|| Err(store::Error::Corrupt("a key of a change".to_owned())))?))
}

/// What writes to a table replaced.
pub(crate) fn history(space: [u8; 8]) -> Stream {
    Stream::new(keyspace::DYNAMODB_HISTORY, space)
}

/// All of a history.
pub(crate) fn history_range(space: [u8; 8]) -> Range {
    Range::prefix(history(space).watch_key())
}

/// Bytes as text, for places in rows of JSON.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads [`hex`].
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, Error> {
    let damaged = || Error::from(Failure::internal("a damaged place in a row"));
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(damaged());
    }
    let pairs = (0..text.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| damaged())).collect()
}

/// Appends a payload, in several rows when it is large.
pub(crate) fn append(tx: &mut Tx, stream: &Stream, payload: &[u8]) -> Result<(), Error> {
    let mut parts = payload.chunks(PART_BYTES).peekable();
    while let Some(part) = parts.next() {
        let mut row = Vec::with_capacity(part.len() + 1);
        row.push(u8::from(parts.peek().is_none()));
        row.extend_from_slice(part);
        stream.append(tx, row).map_err(Error::of_write)?;
    }
    Ok(())
}

/// Whether a row of a stream is the last one of its payload, and its part.
pub(crate) fn part(row: &[u8]) -> Result<(bool, &[u8]), Error> {
    match row.split_first() {
        Some((0, part)) => Ok((false, part)),
        Some((1, part)) => Ok((true, part)),
        _ => Err(Failure::internal("a damaged part of a stream").into()),
    }
}

/// A stream that was ever enabled, until its last record is trimmed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StreamRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) table: String,
    pub(crate) label: String,
    pub(crate) view: crate::table::ViewType,
    pub(crate) key: crate::table::KeyNames,
    pub(crate) created_at_millis: i64,
    pub(crate) disabled_at_millis: Option<i64>,
    /// Whether records are gone already.
    pub(crate) trimmed: bool,
}

impl Record for StreamRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_STREAM;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.table, &self.label))
    }
}

impl StreamRow {
    /// Its records.
    pub(crate) fn records(&self) -> Stream {
        records(&self.account, &self.region, &self.table, &self.label)
    }

    /// Its ARN.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:dynamodb:{}:{}:table/{}/stream/{}",
            self.region, self.account, self.table, self.label
        )
    }
}

/// A client token of a transaction.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TokenRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) token: String,
    /// A digest of what was asked.
    pub(crate) digest: String,
    pub(crate) until_millis: i64,
    /// Read units of a repetition, by table: AWS charges reads for it.
    pub(crate) bytes: Vec<(String, Vec<u64>)>,
}

impl Record for TokenRow {
    const PREFIX: Prefix = keyspace::DYNAMODB_TOKEN;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.token))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(1, self.until_millis)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        frame(bytes, &mut out);
        out
    }

    #[test]
    fn frames_keep_the_order() {
        let mut texts: Vec<&[u8]> = vec![
            b"",
            b"\0",
            b"\0\0",
            b"a",
            b"a\0",
            b"a\0\0\0\0\0\0\0\0",
            b"a\0b",
            b"ab",
            b"abcdefgh",
            b"abcdefgh\0",
            b"abcdefghi",
            b"\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ];
        texts.sort_unstable();
        for pair in texts.windows(2) {
            // Whatever follows a frame, the order is that of the texts.
            let (low, high) = ([&framed(pair[0])[..], b"\xff\xff"].concat(), framed(pair[1]));
            assert!(low < high, "{:?} and {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn segments_share_no_row_and_miss_none() {
        let rows = Rows::items([1; 8]);
        for count in [1, 2, 3, 7, 1_000_000] {
            assert_eq!(rows.segment(0, count).from[10..], [0; 8]);
            assert_eq!(rows.segment(count - 1, count).to, rows.all().to);
            assert_eq!(rows.segment(0, count).to == rows.all().to, count == 1);
            if count > 1 {
                assert_eq!(rows.segment(0, count).to, rows.segment(1, count).from);
            }
        }
    }

    #[test]
    fn every_key_fits() {
        let long = Value::S("\0".repeat(1024));
        let item = ItemKey::new(&Value::S("x".repeat(2048)), Some(&long));
        assert!(item.row([0; 8]).len() <= store::KEY_BYTES_MAX);
        let entry = Rows::entries([0; 8], 1, true).entry(&long, Some(&long), &item);
        assert!(entry.len() <= store::KEY_BYTES_MAX);
    }

    #[test]
    fn bounds_of_sort_keys() {
        for rows in [Rows::items([0; 8]), Rows::entries([0; 8], 1, true)] {
            let hash = Value::S("p".into());
            let key = |range: &str| {
                let range = Value::S(range.into());
                let item = ItemKey::new(&hash, Some(&range));
                if rows.framed {
                    rows.entry(&hash, Some(&range), &item).to_vec()
                } else {
                    item.row([0; 8]).to_vec()
                }
            };
            let b = Value::S("b".into());
            assert!(key("a\u{7f}") < rows.at(&hash, &b) && rows.at(&hash, &b) <= key("b"));
            assert!(key("b") < rows.behind(&hash, &b) && rows.behind(&hash, &b) <= key("b\0"));
            let end = rows.behind_prefix(&hash, &b).unwrap();
            assert!(key("b\u{10ffff}") < end && end <= key("c"));
            assert!(rows.partition(&hash).contains(&key("b")));
            assert_eq!(rows.behind_prefix(&hash, &Value::B(vec![0xff, 0xff])), None);
        }
    }

    /// Items of 400 KB by DynamoDB's count whose plain form is over what the store takes.
    #[test]
    fn items_of_many_tiny_values_fit() {
        let mut chance = 1u32;
        let mut noise = || {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (chance >> 16).to_be_bytes()
        };
        let empty = vec![Value::S(String::new()); 409_000];
        let bytes: Vec<Value> = (0..204_000).map(|_| Value::B(vec![noise()[3]])).collect();
        let set: std::collections::BTreeSet<Vec<u8>> = (0..136_000)
            .map(|_| {
                let [_, _, a, b] = noise();
                vec![a, b, noise()[3]]
            })
            .collect();
        for value in [Value::L(empty), Value::L(bytes), Value::Bs(set)] {
            let item = Item::from([("p".to_owned(), value)]);
            assert!(ddbexpr::size::item(&item) <= ddbexpr::limits::ITEM_BYTES_MAX);
            let stored = encode_item(&item).unwrap();
            assert!(stored.len() <= VALUE_BYTES_MAX);
            assert_eq!(stored[0], PACKED, "it is too large to be plain");
            assert!(decode_item(&stored).unwrap() == item);
        }
        let small = Item::from([("p".to_owned(), Value::text("x"))]);
        assert_eq!(encode_item(&small).unwrap()[0], 1);
        assert!(decode_item(&[PACKED, 1, 2, 3]).is_err());
    }

    #[test]
    fn version_1_of_rows_is_read() {
        let stream = r#"{"account":"a","region":"r","table":"t","label":"l","view":"KeysOnly",
            "key":{"hash":"h","range":null},"created_at_millis":1,"disabled_at_millis":null,"trimmed":false}"#;
        let stream: StreamRow = serde_json::from_str(stream).unwrap();
        assert_eq!(stream.arn(), "arn:aws:dynamodb:r:a:table/t/stream/l");
        let token =
            r#"{"account":"a","region":"r","token":"t","digest":"d","until_millis":1,"bytes":[["t",[1]]]}"#;
        assert_eq!(serde_json::from_str::<TokenRow>(token).unwrap().bytes.len(), 1);
    }
}
