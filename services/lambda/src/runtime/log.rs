//! Log events of functions, and the lines that Lambda itself writes around an invocation.

use std::sync::Arc;
use std::time::Duration;

use super::environment::json::Lines;
use super::launch::Launch;
use super::outcome::{Ended, Seen};

/// How much of the log `LogType: Tail` returns: the last 4 KB (Invoke, AWS API reference).
pub(crate) const TAIL_BYTES: usize = 4096;

const NANOS_PER_MILLI: u64 = 1_000_000;
/// Room for a REPORT line.
const REPORT_BYTES: usize = 192;

/// What a line takes in memory besides its text.
const LINE_BYTES: usize = 64;

/// One log event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written, in milliseconds since 1970.
    pub time_millis: i64,
    /// The text, with the line feed that the function wrote.
    pub text: String,
}

impl LogLine {
    /// About how much memory it takes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.text.len() + LINE_BYTES
    }
}

/// The first line of an invocation.
pub(crate) fn start(request_id: &str, version: &str) -> String {
    ["START RequestId: ", request_id, " Version: ", version, "\n"].concat()
}

/// The line after the handler's end.
pub(crate) fn end(request_id: &str) -> String {
    ["END RequestId: ", request_id, "\n"].concat()
}

impl Launch {
    /// What the platform writes at the beginning of an invocation.
    pub(crate) fn first_lines(&self, request_id: &str, trace: &str, now_millis: i64) -> Vec<LogLine> {
        if self.logging.json {
            return Lines::new(self.logging, now_millis).start(request_id, &self.version, trace);
        }
        vec![LogLine { time_millis: now_millis, text: start(request_id, &self.version) }]
    }

    /// What it writes at the end.
    pub(crate) fn last_lines(&self, report: &Report<'_>, trace: &str, now_millis: i64) -> Vec<LogLine> {
        if self.logging.json {
            return Lines::new(self.logging, now_millis).end(report, trace);
        }
        let own = report.ended.log_line(report.request_id, now_millis, self.timeout);
        let texts = own.into_iter().chain([end(report.request_id), report.line()]);
        texts.map(|text| LogLine { time_millis: now_millis, text }).collect()
    }
}

/// What REPORT tells.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) duration: Duration,
    /// Only on the first invocation of an environment.
    pub(crate) init: Option<Duration>,
    pub(crate) memory_mb: u32,
    pub(crate) memory_used_mb: u64,
    pub(crate) ended: &'a Ended,
}

impl Report<'_> {
    /// Whole milliseconds, rounded up. The init phase is billed as well since August 2025.
    pub(crate) fn billed_millis(&self) -> u64 {
        (nanos(self.duration + self.init.unwrap_or_default()) / 1000).div_ceil(1000)
    }

    /// What the record of the call tells of it. `queue` is added by who knows it.
    pub(crate) fn seen(&self, environment: &Arc<str>, cold: bool) -> Seen {
        Seen {
            environment: Arc::clone(environment),
            cold,
            queue: Duration::ZERO,
            init: self.init,
            duration: self.duration,
            billed_millis: self.billed_millis(),
            memory_used_mb: self.memory_used_mb,
        }
    }

    /// The last line of an invocation.
    pub(crate) fn line(&self) -> String {
        let mut line = String::with_capacity(REPORT_BYTES);
        line.push_str("REPORT RequestId: ");
        line.push_str(self.request_id);
        line.push_str("\tDuration: ");
        push_millis(&mut line, self.duration);
        line.push_str(" ms\tBilled Duration: ");
        push_number(&mut line, self.billed_millis());
        line.push_str(" ms\tMemory Size: ");
        push_number(&mut line, self.memory_mb.into());
        line.push_str(" MB\tMax Memory Used: ");
        push_number(&mut line, self.memory_used_mb);
        line.push_str(" MB\t");
        if let Some(init) = self.init {
            line.push_str("Init Duration: ");
            push_millis(&mut line, init);
            line.push_str(" ms\t");
        }
        if let Some((status, error)) = self.ended.status() {
            line.push_str(&format!("Status: {status}"));
            if let Some(error) = error {
                line.push_str(&format!("\tError Type: {error}"));
            }
        }
        line.push('\n');
        line
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Writes a number. Formatting with `{}` and `{:.2}` took a twentieth of an invocation.
fn push_number(text: &mut String, mut number: u64) {
    let start = text.len();
    loop {
        // The last digit comes first; the digits are few.
        text.insert(start, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return;
        }
    }
}

/// Writes a time in milliseconds with two decimals.
fn push_millis(text: &mut String, duration: Duration) {
    let hundredths = (nanos(duration) + NANOS_PER_MILLI / 200) / (NANOS_PER_MILLI / 100);
    push_number(text, hundredths / 100);
    text.push('.');
    text.push(char::from(b'0' + (hundredths / 10 % 10) as u8));
    text.push(char::from(b'0' + (hundredths % 10) as u8));
}

/// The last [`TAIL_BYTES`] of `before` and these events, not cut inside a character.
pub(crate) fn tail(before: &str, lines: &[LogLine]) -> String {
    let mut first = lines.len();
    let mut bytes = 0;
    while first > 0 && bytes < TAIL_BYTES {
        first -= 1;
        bytes += lines[first].text.len();
    }
    let before = if bytes < TAIL_BYTES { before } else { "" };
    let texts = lines[first..].iter().map(|line| line.text.as_str());
    let text: String = std::iter::once(before).chain(texts).collect();
    let mut cut = text.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(cut) {
        cut += 1;
    }
    text[cut..].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_is_in_the_form_of_lambda() {
        // AWS Lambda docs, "Monitoring and troubleshooting Lambda functions": REPORT line fields, separated by tabs.
        let answer = Ended::Answer("{}".into());
        let mut report = Report {
            request_id: "id",
            duration: Duration::from_micros(2470),
            init: None,
            memory_mb: 128,
            memory_used_mb: 57,
            ended: &answer,
        };
        assert_eq!(
            report.line(),
            "REPORT RequestId: id\tDuration: 2.47 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 57 MB\t\n"
        );
        report.init = Some(Duration::from_micros(123_040));
        assert!(report.line().contains("Billed Duration: 126 ms"));
        assert!(report.line().ends_with("Max Memory Used: 57 MB\tInit Duration: 123.04 ms\t\n"));
        for (micros, shown) in
            [(4, "0.00"), (5, "0.01"), (9_994, "9.99"), (9_995, "10.00"), (1_234_567, "1234.57")]
        {
            report.duration = Duration::from_micros(micros);
            assert!(report.line().contains(&format!("\tDuration: {shown} ms\t")), "{}", report.line());
        }
        report.ended = &Ended::TimedOut;
        assert!(report.line().ends_with("\tStatus: timeout\n"));
    }

    #[test]
    fn the_tail_is_the_last_four_kilobytes() {
        let line = |text: &str| LogLine { time_millis: 0, text: text.to_string() };
        assert_eq!(tail("", &[line("a\n"), line("b\n")]), "a\nb\n");
        assert_eq!(tail("before\n", &[line("a\n")]), "before\na\n");
        let long = "é".repeat(3000);
        let tail = tail("before", &[line(&long), line("x")]);
        assert!(tail.len() <= TAIL_BYTES && tail.len() >= TAIL_BYTES - 1 && tail.ends_with("éx"));
    }
}
