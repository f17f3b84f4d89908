//! From a batch to the rows it changes: the same for every embedded engine.

use super::window::Footprint;
use crate::Error;
use crate::types::{
    Batch, Check, Committed, Key, Range, Stamp, Val, Version, Write, check_write, decode_counter,
    encode_counter,
};

/// Appends of one commit at most: the index in a stamp has two bytes.
const APPENDS_MAX: usize = 1 << 16;

/// A change to rows, with nothing left to find out.
#[derive(Debug)]
pub(super) enum Effect {
    Put(Key, Val),
    Delete(Key),
    DeleteRange(Range),
}

/// What a commit will do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) effects: Vec<Effect>,
    pub(super) committed: Committed,
    pub(super) footprint: Footprint,
}

/// Looks up the latest value of a key.
pub(super) trait Latest {
    fn latest(&mut self, key: &Key) -> Result<Option<(Version, Val)>, Error>;
}

/// Decides a batch: all checks hold, every counter is one. Nothing has changed yet.
pub(super) fn plan(rows: &mut impl Latest, batch: &Batch, version: Version) -> Result<Plan, Error> {
    for (index, check) in batch.checks.iter().enumerate() {
        if !holds(rows, check)? {
            return Err(Error::CheckFailed(index));
        }
    }
    let mut effects = Vec::with_capacity(batch.writes.len());
    let mut committed = Committed { version, stamps: Vec::new() };
    let mut footprint = Footprint { version, ..Footprint::default() };
    for write in &batch.writes {
        check_write(write)?;
        match write {
            Write::Put(key, val) => effects.push(Effect::Put(key.clone(), val.clone())),
            Write::Delete(key) => effects.push(Effect::Delete(key.clone())),
            Write::DeleteRange(range) if range.is_empty() => continue,
            Write::DeleteRange(range) => effects.push(Effect::DeleteRange(range.clone())),
            Write::Add(key, n) => {
                let sum = current(rows, &effects, key)?.saturating_add(*n);
                effects.push(Effect::Put(key.clone(), encode_counter(sum)));
            }
            Write::Append { stream, suffix, val } => {
                let stamp = stamp(version, committed.stamps.len())?;
                committed.stamps.push(stamp);
                let key = [&stream[..], &stamp.0, suffix].concat();
                effects.push(Effect::Put(key.into(), val.clone()));
            }
        }
    }
    for effect in &effects {
        match effect {
            Effect::Put(key, _) | Effect::Delete(key) => footprint.keys.push(key.clone()),
            Effect::DeleteRange(range) => footprint.ranges.push(range.clone()),
        }
    }
    Ok(Plan { effects, committed, footprint })
}

fn stamp(version: Version, index: usize) -> Result<Stamp, Error> {
    match u16::try_from(index) {
        Ok(index) => Ok(Stamp::new(version, index)),
        Err(_) => Err(Error::TooLarge(format!("more than {APPENDS_MAX} appends in one commit"))),
    }
}

fn holds(rows: &mut impl Latest, check: &Check) -> Result<bool, Error> {
    Ok(match check {
        Check::Absent(key) => rows.latest(key)?.is_none(),
        Check::Exists(key) => rows.latest(key)?.is_some(),
        Check::Equals(key, val) => rows.latest(key)?.is_some_and(|(_, stored)| stored == val),
        Check::VersionIs(key, version) => rows.latest(key)?.is_some_and(|(at, _)| at == *version),
    })
}

/// A counter as the earlier writes of the same batch leave it.
fn current(rows: &mut impl Latest, effects: &[Effect], key: &Key) -> Result<i64, Error> {
    for effect in effects.iter().rev() {
        match effect {
            Effect::Put(other, val) if other == key => return decode_counter(key, val),
            Effect::Delete(other) if other == key => return Ok(0),
            Effect::DeleteRange(range) if range.contains(key) => return Ok(0),
            _ => {}
        }
    }
    match rows.latest(key)? {
        Some((_, val)) => decode_counter(key, &val),
        None => Ok(0),
    }
}
