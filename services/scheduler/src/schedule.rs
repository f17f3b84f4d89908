//! When a schedule is due. Pure, but for the timers.

use cloud::prelude::*;
use jiff::tz::TimeZone;
use schedule::Expression;
use store::Tx;
use store::layer::{table, timer};

use crate::error::Error;
use crate::keys::ScheduleRow;
use crate::limits::{LATE_MILLIS, MAKE_UP_MILLIS, START_BEHIND_MILLIS};

/// The kind of the timers of schedules. A timer's payload is the time that the expression names; with a flexible window
/// the timer itself is due later.
pub(crate) const TIMER: &str = "scheduler/schedule";

/// The ARN of a schedule of the caller's account.
pub(crate) fn arn(cx: &Cx, group: &str, name: &str) -> Arn {
    cx.arn("scheduler", format_args!("schedule/{group}/{name}"))
}

/// The schedule, which has to be there.
pub(crate) async fn open(cx: &mut Cx, group: &str, name: &str) -> Result<ScheduleRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    table::get(cx.tx(), (&account, &region, group, name)).await?.ok_or_else(|| Error::no_schedule(name))
}

/// Reads an expression.
pub(crate) fn expression(text: &str) -> Result<Expression, Error> {
    // The text is recorded (LocalStack's test_scheduler).
    Expression::parse(text).map_err(|_| Error::Invalid(format!("Invalid Schedule Expression {text}.")))
}

/// Reads the name of a time zone.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Error> {
    TimeZone::get(name).map_err(|_| Error::Invalid(format!("Invalid Schedule Expression Timezone {name}.")))
}

/// Checks the times between which a schedule is due. A start that was there before may lie behind.
pub(crate) fn check_bounds(
    start_millis: Option<i64>,
    end_millis: Option<i64>,
    now_millis: i64,
    start_is_new: bool,
) -> Result<(), Error> {
    if start_is_new && start_millis.is_some_and(|start| start < now_millis - START_BEHIND_MILLIS) {
        return Err(Error::invalid("The StartDate you specify cannot be earlier than 5 minutes ago."));
    }
    if let (Some(start), Some(end)) = (start_millis, end_millis)
        && start >= end
    {
        return Err(Error::invalid("The StartDate you specify must come before the EndDate."));
    }
    Ok(())
}

/// The first time after `after_millis` that a schedule is due.
pub(crate) fn next(row: &ScheduleRow, after_millis: i64) -> Option<i64> {
    // Both were checked when they were stored.
    let expression = Expression::parse(&row.expression).ok()?;
    let zone = TimeZone::get(&row.timezone).ok()?;
    let moment = |millis: i64| jiff::Timestamp::from_millisecond(millis).ok();
    let start = row.start_millis.unwrap_or(i64::MIN);
    let due = match &expression {
        // Bounds are for recurring schedules alone (StartDate in the API reference).
        Expression::At(_) => return millis(expression.next(moment(after_millis)?, moment(0)?, &zone)?),
        // A rate begins with its start, or at once.
        Expression::Rate(_) => {
            let first = row.start_millis.unwrap_or(row.counts_from_millis);
            if after_millis < first {
                first
            } else {
                millis(expression.next(moment(after_millis)?, moment(first)?, &zone)?)?
            }
        }
        Expression::Cron(_) => {
            let after = after_millis.max(start.saturating_sub(1));
            millis(expression.next(moment(after)?, moment(0)?, &zone)?)?
        }
    };
    Some(due).filter(|due| row.end_millis.is_none_or(|end| *due <= end))
}

fn millis(time: jiff::Timestamp) -> Option<i64> {
    Some(time.as_millisecond())
}

/// When a schedule that was made or changed now is due first.
pub(crate) fn first(row: &ScheduleRow, now_millis: i64) -> Option<i64> {
    let is_once = row.expression.starts_with("at(");
    next(row, if is_once { now_millis - LATE_MILLIS } else { now_millis - 1 })
}

