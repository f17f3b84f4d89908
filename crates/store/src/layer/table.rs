//! Records with a key and indexes.
//!
//! A record is a plain serde struct. Its row is `prefix, 0, key`, its value one version byte and
//! JSON. An index row is `prefix, n, index key, record key` and is changed in the transaction that
//! changes the record, by this module alone.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keyspace::Prefix;
use crate::tuple::{self, Pack, Tuple};
use crate::types::{Key, Range, Scan, Val};
use crate::{Error, Tx};

/// Between the prefix and the key of a record's own row.
const ROW: u8 = 0;

/// A struct that is stored in a table.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use store::keyspace::{self, Prefix};
/// use store::layer::table::{Index, Record};
/// use store::tuple::Tuple;
///
/// #[derive(Serialize, Deserialize)]
/// struct User { account: String, name: String, mail: String }
///
/// impl Record for User {
///     const PREFIX: Prefix = keyspace::TEST_TABLE;
///     const VERSION: u8 = 1;
///     const INDEXES: u8 = 1;
///     fn key(&self) -> Tuple { Tuple::of((&self.account, &self.name)) }
///     fn indexes(&self) -> Vec<Index> { vec![Index::new(1, &self.mail)] }
/// }
/// ```
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The table.
    const PREFIX: Prefix;
    /// The version that is written. Raise it when old JSON no longer reads as the struct.
    const VERSION: u8;
    /// How many indexes there are; they are numbered from 1.
    const INDEXES: u8 = 0;

    /// The record's key in its table.
    fn key(&self) -> Tuple;

    /// The index rows of this record: none, one or several for each index.
    fn indexes(&self) -> Vec<Index> {
        Vec::new()
    }

    /// Reads what an older version wrote.
    fn decode_old(version: u8, json: &[u8]) -> Result<Self, Error> {
        let (prefix, bytes) = (Self::PREFIX, json.len());
        Err(Error::Corrupt(format!("record of {prefix:?} with unknown version {version}, {bytes} bytes")))
    }
}

/// One index row of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    number: u8,
    key: Tuple,
}

impl Index {
    /// A row of index `number`, counted from 1.
    pub fn new(number: u8, key: impl Pack) -> Self {
        Index { number, key: Tuple::of(key) }
    }
}

/// Which part of a listing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Records at most; a page may end earlier when the records are large.
    pub limit: usize,
    /// Where the page before has ended.
    pub after: Option<Cursor>,
    /// From the last to the first.
    pub reverse: bool,
}

impl Paging {
    /// The first `limit` records.
    pub fn first(limit: usize) -> Self {
        Paging { limit, after: None, reverse: false }
    }

    /// `limit` records after a cursor, if there is one.
    pub fn after(limit: usize, after: Option<Cursor>) -> Self {
        Paging { limit, after, reverse: false }
    }

    /// The same page from the other end.
    pub fn reversed(mut self) -> Self {
        self.reverse = true;
        self
    }
}

/// A place in a listing. It holds only what follows the listing's own prefix, so a forged one
/// cannot reach other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// The cursor just behind the record or index entry with these parts after the listing's own.
    pub fn behind(parts: impl Pack) -> Self {
        Cursor(tuple::pack(&parts))
    }

    /// The encoded parts.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As text that can stand in a token.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The cursor in the token of a request, where it has one. `wrong` says what a token is that is none of ours.
    pub fn of_token<E>(token: Option<&str>, wrong: impl FnOnce() -> E) -> Result<Option<Self>, E> {
        token.map(|token| Self::from_text(token).ok_or_else(wrong)).transpose()
    }

    /// Reads [`Cursor::to_text`]; None for anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let pairs = (0..text.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect::<Option<_>>().map(Cursor)
    }
}

/// A page of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<R> {
    /// The records in order.
    pub items: Vec<R>,
    /// Where to go on; None at the end.
    pub next: Option<Cursor>,
}

/// Reads a record.
pub async fn get<R: Record>(tx: &Tx, key: impl Pack) -> Result<Option<R>, Error> {
    tx.get(&row_key::<R>(&key)).await?.map(|val| decode(&val)).transpose()
}

