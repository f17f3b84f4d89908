//! Times as Lambda writes them.

use shape::Timestamp;

/// `2026-01-31T12:00:00.000Z`, as log lines have it.
pub(crate) fn iso_millis(millis: i64) -> String {
    let text = wire::time::iso8601_millis(Timestamp::from_millis(millis));
    if text.contains('.') { text } else { text.replace('Z', ".000Z") }
}

/// `2026-01-31T12:00:00.000+0000`, as `LastModified` has it.
pub(crate) fn last_modified(millis: i64) -> String {
    iso_millis(millis).replace('Z', "+0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(iso_millis(1_767_225_600_000), "2026-01-01T00:00:00.000Z");
        assert_eq!(iso_millis(1_767_225_600_120), "2026-01-01T00:00:00.120Z");
        // The form in the answers of AWS's CreateFunction reference.
        assert_eq!(last_modified(1_767_225_600_001), "2026-01-01T00:00:00.001+0000");
    }
}
