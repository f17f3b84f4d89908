//! Registered consumers, as they are shown.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::limits::{CONSUMER_MILLIS, CONSUMERS_MAX};

/// What state a consumer is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ConsumerStatus {
    Creating,
    Deleting,
    Active,
}

impl ConsumerStatus {
    /// That of a consumer at `now`.
    pub(crate) fn of(row: &ConsumerRow, now: i64) -> Self {
        if is_creating(row, now) { Self::Creating } else { Self::Active }
    }
}

/// Whether a consumer is not ready yet.
pub(crate) fn is_creating(row: &ConsumerRow, now: i64) -> bool {
    now < row.created_at_millis + CONSUMER_MILLIS
}

/// A consumer in an answer.
#[derive(Debug, Shape)]
pub(crate) struct Consumer {
    consumer_name: String,
    #[shape(name = "ConsumerARN")]
    consumer_arn: String,
    consumer_status: ConsumerStatus,
    consumer_creation_timestamp: Timestamp,
}

impl Consumer {
    /// That of a row.
    pub(crate) fn of(row: &ConsumerRow, now: i64) -> Self {
        let name = row.named();
        Self {
            consumer_arn: name.arn(),
            consumer_name: name.name,
            consumer_status: ConsumerStatus::of(row, now),
            consumer_creation_timestamp: Timestamp::from_secs(name.created_at_secs),
        }
    }
}

/// The consumers of the stream with this id.
pub(crate) async fn all(cx: &mut Cx, stream: &str) -> Result<Vec<ConsumerRow>, Error> {
    // There are never more.
    Ok(table::list(cx.tx(), stream, &Paging::first(CONSUMERS_MAX)).await?.items)
}