/// Reads several records, in the order of the keys.
pub async fn get_many<R: Record>(tx: &Tx, keys: &[Tuple]) -> Result<Vec<Option<R>>, Error> {
    let keys: Vec<Key> = keys.iter().map(row_key::<R>).collect();
    let vals = tx.get_many(&keys).await?;
    vals.into_iter().map(|val| val.map(|val| decode(&val)).transpose()).collect()
}

/// Whether there is such a record.
pub async fn exists<R: Record>(tx: &Tx, key: impl Pack) -> Result<bool, Error> {
    Ok(tx.get(&row_key::<R>(&key)).await?.is_some())
}

/// Writes a record, in place of one with the same key.
pub async fn put<R: Record>(tx: &mut Tx, record: &R) -> Result<(), Error> {
    let key = record.key();
    if R::INDEXES > 0 {
        let old = get::<R>(tx, &key).await?.map(|old| old.indexes()).unwrap_or_default();
        let new = record.indexes();
        for index in old.iter().filter(|index| !new.contains(index)) {
            tx.delete(index_key::<R>(index, &key))?;
        }
        for index in new.iter().filter(|index| !old.contains(index)) {
            tx.put(index_key::<R>(index, &key), key.0.clone())?;
        }
    }
    tx.put(row_key::<R>(&key), encode(record)?)
}

/// Writes a record unless there is one with its key. False when there is.
pub async fn insert<R: Record>(tx: &mut Tx, record: &R) -> Result<bool, Error> {
    if exists::<R>(tx, record.key()).await? {
        return Ok(false);
    }
    put(tx, record).await?;
    Ok(true)
}

/// Removes a record and returns it.
pub async fn delete<R: Record>(tx: &mut Tx, key: impl Pack) -> Result<Option<R>, Error> {
    let row = row_key::<R>(&key);
    let Some(val) = tx.get(&row).await? else { return Ok(None) };
    let record: R = decode(&val)?;
    let key = record.key();
    for index in record.indexes() {
        tx.delete(index_key::<R>(&index, &key))?;
    }
    tx.delete(row)?;
    Ok(Some(record))
}

/// Removes the records whose keys begin with these parts. A table with indexes is cleared in
/// slices of `limit` records: true means that more are left.
pub async fn delete_under<R: Record>(tx: &mut Tx, parts: impl Pack, limit: usize) -> Result<bool, Error> {
    let range = row_range::<R>(&parts);
    if R::INDEXES == 0 {
        tx.delete_range(range)?;
        return Ok(false);
    }
    let page = tx.scan(Scan::new(range).limit(limit)).await?;
    for (row, val) in page.rows {
        let record: R = decode(&val)?;
        let key = record.key();
        for index in record.indexes() {
            tx.delete(index_key::<R>(&index, &key))?;
        }
        tx.delete(row)?;
    }
    Ok(page.next.is_some())
}

/// Lists the records whose keys begin with these parts, in key order.
pub async fn list<R: Record>(tx: &Tx, parts: impl Pack, paging: &Paging) -> Result<Listing<R>, Error> {
    list_range(tx, row_range::<R>(&parts), &row_key::<R>(&parts), paging).await
}

/// Lists the records whose keys begin with these parts and then a string that starts with `text`.
/// Cursors are relative to `parts`, as those of [`list`].
pub async fn list_starting<R: Record>(
    tx: &Tx,
    parts: impl Pack,
    text: &str,
    paging: &Paging,
) -> Result<Listing<R>, Error> {
    let range = tuple::range_starting(R::PREFIX, &(Raw(ROW), &parts), text);
    list_range(tx, range, &row_key::<R>(&parts), paging).await
}

