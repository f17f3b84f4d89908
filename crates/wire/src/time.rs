//! Instants in AWS's three notations.

use shape::Timestamp;

/// `2026-11-21T05:26:25Z`.
pub fn iso8601(at: Timestamp) -> String {
    zoned(at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-21T05:26:25.123Z`.
pub fn iso8601_millis(at: Timestamp) -> String {
    format!("{}.{:03}Z", zoned(at).strftime("%Y-%m-%dT%H:%M:%S"), at.millis().rem_euclid(1000))
}

/// `Sat, 21 Nov 2026 05:26:25 GMT`.
pub fn http_date(at: Timestamp) -> String {
    zoned(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Seconds since 1970, with a fraction only where there is one: `1398796238`, `1398796238.5`.
pub fn epoch_seconds(at: Timestamp) -> String {
    let millis = at.millis();
    if millis % 1000 == 0 {
        return at.secs().to_string();
    }
    let sign = if millis < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000);
    text.trim_end_matches('0').to_owned()
}

/// Reads `2026-11-21T05:26:25Z`, with any fraction (rounded down to milliseconds), and with an offset for the `Z`.
/// Other forms of ISO 8601 are refused, as in Smithy's `date-time`.
pub fn parse_iso8601(text: &str) -> Option<Timestamp> {
    if !is_date_time(text) {
        return None;
    }
    let at: jiff::Timestamp = text.parse().ok()?; // no instant: the caller words the error
    Some(Timestamp::from_millis(at.as_millisecond()))
}

/// Whether each sign is where RFC 3339 wants it.
fn is_date_time(text: &str) -> bool {
    let fits = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text
                .bytes()
                .zip(pattern.bytes())
                .all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
    };
    let Some((seconds, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let has_fraction = zone.len() < rest.len();
    let fraction_is_there = !has_fraction || rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
    let zoned = zone == "Z" || fits(zone, "+00:00") || fits(zone, "-00:00");
    fits(seconds, "0000-00-00T00:00:00") && fraction_is_there && zoned
}

/// Reads an HTTP date, also with a fraction of a second.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    // RFC 2822 knows no fraction, Smithy's http-date does: cut it out of "… 05:26:25.123 GMT".
    let (bare, millis) = match text.split_once('.') {
        Some((before, after)) => {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            (format!("{before}{}", &after[digits..]), fraction_millis(&after[..digits])?)
        }
        None => (text.to_owned(), 0),
    };
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&bare).ok()?; // as above
    Some(Timestamp::from_millis(at.as_millisecond() + millis))
}

/// Reads seconds since 1970, also with a fraction or an exponent.
pub fn parse_epoch_seconds(text: &str) -> Option<Timestamp> {
    if let Ok(secs) = text.parse::<i64>() {
        return from_epoch_millis(secs.checked_mul(1000)?);
    }
    from_epoch_seconds(text.parse().ok()?) // as above
}

/// The instant `seconds` after 1970, to the nearest millisecond.
pub fn from_epoch_seconds(seconds: f64) -> Option<Timestamp> {
    let millis = (seconds * 1000.0).round();
    // Beyond 2^53 a float holds no exact millisecond any more; jiff's range ends far before.
    (millis.is_finite() && millis.abs() < 9e15).then_some(millis as i64).and_then(from_epoch_millis)
}

/// The instant `millis` after 1970, if a calendar has it.
pub(crate) fn from_epoch_millis(millis: i64) -> Option<Timestamp> {
    jiff::Timestamp::from_millisecond(millis).ok()?; // outside of years -9999..=9999
    Some(Timestamp::from_millis(millis))
}

fn fraction_millis(digits: &str) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let padded: String = digits.chars().chain("000".chars()).take(3).collect();
    padded.parse().ok() // three digits always parse
}

fn zoned(at: Timestamp) -> jiff::Zoned {
    // An instant outside of jiff's years comes from no wire and no clock; it shows as the epoch.
    jiff::Timestamp::from_millisecond(at.millis())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(jiff::tz::TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_398_796_238_500);

    /// Smithy's timestampFormat examples (1398796238 = 2014-04-29T18:30:38Z).
    #[test]
    fn writes_each_notation() {
        assert_eq!(iso8601(AT), "2014-04-29T18:30:38Z");
        assert_eq!(iso8601_millis(AT), "2014-04-29T18:30:38.500Z");
        assert_eq!(http_date(AT), "Tue, 29 Apr 2014 18:30:38 GMT");
        assert_eq!(epoch_seconds(AT), "1398796238.5");
        assert_eq!(epoch_seconds(Timestamp::from_secs(-3)), "-3");
        assert_eq!(epoch_seconds(Timestamp::from_millis(-1500)), "-1.5");
        assert_eq!(epoch_seconds(Timestamp::from_millis(-50)), "-0.05");
    }

    #[test]
    fn reads_each_notation() {
        assert_eq!(parse_iso8601("2014-04-29T18:30:38.500Z"), Some(AT));
        assert_eq!(parse_iso8601("2014-04-29T19:30:38.5+01:00"), Some(AT));
        for wrong in [
            "2014-04-29",
            "",
            "2014-04-29T18:30:38",
            "2014-04-29T18:30:38.Z",
            "20140429T183038Z",
            "2014-04-31T00:00:00Z",
        ] {
            assert_eq!(parse_iso8601(wrong), None, "{wrong}");
        }
        assert_eq!(parse_http_date("Tue, 29 Apr 2014 18:30:38 GMT"), Some(AT.plus_millis(-500)));
        assert_eq!(parse_http_date("Tue, 29 Apr 2014 18:30:38.5 GMT"), Some(AT));
        assert_eq!(parse_http_date("Tue, 29 Apr 2014 18:30:38. GMT"), None);
        assert_eq!(parse_epoch_seconds("1398796238.5"), Some(AT));
        assert_eq!(parse_epoch_seconds("1.3987962385e9"), Some(AT));
        for wrong in ["", "x", "NaN", "Infinity", "1e300", "9223372036854775807"] {
            assert_eq!(parse_epoch_seconds(wrong), None, "{wrong}");
        }
    }
}
