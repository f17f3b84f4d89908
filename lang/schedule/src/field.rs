//! One field of a cron expression: a set of numbers.

use std::ops::RangeInclusive;

use crate::Error;

/// A set of the numbers of a field, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbers(Vec<u16>);

/// The names that stand for numbers, from the smallest on.
pub(crate) const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// Days of the week: Sunday is the first.
pub(crate) const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Numbers {
    /// Reads numbers, names, ranges, steps and lists of these.
    pub(crate) fn parse(text: &str, all: &RangeInclusive<u16>, names: &[&str]) -> Result<Self, Error> {
        let mut numbers = Vec::new();
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(number(step, &(1..=*all.end()), &[])?)),
                None => (item, None),
            };
            let (from, to) = match (range, range.split_once('-')) {
                ("*", _) => (*all.start(), *all.end()),
                (_, Some((from, to))) => (number(from, all, names)?, number(to, all, names)?),
                (one, None) => {
                    let from = number(one, all, names)?;
                    (from, if step.is_some() { *all.end() } else { from })
                }
            };
            let step = usize::from(step.unwrap_or(1));
            if from <= to {
                numbers.extend((from..=to).step_by(step));
            } else {
                // A range may go over the end: FRI-MON.
                numbers.extend((from..=*all.end()).chain(*all.start()..=to).step_by(step));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Self(numbers))
    }

    /// Whether a number is in it.
    pub(crate) fn holds(&self, number: u16) -> bool {
        self.0.binary_search(&number).is_ok()
    }

    /// Its numbers from one on.
    pub(crate) fn from(&self, least: u16) -> impl Iterator<Item = u16> + '_ {
        let at = self.0.partition_point(|number| *number < least);
        self.0[at..].iter().copied()
    }
}

/// A number in a range, or one of the names for its numbers.
pub(crate) fn number(text: &str, all: &RangeInclusive<u16>, names: &[&str]) -> Result<u16, Error> {
    if let Some(at) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        return u16::try_from(at).map(|at| at + all.start()).map_err(|_| Error);
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error);
    }
    text.parse().ok().filter(|number| all.contains(number)).ok_or(Error)
}
