//! Schedule expressions: `rate(5 minutes)`, `cron(0 10 * * ? *)` and `at(2030-01-01T00:00:00)`.
//!
//! An expression is read once ([`Expression::parse`]) and then asked when it is due next ([`Expression::next`]).
//! Nothing here looks at a clock.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>

mod cron;
mod field;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use crate::cron::Cron;

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// Again and again after a time.
    Rate(SignedDuration),
    /// At the minutes that a calendar expression names.
    Cron(Cron),
    /// Once.
    At(DateTime),
}

/// A text that is no schedule expression. AWS does not say what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schedule expression is not valid")]
pub struct Error;

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (kind, rest) = text.split_once('(').ok_or(Error)?;
        let inner = rest.strip_suffix(')').ok_or(Error)?;
        match kind {
            "rate" => rate(inner).map(Self::Rate),
            "cron" => Cron::parse(inner).map(Self::Cron),
            "at" => at(inner).map(Self::At),
            _ => Err(Error),
        }
    }

    /// The first time after `after` that it is due; none when it never is again. A rate counts from `start`, the
    /// others are times of day in `zone`.
    pub fn next(&self, after: Timestamp, start: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Rate(every) => next_multiple(after, start, *every),
            Self::Cron(cron) => cron.next(after, zone),
            Self::At(time) => zone.to_timestamp(*time).ok().filter(|time| *time > after),
        }
    }
}

/// The first `start + n * every` after `after`, with n of at least one.
fn next_multiple(after: Timestamp, start: Timestamp, every: SignedDuration) -> Option<Timestamp> {
    let passed = after.duration_since(start).as_millis().max(0);
    let every = every.as_millis();
    let next = (passed / every + 1).checked_mul(every)?;
    let next = start.as_millisecond().checked_add(i64::try_from(next).ok()?)?;
    Timestamp::from_millisecond(next).ok()
}

/// `5 minutes`: a number without a sign and a unit, in the singular for one alone.
fn rate(text: &str) -> Result<SignedDuration, Error> {
    let (number, unit) = text.split_once(' ').ok_or(Error)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error);
    }
    let count: i64 = number.parse().map_err(|_| Error)?;
    let seconds = match (unit, count) {
        (_, 0) => return Err(Error),
        ("minute", 1) => 60,
        ("hour", 1) => 3600,
        ("day", 1) => 86_400,
        ("minutes", 2..) => 60,
        ("hours", 2..) => 3600,
        ("days", 2..) => 86_400,
        _ => return Err(Error),
    };
    // Farther than time itself goes is farther than anybody waits.
    count.checked_mul(seconds).filter(|all| *all < 1 << 36).map(SignedDuration::from_secs).ok_or(Error)
}

/// `yyyy-mm-ddThh:mm:ss`, exactly so.
fn at(text: &str) -> Result<DateTime, Error> {
    let is_plain = text.len() == "yyyy-mm-ddThh:mm:ss".len() && text.as_bytes().get(10) == Some(&b'T');
    if !is_plain || !text.is_ascii() {
        return Err(Error);
    }
    text.parse().map_err(|_| Error)
}

#[cfg(test)]
mod tests;
