//! Things to do at a time.
//!
//! A timer has a kind (which job takes it), a name that is unique in its kind, and a payload.
//! Setting a name again moves it. The job takes due timers in slices; what it does about one
//! happens in the same transaction, so nothing is done twice or lost.

use crate::keyspace::{TIMER_DUE, TIMER_NAME};
use crate::tuple::{self, Pack, Tuple};
use crate::types::{Key, Scan, Val};
use crate::{Error, Tx};

/// A timer that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its name, as encoded parts: read them with [`crate::tuple::unpack`].
    pub name: Tuple,
    /// When it was due, in milliseconds.
    pub at: i64,
    /// What was set with it.
    pub payload: Val,
}

/// Sets a timer, in place of one with the same kind and name.
pub async fn set(
    tx: &mut Tx,
    kind: &str,
    name: impl Pack,
    at: i64,
    payload: impl Into<Val>,
) -> Result<(), Error> {
    cancel(tx, kind, &name).await?;
    tx.put(name_key(kind, &name), tuple::pack(&at))?;
    tx.put(due_key(kind, at, &name), payload)
}

/// Removes a timer. False when there was none.
pub async fn cancel(tx: &mut Tx, kind: &str, name: impl Pack) -> Result<bool, Error> {
    let Some(at) = get(tx, kind, &name).await? else { return Ok(false) };
    tx.delete(due_key(kind, at, &name))?;
    tx.delete(name_key(kind, &name))?;
    Ok(true)
}

/// When a timer is due, if it is set.
pub async fn get(tx: &Tx, kind: &str, name: impl Pack) -> Result<Option<i64>, Error> {
    let at = tx.get(&name_key(kind, &name)).await?;
    at.map(|at| tuple::unpack(&at)).transpose()
}

/// Takes up to `limit` timers of a kind that are due, earliest first. They are gone with the commit.
pub async fn take_due(tx: &mut Tx, kind: &str, now: i64, limit: usize) -> Result<Vec<Due>, Error> {
    let mut range = tuple::range(TIMER_DUE, &kind);
    range.to = tuple::range(TIMER_DUE, &(kind, now)).to;
    let page = tx.scan(Scan::new(range).limit(limit)).await?;
    let mut taken = Vec::with_capacity(page.rows.len());
    for (key, payload) in page.rows {
        let (at, name) = read_due_key(kind, &key)?;
        tx.delete(name_key(kind, &name))?;
        tx.delete(key)?;
        taken.push(Due { name, at, payload });
    }
    Ok(taken)
}

/// When the earliest timer of a kind is due.
pub async fn next_at(tx: &Tx, kind: &str) -> Result<Option<i64>, Error> {
    let page = tx.scan(Scan::new(tuple::range(TIMER_DUE, &kind)).limit(1).keys_only()).await?;
    page.rows.first().map(|(key, _)| Ok(read_due_key(kind, key)?.0)).transpose()
}

/// What to give to [`crate::Store::watch`] to hear of new timers of a kind.
pub fn watch_key(kind: &str) -> Key {
    tuple::key(TIMER_DUE, &kind)
}

fn due_key(kind: &str, at: i64, name: &impl Pack) -> Key {
    tuple::key(TIMER_DUE, &(kind, at, name))
}

fn name_key(kind: &str, name: &impl Pack) -> Key {
    tuple::key(TIMER_NAME, &(kind, name))
}

fn read_due_key(kind: &str, key: &Key) -> Result<(i64, Tuple), Error> {
    let base = tuple::key(TIMER_DUE, &kind).len();
    let mut rest = key.get(base..).unwrap_or_default();
    let at = tuple::Unpack::unpack(&mut rest)?;
    Ok((at, Tuple(key.slice_ref(rest))))
}
