//! What a stream is, with its shards: rules over plain values.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{Change, Mode, ShardRow, StreamRow};
use crate::limits::{CHANGE_MILLIS, DAY_MILLIS, HOUR_MILLIS};
use crate::names;
use crate::sequence::Sequence;

/// A stream with its shards, in the order of their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) row: StreamRow,
    pub(crate) shards: Vec<ShardRow>,
}

/// What state a stream is in, as clients see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    Creating,
    Deleting,
    Active,
    Updating,
}

impl StreamRow {
    /// The state at `now`; none when the stream is gone.
    pub(crate) fn status(&self, now: i64) -> Option<Status> {
        match (self.change, now < self.change_until_millis) {
            (Change::Deleting, false) => None,
            (_, false) => Some(Status::Active),
            (Change::Creating, true) => Some(Status::Creating),
            (Change::Updating, true) => Some(Status::Updating),
            (Change::Deleting, true) => Some(Status::Deleting),
        }
    }

    /// Notes that something changes.
    pub(crate) fn touch(&mut self, change: Change, now: i64) {
        self.change = change;
        self.change_until_millis = now + CHANGE_MILLIS;
    }

    /// Refuses a change of a stream that is not ACTIVE. (kinesalite, splitShard.js)
    pub(crate) fn must_be_active(&self, now: i64) -> Result<(), Error> {
        match self.status(now) {
            Some(Status::Active) => Ok(()),
            Some(status) => Err(Error::InUse(format!(
                "Stream {} under account {} not ACTIVE, instead in state {}",
                self.name,
                self.account,
                status.as_str()
            ))),
            None => Err(self.named().missing()),
        }
    }

    /// Refuses an operation on shards that on-demand streams manage themselves.
    pub(crate) fn must_be_provisioned(&self, operation: &str) -> Result<(), Error> {
        if self.mode == Mode::Provisioned {
            return Ok(());
        }
        Err(Error::Validation(format!(
            "Request is invalid. Stream {} under account {} is in On-Demand mode; {operation} is only supported for streams with the provisioned capacity mode.",
            self.name, self.account
        )))
    }

    /// The time before which records are gone.
    pub(crate) fn horizon(&self, now: i64) -> i64 {
        (now - i64::from(self.retention_hours) * HOUR_MILLIS).max(self.gone_before_millis)
    }

    /// Changes the retention. What was gone before stays so.
    pub(crate) fn retain(&mut self, hours: i32, now: i64) {
        self.gone_before_millis = self.horizon(now);
        self.retention_hours = hours;
    }

    /// The error that a shard takes or gives no more.
    pub(crate) fn rate_exceeded(&self, shard: u32) -> Error {
        Error::Rate(names::shard_id(shard), self.name.clone(), self.account.clone())
    }
}

/// Counts a change that may happen only so often in a day. False when it is once too often.
pub(crate) fn count_in_day(times: &mut Vec<i64>, max: usize, now: i64) -> bool {
    times.retain(|at| now - at < DAY_MILLIS);
    let fits = times.len() < max;
    if fits {
        times.push(now);
    }
    fits
}

impl Stream {
    /// The open shard that takes records with this hash.
    pub(crate) fn shard_for(&self, hash: u128) -> Result<&ShardRow, Error> {
        let takes =
            |shard: &&ShardRow| shard.is_open() && (shard.first_hash..=shard.last_hash).contains(&hash);
        let found = self.shards.iter().find(takes);
        Ok(found.ok_or_else(|| Failure::internal("the shards of a stream leave a gap"))?)
    }

    /// The open shards, in the order of their hashes.
    pub(crate) fn open(&self) -> Vec<&ShardRow> {
        let mut open: Vec<&ShardRow> = self.shards.iter().filter(|shard| shard.is_open()).collect();
        open.sort_by_key(|shard| shard.first_hash);
        open
    }

    /// The shards that are shown at `now`: those with records that may still be read.
    pub(crate) fn shown(&self, now: i64) -> impl Iterator<Item = &ShardRow> {
        let horizon = self.row.horizon(now);
        self.shards.iter().filter(move |shard| shard.closed_at_millis.is_none_or(|at| at >= horizon))
    }

    /// The shard with this id. Both texts are those of kinesalite's getShardIterator.js.
    pub(crate) fn shard(&self, id: &str, now: i64) -> Result<&ShardRow, Error> {
        let (name, account) = (&self.row.name, &self.row.account);
        let index = self.index_of(id)?;
        self.shown(now).find(|shard| shard.index == index).ok_or_else(|| {
            let id = names::shard_id(index);
            Error::NotFound(format!("Shard {id} in stream {name} under account {account} does not exist"))
        })
    }

    /// The number of the shard with this id, which need not be there any more: listings go on behind it.
    pub(crate) fn index_of(&self, id: &str) -> Result<u32, Error> {
        let (name, account) = (&self.row.name, &self.row.account);
        names::shard_index(id).ok_or_else(|| {
            Error::NotFound(format!("Could not find shard {id} in stream {name} under account {account}."))
        })
    }

    /// The shard with this id, if it still takes records.
    pub(crate) fn open_shard(&self, id: &str, now: i64) -> Result<&ShardRow, Error> {
        let (name, account) = (&self.row.name, &self.row.account);
        let index = self.index_of(id)?;
        let found = self.shown(now).find(|shard| shard.index == index).ok_or_else(|| {
            let id = names::shard_id(index);
            Error::NotFound(format!("Could not find shard {id} in stream {name} under account {account}."))
        })?;
        if found.is_open() {
            return Ok(found);
        }
        let id = names::shard_id(index);
        Err(Error::invalid(format!("Shard {id} in stream {name} under account {account} is closed.")))
    }

    /// The shards that came from a shard.
    pub(crate) fn children(&self, parent: u32) -> impl Iterator<Item = &ShardRow> {
        let is_child =
            move |shard: &&ShardRow| shard.parent == Some(parent) || shard.adjacent_parent == Some(parent);
        self.shards.iter().filter(is_child)
    }
}

impl ShardRow {
    /// Whether it takes records.
    pub(crate) fn is_open(&self) -> bool {
        self.closed_at_millis.is_none()
    }

    /// The second in which it was made.
    pub(crate) fn created_at_secs(&self) -> i64 {
        self.created_at_millis.div_euclid(1000)
    }

    /// Its first sequence number.
    pub(crate) fn start(&self) -> Sequence {
        Sequence::start(self.index, self.created_at_secs())
    }

    /// Its last sequence number, once it is closed.
    pub(crate) fn end(&self) -> Option<Sequence> {
        let at = self.closed_at_millis?;
        Some(Sequence::end(self.index, self.created_at_secs(), at.div_euclid(1000)))
    }

    /// The sequence number of one of its records.
    pub(crate) fn sequence(&self, stamp: store::Stamp, at_millis: i64) -> Sequence {
        Sequence::of(self.index, self.created_at_secs(), stamp, at_millis.div_euclid(1000))
    }
}
