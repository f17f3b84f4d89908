//! Dates of the `Date…` operators: W3C profile of ISO 8601, or seconds since 1970.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! "Date condition operators".

/// Milliseconds since 1970, or `None` when the text is no date.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let looks_like_epoch = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    // Four digits are a year, anything longer is seconds.
    if looks_like_epoch && text.len() != 4 {
        return text.parse::<i64>().ok()?.checked_mul(1_000);
    }
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut fields = date.split('-');
    let year = number(fields.next()?, 4, 4)?;
    let month = fields.next().map_or(Some(1), |field| number(field, 1, 2))?;
    let day = fields.next().map_or(Some(1), |field| number(field, 1, 2))?;
    if fields.next().is_some()
        || !(1..=12).contains(&month)
        || !(1..=days_in_month(year, month)).contains(&day)
    {
        return None;
    }
    let millis = time.map_or(Some(0), time_of_day)?;
    Some(days_since_1970(year, month, day) * 86_400_000 + millis)
}

/// `hh:mm[:ss[.fraction]]` and `Z`, `+hh`, `+hh:mm` or `+hhmm`, as milliseconds from midnight UTC.
fn time_of_day(text: &str) -> Option<i64> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut fields = clock.split(':');
    let hour = number(fields.next()?, 1, 2)?;
    let minute = number(fields.next()?, 2, 2)?;
    let second = fields.next().map_or(Some(0), |field| number(field, 2, 2))?;
    if fields.next().is_some() || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(((hour * 60 + minute) * 60 + second) * 1_000 + millis - zone_offset(zone)?)
}

fn zone_offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z' | b'z') => return (zone.len() == 1).then_some(0),
        Some(b'+') => (1, &zone[1..]),
        Some(_) => (-1, &zone[1..]),
    };
    let digits: String = rest.chars().filter(|character| *character != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits, 2, 2)?, 0),
        4 => (number(digits.get(..2)?, 2, 2)?, number(digits.get(2..)?, 2, 2)?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn number(text: &str, digits_min: usize, digits_max: usize) -> Option<i64> {
    let fits =
        (digits_min..=digits_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar, counted in eras of 400 years that start on 1 March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_of_every_form() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2024-02-29"), Some(1_709_164_800_000));
        assert_eq!(parse("2024"), Some(1_704_067_200_000));
        assert_eq!(parse("2019-07-01T13:20:15Z"), Some(1_561_987_215_000));
        assert_eq!(parse("2016-12-13T21:20:37.593194+00:00"), Some(1_481_664_037_593));
        assert_eq!(parse("2020-04-01T00:00:00+02:00"), parse("2020-03-31T22:00:00Z"));
        assert_eq!(parse("1561987215"), Some(1_561_987_215_000));
        assert_eq!(parse("-292275054"), Some(-292_275_054_000));
        for bad in
            ["", "b", "sdfdsf", "234-13", "2023-02-29", "2016-12-13t2:00:00.593194+1", "9223372036854775808"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
