//! Settings of streams that several operations change.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::{Change, Mode, RemovalRow, StreamRow};
use crate::limits::{RETENTION_HOURS_MAX, RETENTION_HOURS_MIN};
use crate::names::StreamName;
use crate::streams;

/// How a stream's capacity is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StreamMode {
    Provisioned,
    OnDemand,
}

impl StreamMode {
    /// As it is stored.
    pub(crate) fn stored(self) -> Mode {
        match self {
            Self::Provisioned => Mode::Provisioned,
            Self::OnDemand => Mode::OnDemand,
        }
    }
}

/// How a stream's capacity is set, in the structure around it.
#[derive(Clone, Copy, Debug, Shape)]
pub(crate) struct StreamModeDetails {
    pub(crate) stream_mode: StreamMode,
}

impl StreamModeDetails {
    /// That of a stored mode.
    pub(crate) fn of(mode: Mode) -> Self {
        let stream_mode = match mode {
            Mode::Provisioned => StreamMode::Provisioned,
            Mode::OnDemand => StreamMode::OnDemand,
        };
        Self { stream_mode }
    }
}

/// Metrics of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum Metric {
    IncomingBytes,
    IncomingRecords,
    OutgoingBytes,
    OutgoingRecords,
    WriteProvisionedThroughputExceeded,
    ReadProvisionedThroughputExceeded,
    IteratorAgeMilliseconds,
    #[shape(name = "ALL")]
    All,
}

/// What `ALL` stands for, in AWS's order.
const METRICS: [&str; 7] = [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
];

fn names(asked: &[Metric]) -> Vec<String> {
    if asked.contains(&Metric::All) {
        return METRICS.map(str::to_owned).to_vec();
    }
    asked.iter().map(|metric| metric.as_str().to_owned()).collect()
}

/// Adds metrics to those that are collected.
pub(crate) fn add_metrics(collected: &mut Vec<String>, asked: &[Metric]) {
    for name in names(asked) {
        if !collected.contains(&name) {
            collected.push(name);
        }
    }
}

/// Takes metrics from those that are collected.
pub(crate) fn remove_metrics(collected: &mut Vec<String>, asked: &[Metric]) {
    let gone = names(asked);
    collected.retain(|name| !gone.contains(name));
}

/// A retention that a stream may have. (Texts: kinesalite, increaseStreamRetentionPeriod.js, with today's maximum)
fn retention(hours: i32) -> Result<i32, Error> {
    if hours < RETENTION_HOURS_MIN {
        return Err(Error::invalid(format!(
            "Minimum allowed retention period is {RETENTION_HOURS_MIN} hours. Requested retention period ({hours} hours) is too short."
        )));
    }
    if hours > RETENTION_HOURS_MAX {
        return Err(Error::invalid(format!(
            "Maximum allowed retention period is {RETENTION_HOURS_MAX} hours. Requested retention period ({hours} hours) is too long."
        )));
    }
    Ok(hours)
}

/// Keeps the records of a stream for another time. `refuse` says why it may not be, given the one before.
pub(crate) async fn change_retention(
    cx: &mut Cx,
    name: &StreamName,
    hours: i32,
    refuse: impl FnOnce(i32) -> Option<String>,
) -> Result<(), Error> {
    let stream = streams::open(cx, name).await?;
    let now = cx.now().millis();
    let hours = retention(hours)?;
    if let Some(why) = refuse(stream.row.retention_hours) {
        return Err(Error::invalid(why));
    }
    stream.row.must_be_active(now)?;
    let mut row = stream.row.clone();
    row.retain(hours, now);
    row.touch(Change::Updating, now);
    Ok(table::put(cx.tx(), &row).await?)
}

/// Leaves the records of a shard to background work.
pub(crate) async fn remove_records(cx: &mut Cx, row: &StreamRow, shard: u32) -> Result<(), Error> {
    Ok(table::put(cx.tx(), &removal(row, shard)).await?)
}

/// The order to remove the records of a shard.
pub(crate) fn removal(row: &StreamRow, shard: u32) -> RemovalRow {
    RemovalRow {
        account: row.account.clone(),
        region: row.region.clone(),
        name: row.name.clone(),
        stream: row.id.clone(),
        shard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_metric() {
        let mut collected = Vec::new();
        add_metrics(&mut collected, &[Metric::IncomingBytes, Metric::IncomingBytes]);
        assert_eq!(collected, ["IncomingBytes"]);
        add_metrics(&mut collected, &[Metric::All]);
        assert_eq!(collected, METRICS);
        remove_metrics(&mut collected, &[Metric::All]);
        assert!(collected.is_empty());
    }
}