/// Lists the records whose entries in an index begin with these parts, in index order.
pub async fn list_by<R: Record>(
    tx: &Tx,
    index: u8,
    parts: impl Pack,
    paging: &Paging,
) -> Result<Listing<R>, Error> {
    let base = tuple::key(R::PREFIX, &(Raw(index), &parts));
    let (rows, next) = page(tx, tuple::range_of(base.clone()), &base, paging).await?;
    let keys: Vec<Tuple> = rows.into_iter().map(|(_, key)| Tuple(key)).collect();
    let mut items = Vec::with_capacity(keys.len());
    for (key, record) in keys.iter().zip(get_many::<R>(tx, &keys).await?) {
        items.push(record.ok_or_else(|| {
            Error::Corrupt(format!(
                "index {index} of {:?} names the missing record `{}`",
                R::PREFIX,
                key.0.escape_ascii()
            ))
        })?);
    }
    Ok(Listing { items, next })
}

/// The first record whose entry in an index begins with these parts: for unique indexes.
pub async fn find<R: Record>(tx: &Tx, index: u8, parts: impl Pack) -> Result<Option<R>, Error> {
    Ok(list_by(tx, index, parts, &Paging::first(1)).await?.items.pop())
}

/// What to give to [`crate::Store::watch`] to hear of changes of these records.
pub fn watch_key<R: Record>(parts: impl Pack) -> Key {
    row_key::<R>(&parts)
}

/// The keys of the rows of these records, for scans that this module does not offer.
pub fn row_range<R: Record>(parts: &impl Pack) -> Range {
    tuple::range(R::PREFIX, &(Raw(ROW), parts))
}

/// The key of a record's row.
pub fn row_key<R: Record>(key: &impl Pack) -> Key {
    tuple::key(R::PREFIX, &(Raw(ROW), key))
}

/// Reads a record from the value of its row.
pub fn decode<R: Record>(val: &[u8]) -> Result<R, Error> {
    match val.split_first() {
        Some((version, json)) if *version == R::VERSION => serde_json::from_slice(json)
            .map_err(|error| Error::Corrupt(format!("record of {:?}: {error}", R::PREFIX))),
        Some((version, json)) => R::decode_old(*version, json),
        None => Err(Error::Corrupt(format!("empty record of {:?}", R::PREFIX))),
    }
}

fn encode<R: Record>(record: &R) -> Result<Val, Error> {
    let mut out = vec![R::VERSION];
    serde_json::to_writer(&mut out, record)
        .map_err(|error| Error::Corrupt(format!("record of {:?}: {error}", R::PREFIX)))?;
    Ok(out.into())
}

fn index_key<R: Record>(index: &Index, key: &Tuple) -> Key {
    debug_assert!((1..=R::INDEXES).contains(&index.number), "index {} is unknown", index.number);
    tuple::key(R::PREFIX, &(Raw(index.number), &index.key, key))
}

/// A byte that stands in a key as it is.
struct Raw(u8);

impl Pack for Raw {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
}

async fn list_range<R: Record>(
    tx: &Tx,
    range: Range,
    base: &Key,
    paging: &Paging,
) -> Result<Listing<R>, Error> {
    let (rows, next) = page(tx, range, base, paging).await?;
    let items = rows.iter().map(|(_, val)| decode(val)).collect::<Result<_, _>>()?;
    Ok(Listing { items, next })
}

/// Rows of a range after a cursor that is relative to `base`, and the cursor behind them.
async fn page(
    tx: &Tx,
    range: Range,
    base: &Key,
    paging: &Paging,
) -> Result<(Vec<(Key, Val)>, Option<Cursor>), Error> {
    let mut scan = Scan::new(range).reverse(paging.reverse);
    if let Some(Cursor(after)) = &paging.after {
        let mut place = [&base[..], after].concat();
        if paging.reverse {
            scan.range.to = scan.range.to.min(place.into());
        } else {
            // Everything that has the cursor's parts is behind it, longer tuples too.
            place.push(0xff);
            scan.range.from = scan.range.from.max(place.into());
        }
    }
    // One more than wanted tells whether there is more.
    scan.limit = paging.limit.saturating_add(1);
    let page = tx.scan(scan).await?;
    let mut rows = page.rows;
    let more = rows.len() > paging.limit || page.next.is_some();
    rows.truncate(paging.limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|(key, _)| Cursor(key.get(base.len()..).unwrap_or_default().to_vec()));
    Ok((rows, next))
}
