//! Numbers that many transactions change at once without conflicting.

use crate::types::Key;
use crate::{Error, Tx};

/// Adds to a counter. Never conflicts with other adds.
pub fn add(tx: &mut Tx, key: Key, n: i64) -> Result<(), Error> {
    tx.add(key, n)
}

/// Reads a counter, 0 when it was never changed. Conflicts with adds that happen meanwhile.
pub async fn get(tx: &Tx, key: &Key) -> Result<i64, Error> {
    tx.get_counter(key).await
}

/// Sets a counter to 0.
pub fn reset(tx: &mut Tx, key: Key) -> Result<(), Error> {
    tx.delete(key)
}
