//! The words of an input that stand for something known at the call alone.
//!
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>

/// What is known of an attempt.
pub(crate) struct Known<'a> {
    pub(crate) schedule_arn: &'a str,
    pub(crate) due_millis: i64,
    pub(crate) execution_id: &'a str,
    pub(crate) attempt: u32,
}

impl Known<'_> {
    /// `text` with its words replaced. None of the values has a character that JSON would want escaped.
    pub(crate) fn fill(&self, text: &str) -> String {
        text.replace("<aws.scheduler.schedule-arn>", self.schedule_arn)
            .replace("<aws.scheduler.scheduled-time>", &seconds(self.due_millis))
            .replace("<aws.scheduler.execution-id>", self.execution_id)
            .replace("<aws.scheduler.attempt-number>", &self.attempt.to_string())
    }
}

/// A time in seconds, with a Z.
pub(crate) fn seconds(millis: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced() {
        let known = Known { schedule_arn: "arn:x", due_millis: 61_500, execution_id: "ab", attempt: 3 };
        let text = "<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.execution-id> \
                    <aws.scheduler.attempt-number> <aws.scheduler.other>";
        assert_eq!(known.fill(text), "arn:x 1970-01-01T00:01:01Z ab 3 <aws.scheduler.other>");
    }
}
