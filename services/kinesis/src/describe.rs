//! Streams and shards, as they are shown.

use cloud::prelude::*;

use crate::keys::{ShardRow, StreamRow};
use crate::names;
use crate::reading::{EncryptionType, HashKeyRange};
use crate::settings::StreamModeDetails;
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
struct EnhancedMetrics {
    shard_level_metrics: Vec<String>,
}

/// What a description of a stream begins with.
#[derive(Debug, Shape)]
pub(crate) struct StreamState {
    stream_name: String,
    #[shape(name = "StreamARN")]
    stream_arn: String,
    stream_status: Status,
    stream_mode_details: StreamModeDetails,
}

impl StreamState {
    /// That of a stream which was found at `now`.
    pub(crate) fn of(row: &StreamRow, now: i64) -> Self {
        Self {
            stream_name: row.name.clone(),
            stream_arn: row.named().arn().into(),
            // It was there when it was read, in the same call.
            stream_status: row.status(now).unwrap_or(Status::Deleting),
            stream_mode_details: StreamModeDetails::of(row.mode),
        }
    }
}

/// How a stream keeps its records.
#[derive(Debug, Shape)]
pub(crate) struct StreamSettings {
    retention_period_hours: i32,
    stream_creation_timestamp: Timestamp,
    enhanced_monitoring: Vec<EnhancedMetrics>,
    encryption_type: EncryptionType,
    key_id: Option<String>,
}

impl StreamSettings {
    /// Those of a row.
    pub(crate) fn of(row: &StreamRow) -> Self {
        Self {
            retention_period_hours: row.retention_hours,
            stream_creation_timestamp: row.created_at(),
            // Always one entry.
            enhanced_monitoring: vec![EnhancedMetrics { shard_level_metrics: row.metrics.clone() }],
            encryption_type: EncryptionType::of(row.encryption.is_some()),
            key_id: row.encryption.clone(),
        }
    }
}