/// When a schedule is due after it was at `due_millis`, which may be long ago.
pub(crate) fn following(row: &ScheduleRow, due_millis: i64, now_millis: i64) -> Option<i64> {
    next(row, due_millis.max(now_millis - MAKE_UP_MILLIS))
}

/// Sets the timer of a schedule to the time `due_millis`, or takes it away.
pub(crate) async fn plan(
    tx: &mut Tx,
    row: &ScheduleRow,
    due_millis: Option<i64>,
    chance: u64,
) -> Result<(), Error> {
    match due_millis.filter(|_| row.enabled) {
        Some(due) => {
            let at = due.saturating_add(delay_millis(row, chance));
            timer::set(tx, TIMER, row.timer(), at, due.to_be_bytes().to_vec()).await?;
        }
        None => {
            timer::cancel(tx, TIMER, row.timer()).await?;
        }
    }
    Ok(())
}

/// A random part of a flexible window.
fn delay_millis(row: &ScheduleRow, chance: u64) -> i64 {
    let window = u64::try_from(row.window_minutes.unwrap_or(0)).unwrap_or(0) * 60_000;
    if window == 0 { 0 } else { i64::try_from(chance % window).unwrap_or(0) }
}

/// The time that the payload of a timer says.
pub(crate) fn due_of(payload: &[u8]) -> Result<i64, Error> {
    let bytes = payload.try_into().map_err(|_| Failure::internal("the timer of a schedule has no time"))?;
    Ok(i64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::row;

    const MINUTE: i64 = 60_000;

    #[test]
    fn rates_begin_with_their_start_or_at_once() {
        let mut rate = row("rate(5 minutes)");
        rate.counts_from_millis = 1_000;
        assert_eq!(first(&rate, 1_000), Some(1_000));
        assert_eq!(next(&rate, 1_000), Some(1_000 + 5 * MINUTE));
        rate.start_millis = Some(10 * MINUTE);
        assert_eq!(first(&rate, 1_000), Some(10 * MINUTE));
        assert_eq!(next(&rate, 10 * MINUTE), Some(15 * MINUTE));
        rate.end_millis = Some(15 * MINUTE);
        assert_eq!(next(&rate, 10 * MINUTE), Some(15 * MINUTE));
        assert_eq!(next(&rate, 15 * MINUTE), None);
    }

    #[test]
    fn one_time_schedules_know_no_bounds() {
        let mut once = row("at(1970-01-01T01:00:00)");
        (once.start_millis, once.end_millis) = (Some(200 * MINUTE), Some(300 * MINUTE));
        assert_eq!(first(&once, 0), Some(60 * MINUTE));
        once.timezone = "Europe/Berlin".to_owned();
        assert_eq!(first(&once, 0), Some(0));
        assert_eq!(first(&once, 2 * MINUTE), None);
    }

    #[test]
    fn what_was_missed_long_ago_is_not_made_up_for() {
        let rate = row("rate(1 minute)");
        let now = 1_000 * MINUTE;
        assert_eq!(following(&rate, now - 3 * MINUTE, now), Some(now - 2 * MINUTE));
        assert_eq!(following(&rate, 5 * MINUTE, now), Some(now - MAKE_UP_MILLIS + MINUTE));
    }

    #[test]
    fn windows_are_of_their_length() {
        let mut flexible = row("rate(1 hour)");
        assert_eq!(delay_millis(&flexible, u64::MAX), 0);
        flexible.window_minutes = Some(15);
        for chance in [0, 1, 899_999, 900_000, u64::MAX] {
            assert!((0..15 * MINUTE).contains(&delay_millis(&flexible, chance)));
        }
    }

    /// The text is AWS's (aws-cdk checks the same at synthesis; moto answers it).
    #[test]
    fn bounds_are_checked() {
        let now = 100 * MINUTE;
        assert!(check_bounds(Some(now - 5 * MINUTE), None, now, true).is_ok());
        assert!(check_bounds(Some(now - 6 * MINUTE), None, now, true).is_err());
        assert!(check_bounds(Some(now - 6 * MINUTE), None, now, false).is_ok());
        assert!(check_bounds(Some(now), Some(now), now, true).is_err());
    }
}
