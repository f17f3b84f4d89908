//! Payloads that may be larger than one value, cut into rows.

use bytes::{Bytes, BytesMut};

use crate::types::{Key, Range};
use crate::{Error, Tx};

/// Bytes of one row: half the limit of a value, so that the page cache is not strained.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// Writes `payload` as rows `base, 0 …` and returns their number, at least one.
pub(crate) fn put(tx: &mut Tx, base: &Key, payload: &Bytes) -> Result<u16, Error> {
    let count = payload.len().div_ceil(CHUNK_BYTES).max(1);
    let count =
        u16::try_from(count).map_err(|_| Error::TooLarge(format!("payload of {} bytes", payload.len())))?;
    for number in 0..count {
        let from = usize::from(number) * CHUNK_BYTES;
        let to = payload.len().min(from + CHUNK_BYTES);
        tx.put(key(base, number), payload.slice(from..to))?;
    }
    Ok(count)
}

/// Reads several payloads, each given by its base and its number of rows.
pub(crate) async fn get(tx: &Tx, wanted: &[(Key, u16)]) -> Result<Vec<Bytes>, Error> {
    let keys: Vec<Key> =
        wanted.iter().flat_map(|(base, count)| (0..*count).map(move |number| key(base, number))).collect();
    let mut vals = tx.get_many(&keys).await?.into_iter().zip(&keys);
    let mut payloads = Vec::with_capacity(wanted.len());
    for (_, count) in wanted {
        let mut parts = Vec::with_capacity(usize::from(*count));
        for (val, key) in vals.by_ref().take(usize::from(*count)) {
            let missing = || Error::Corrupt(format!("no payload at `{}`", key.escape_ascii()));
            parts.push(val.ok_or_else(missing)?);
        }
        payloads.push(join(parts));
    }
    Ok(payloads)
}

/// Removes a payload.
pub(crate) fn delete(tx: &mut Tx, base: &Key, count: u16) -> Result<(), Error> {
    match count {
        1 => tx.delete(key(base, 0)),
        _ => tx.delete_range(Range::new(key(base, 0), key(base, count))),
    }
}

fn join(mut parts: Vec<Bytes>) -> Bytes {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let mut whole = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
    parts.iter().for_each(|part| whole.extend_from_slice(part));
    whole.freeze()
}

fn key(base: &Key, number: u16) -> Key {
    [&base[..], &number.to_be_bytes()].concat().into()
}
