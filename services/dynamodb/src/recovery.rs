//! Point-in-time recovery: what was replaced is kept, so that a table can be made again as it was.

use cloud::prelude::*;

use crate::table::TableRow;

/// Milliseconds of a day.
pub(crate) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OnOff {
    Enabled,
    Disabled,
}

/// Whether and how far back a table can be restored.
#[derive(Debug, Shape)]
pub(crate) struct RecoveryDescription {
    point_in_time_recovery_status: OnOff,
    recovery_period_in_days: Option<i32>,
    earliest_restorable_date_time: Option<Timestamp>,
    latest_restorable_date_time: Option<Timestamp>,
}

/// Backups of a table that go on by themselves.
#[derive(Debug, Shape)]
pub(crate) struct ContinuousBackupsDescription {
    continuous_backups_status: OnOff,
    point_in_time_recovery_description: RecoveryDescription,
}

/// The times to which a table can be restored.
pub(crate) fn window(row: &TableRow, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let recovery = row.recovery.as_ref()?;
    let oldest = now.millis() - i64::from(recovery.days) * DAY_MILLIS;
    Some((Timestamp::from_millis(recovery.since_millis.max(oldest)), now))
}

impl ContinuousBackupsDescription {
    /// The description of a table.
    pub(crate) fn of(row: &TableRow, now: Timestamp) -> Self {
        let window = window(row, now);
        Self {
            continuous_backups_status: OnOff::Enabled,
            point_in_time_recovery_description: RecoveryDescription {
                point_in_time_recovery_status: if window.is_some() {
                    OnOff::Enabled
                } else {
                    OnOff::Disabled
                },
                recovery_period_in_days: row.recovery.as_ref().map(|recovery| recovery.days),
                earliest_restorable_date_time: window.map(|(earliest, _)| earliest),
                latest_restorable_date_time: window.map(|(_, latest)| latest),
            },
        }
    }
}
