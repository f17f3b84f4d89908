//! Streams and shards, as they are shown.

use cloud::prelude::*;

use crate::keys::{ShardRow, StreamRow};
use crate::names;
use crate::reading::HashKeyRange;
use crate::stream::Status;

/// The sequence numbers of a shard.
#[derive(Debug, Shape)]
pub(crate) struct SequenceNumberRange {
    starting_sequence_number: String,
    ending_sequence_number: Option<String>,
}

/// A shard.
#[derive(Debug, Shape)]
pub(crate) struct Shard {
    shard_id: String,
    parent_shard_id: Option<String>,
    adjacent_parent_shard_id: Option<String>,
    hash_key_range: HashKeyRange,
    sequence_number_range: SequenceNumberRange,
}

impl Shard {
    /// That of a row.
    pub(crate) fn of(row: &ShardRow) -> Self {
        Self {
            shard_id: names::shard_id(row.index),
            parent_shard_id: row.parent.map(names::shard_id),
            adjacent_parent_shard_id: row.adjacent_parent.map(names::shard_id),
            hash_key_range: HashKeyRange::of(row),
            sequence_number_range: SequenceNumberRange {
                starting_sequence_number: row.start().text(),
                ending_sequence_number: row.end().map(|end| end.text()),
            },
        }
    }
}

/// Metrics that are collected for each shard.
#[derive(Debug, Shape)]
pub(crate) struct EnhancedMetrics {
    shard_level_metrics: Vec<String>,
}

/// What is collected of a stream: always one entry.
pub(crate) fn monitoring(row: &StreamRow) -> Vec<EnhancedMetrics> {
    vec![EnhancedMetrics { shard_level_metrics: row.metrics.clone() }]
}

/// The state of a stream that was found at `now`.
pub(crate) fn status(row: &StreamRow, now: i64) -> Status {
    // It was there when it was read, in the same call.
    row.status(now).unwrap_or(Status::Deleting)
}
