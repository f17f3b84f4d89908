//! Putting records into shards.

use bytes::Bytes;
use md5::{Digest as _, Md5};
use store::Tx;

use crate::error::Error;
use crate::keys::{ShardRow, Stored, StreamRow};

/// A record that comes in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) data: Bytes,
    pub(crate) key: String,
}

impl Incoming {
    /// Bytes that count.
    pub(crate) fn size_bytes(&self) -> usize {
        self.data.len() + self.key.len()
    }

    /// Refuses a record that is larger than the stream takes: in the words of the model's constraint, which had this
    /// number when there was only one.
    pub(crate) fn check(&self, row: &StreamRow) -> Result<(), Error> {
        let max = usize::try_from(row.record_kib_max).unwrap_or(0) * 1024;
        if self.data.len() <= max {
            return Ok(());
        }
        Err(Error::Validation(format!(
            "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to {max}"
        )))
    }
}

/// The hash that decides on the shard of a record. (Text: kinesalite, putRecord.js)
pub(crate) fn hash(key: &str, explicit: Option<&str>) -> Result<u128, Error> {
    match explicit {
        None => Ok(u128::from_be_bytes(Md5::digest(key.as_bytes()).into())),
        Some(text) => text.parse().map_err(|_| {
            Error::invalid(format!(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
            ))
        }),
    }
}

/// Appends a record to a shard. The number of its rows: the first one's place in the commit is the record's.
pub(crate) fn append(
    tx: &mut Tx,
    row: &StreamRow,
    shard: &ShardRow,
    record: Incoming,
    now: i64,
) -> Result<usize, Error> {
    let stored = Stored {
        at_millis: now,
        is_encrypted: row.encryption.is_some(),
        partition_key: record.key,
        data: record.data,
    };
    let log = row.log(shard.index);
    let rows = stored.rows();
    let count = rows.len();
    for row in rows {
        log.append(tx, row)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hashed() {
        // MD5 of nothing, RFC 1321.
        assert_eq!(hash("", None).ok(), Some(0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e));
        assert_eq!(hash("a", Some("5")).ok(), Some(5));
        assert_eq!(hash("a", Some("340282366920938463463374607431768211455")).ok(), Some(u128::MAX));
        let text = hash("a", Some("340282366920938463463374607431768211456")).unwrap_err();
        assert!(
            matches!(text, Error::Invalid(text) if text.ends_with("was 340282366920938463463374607431768211456"))
        );
    }
}
