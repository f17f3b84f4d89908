//! Cron expressions of AWS: minutes, hours, day of month, month, day of week, year.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::Error;
use crate::field::{MONTHS, Numbers, WEEKDAYS, number};

/// The years that AWS takes.
const YEARS: std::ops::RangeInclusive<u16> = 1970..=2199;

/// A calendar expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Numbers,
    hours: Numbers,
    days: Days,
    months: Numbers,
    years: Numbers,
}

/// The days of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    /// These days.
    OfMonth(Numbers),
    /// The last one (`L`).
    Last,
    /// The last one from Monday to Friday (`LW`).
    LastWorkday,
    /// The day from Monday to Friday that is next to this one, in the same month (`15W`).
    Workday(u16),
    /// These days of the week; Sunday is 1.
    OfWeek(Numbers),
    /// The last one of this day of the week (`6L`).
    LastOfWeek(u16),
    /// The n-th one of this day of the week (`6#3`).
    NthOfWeek(u16, u16),
}

impl Cron {
    /// Reads the six fields between the parentheses.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minutes, hours, day, month, weekday, year] = fields.as_slice() else { return Err(Error) };
        Ok(Self {
            minutes: Numbers::parse(minutes, &(0..=59), &[])?,
            hours: Numbers::parse(hours, &(0..=23), &[])?,
            days: Days::parse(day, weekday)?,
            months: Numbers::parse(month, &(1..=12), &MONTHS)?,
            years: Numbers::parse(year, &YEARS, &[])?,
        })
    }

    /// The first minute after `after` that it names in a time zone. Times that a clock change leaves out are left
    /// out, those that it repeats come once.
    pub(crate) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = zone.to_datetime(after);
        let first_year = u16::try_from(start.year()).unwrap_or(*YEARS.start());
        for year in self.years.from(first_year) {
            let is_first_year = year == first_year;
            let first_month = if is_first_year { as_u16(start.month()) } else { 1 };
            for month in self.months.from(first_month) {
                let is_first_month = is_first_year && month == first_month;
                let first_day = if is_first_month { as_u16(start.day()) } else { 1 };
                for date in self.days.of(year, month, first_day) {
                    let from = if date == start.date() { start.time() } else { Time::midnight() };
                    let due = self.times(from).find_map(|time| due(date.to_datetime(time), after, zone));
                    if due.is_some() {
                        return due;
                    }
                }
            }
        }
        None
    }

    /// The times of a day, from one on.
    fn times(&self, from: Time) -> impl Iterator<Item = Time> + '_ {
        let first_hour = as_u16(from.hour());
        self.hours.from(first_hour).flat_map(move |hour| {
            let first_minute = if hour == first_hour { as_u16(from.minute()) } else { 0 };
            self.minutes.from(first_minute).filter_map(move |minute| {
                Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()
            })
        })
    }
}

/// The moment of a time of day, if there is one and it lies after another.
fn due(time: DateTime, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(time);
    if matches!(found.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    found.earlier().ok().filter(|moment| *moment > after)
}

/// Parts of dates and times are small and never negative.
fn as_u16(part: i8) -> u16 {
    u16::from(part.unsigned_abs())
}

impl Days {
    /// One of the two fields must be `?`, and only one.
    fn parse(day: &str, weekday: &str) -> Result<Self, Error> {
        const DAYS: std::ops::RangeInclusive<u16> = 1..=31;
        const DAYS_OF_WEEK: std::ops::RangeInclusive<u16> = 1..=7;
        let upper = |text: &str| text.to_ascii_uppercase();
        match (day, weekday) {
            ("?", "?") => Err(Error),
            (day, "?") => match upper(day).as_str() {
                "L" => Ok(Self::Last),
                "LW" | "WL" => Ok(Self::LastWorkday),
                text => match text.strip_suffix('W') {
                    Some(text) => number(text, &DAYS, &[]).map(Self::Workday),
                    None => Numbers::parse(text, &DAYS, &[]).map(Self::OfMonth),
                },
            },
            ("?", weekday) => {
                let text = upper(weekday);
                if text == "L" {
                    // Without a day it is the last of the week, each week.
                    return Numbers::parse("7", &DAYS_OF_WEEK, &WEEKDAYS).map(Self::OfWeek);
                }
                if let Some((weekday, nth)) = text.split_once('#') {
                    let weekday = number(weekday, &DAYS_OF_WEEK, &WEEKDAYS)?;
                    return number(nth, &(1..=5), &[]).map(|nth| Self::NthOfWeek(weekday, nth));
                }
                if let Some(weekday) = text.strip_suffix('L') {
                    return number(weekday, &DAYS_OF_WEEK, &WEEKDAYS).map(Self::LastOfWeek);
                }
                Numbers::parse(&text, &DAYS_OF_WEEK, &WEEKDAYS).map(Self::OfWeek)
            }
            _ => Err(Error),
        }
    }

    /// The days of a month from one on, in their order.
    fn of(&self, year: u16, month: u16, from: u16) -> Vec<Date> {
        let date = |day: u16| {
            let (year, month, day) = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
            Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
        };
        let Some(first) = date(1) else { return Vec::new() };
        let last = as_u16(first.days_in_month());
        (from..=last).filter(|day| self.holds(first, last, *day)).filter_map(date).collect()
    }

    /// Whether a day of the month that begins with `first` and has `last` days is meant.
    fn holds(&self, first: Date, last: u16, day: u16) -> bool {
        // Sunday is 1, as in the expressions.
        let first_weekday = as_u16(first.weekday().to_sunday_zero_offset());
        let weekday_of = |day: u16| (first_weekday + day - 1) % 7 + 1;
        let workday = |wanted: u16| match weekday_of(wanted) {
            7 if wanted == 1 => 3,
            7 => wanted - 1,
            1 if wanted == last => wanted - 2,
            1 => wanted + 1,
            _ => wanted,
        };
        match self {
            Self::OfMonth(days) => days.holds(day),
            Self::Last => day == last,
            Self::LastWorkday => day == workday(last),
            Self::Workday(wanted) => *wanted <= last && day == workday(*wanted),
            Self::OfWeek(weekdays) => weekdays.holds(weekday_of(day)),
            Self::LastOfWeek(weekday) => weekday_of(day) == *weekday && day + 7 > last,
            Self::NthOfWeek(weekday, nth) => weekday_of(day) == *weekday && day.div_ceil(7) == *nth,
        }
    }
}
