//! The log lines that an environment holds until its invocation ends.

use std::ops::Deref;

use crate::runtime::log::LogLine;

/// Memory of the lines beyond which they are delivered before the invocation ends.
const BYTES_MAX: usize = 1024 * 1024;

/// Lines with the memory that they take, which is asked for after each of them.
#[derive(Debug, Default)]
pub(super) struct Held {
    lines: Vec<LogLine>,
    bytes: usize,
}

impl Held {
    pub(super) fn push(&mut self, line: LogLine) {
        self.bytes += line.memory_bytes();
        self.lines.push(line);
    }

    /// Adds what `fill` appends.
    pub(super) fn gather(&mut self, fill: impl FnOnce(&mut Vec<LogLine>)) {
        let before = self.lines.len();
        fill(&mut self.lines);
        self.bytes += self.lines[before..].iter().map(LogLine::memory_bytes).sum::<usize>();
    }

    /// Whether they are so many that the host's memory is better served by delivering them now.
    pub(super) fn is_full(&self) -> bool {
        self.bytes > BYTES_MAX
    }

    /// All lines, to be delivered; none are held then.
    pub(super) fn take(&mut self) -> Vec<LogLine> {
        self.bytes = 0;
        std::mem::take(&mut self.lines)
    }
}

impl Extend<LogLine> for Held {
    fn extend<L: IntoIterator<Item = LogLine>>(&mut self, lines: L) {
        self.gather(|held| held.extend(lines));
    }
}

impl Deref for Held {
    type Target = [LogLine];

    fn deref(&self) -> &[LogLine] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: usize) -> LogLine {
        LogLine { time_millis: 0, text: "x".repeat(bytes) }
    }

    #[test]
    fn the_memory_is_that_of_all_lines_however_they_came() {
        let mut held = Held::default();
        held.push(line(10));
        held.extend([line(20), line(0)]);
        held.gather(|lines| lines.push(line(30)));
        assert_eq!(held.bytes, held.iter().map(LogLine::memory_bytes).sum::<usize>());
        assert!(!held.is_full());
        held.push(line(BYTES_MAX));
        assert!(held.is_full());
        assert_eq!(held.take().len(), 5);
        assert_eq!((held.len(), held.bytes, held.is_full()), (0, 0, false));
    }

    /// Many short lines take more memory than their texts.
    #[test]
    fn short_lines_count_too() {
        let mut held = Held::default();
        held.extend((0..BYTES_MAX / line(0).memory_bytes()).map(|_| line(0)));
        assert!(!held.is_full());
        held.push(line(0));
        assert!(held.is_full());
    }
}
