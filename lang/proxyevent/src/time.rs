//! The time formats of events.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MILLIS_PER_DAY: i64 = 86_400_000;

/// Writes milliseconds since 1970 as `09/Apr/2015:12:34:56 +0000`, the form of `requestTime` and `time`.
pub fn write_request_time(out: &mut Vec<u8>, time_millis: i64) {
    let (year, month, day) = civil(time_millis.div_euclid(MILLIS_PER_DAY));
    let seconds = time_millis.rem_euclid(MILLIS_PER_DAY) / 1000;
    two(out, day);
    out.push(b'/');
    out.extend_from_slice(MONTHS[month as usize - 1].as_bytes());
    out.push(b'/');
    two(out, year / 100);
    two(out, year % 100);
    for (mark, value) in [(b':', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        out.push(mark);
        two(out, value);
    }
    out.extend_from_slice(b" +0000");
}

/// The time as text.
pub fn request_time(time_millis: i64) -> String {
    let mut out = Vec::with_capacity(26);
    write_request_time(&mut out, time_millis);
    String::from_utf8(out).expect("only digits and letters were written")
}

fn two(out: &mut Vec<u8>, value: i64) {
    out.push(b'0' + (value / 10 % 10) as u8);
    out.push(b'0' + (value % 10) as u8);
}

/// Year, month and day of a day counted from 1970-01-01, by the method of 400-year eras that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_known_events() {
        // The sample event of API Gateway: requestTime and requestTimeEpoch of the same moment.
        assert_eq!(request_time(1_428_582_896_000), "09/Apr/2015:12:34:56 +0000");
        assert_eq!(request_time(1_587_481_701_067), "21/Apr/2020:15:08:21 +0000");
        assert_eq!(request_time(0), "01/Jan/1970:00:00:00 +0000");
        assert_eq!(request_time(951_782_400_000), "29/Feb/2000:00:00:00 +0000");
        assert_eq!(request_time(1_735_689_599_999), "31/Dec/2024:23:59:59 +0000");
    }
}
