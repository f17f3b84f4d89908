//! What a function writes to standard output and error: each line is a log event.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use tokio::net::unix::pipe::Receiver;

use super::log::LogLine;

/// The longest line that stays one event: CloudWatch Logs takes events of 256 KB with 26 bytes of overhead.
const LINE_BYTES_MAX: usize = 256 * 1024 - 26;
/// Room for what comes while an invocation runs.
const WAITED_BYTES: usize = 16 * 1024;
/// Least room for a read; what is kept for each pipe of an idle environment.
const READ_BYTES: usize = 1024;

/// One of the two output pipes.
#[derive(Debug)]
pub(crate) struct Output {
    /// None after the end of the pipe.
    pipe: Option<Receiver>,
    buffer: Vec<u8>,
}

impl Output {
    pub(crate) fn new(pipe: OwnedFd) -> io::Result<Output> {
        Ok(Output { pipe: Some(Receiver::from_owned_fd(pipe)?), buffer: Vec::new() })
    }

    /// Waits until something was read. Never ready again after the end. May be dropped and called again.
    pub(crate) async fn fill(&mut self) {
        std::future::poll_fn(|cx| self.poll_fill(cx)).await
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(pipe) = &self.pipe else { return Poll::Pending };
            if ready!(pipe.poll_read_ready(cx)).is_err() {
                self.pipe = None;
                continue;
            }
            self.buffer.reserve(WAITED_BYTES);
            match pipe.try_read_buf(&mut self.buffer) {
                Ok(0) => self.pipe = None,
                Ok(_) => return Poll::Ready(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => self.pipe = None, // The other side is gone; what it wrote was read before.
            }
        }
    }

    /// Reads what the event loop has told of. That is all that was printed before an answer which the event loop told
    /// of, too, because it tells in the order in which things happened; and when there is nothing, as for most
    /// invocations, it takes no system call.
    pub(crate) fn drain_told(&mut self) {
        while let Some(pipe) = &self.pipe {
            self.buffer.reserve(READ_BYTES);
            match pipe.try_read_buf(&mut self.buffer) {
                Ok(0) => self.pipe = None,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None, // The other side is gone; what it wrote was read before.
            }
        }
    }

    /// Reads what is there now, without waiting: the answer of an invocation comes on another pipe, and what was
    /// printed before it belongs before END.
    pub(crate) fn drain(&mut self) {
        while let Some(pipe) = &self.pipe {
            self.buffer.reserve(READ_BYTES);
            match rustix::io::read(pipe, rustix::buffer::spare_capacity(&mut self.buffer)) {
                Ok(0) => self.pipe = None,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return, // AGAIN: nothing more now.
            }
        }
    }

    /// Adds what came another way.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Moves complete lines into `lines`, and with `all` also one without an end.
    pub(crate) fn take_lines(&mut self, time_millis: i64, all: bool, lines: &mut Vec<LogLine>) {
        let mut start = 0;
        while start < self.buffer.len() {
            let rest = &self.buffer[start..];
            let length = match rest.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1).min(LINE_BYTES_MAX),
                None if rest.len() >= LINE_BYTES_MAX => LINE_BYTES_MAX,
                None if all => rest.len(),
                None => break,
            };
            let text = String::from_utf8_lossy(&rest[..length]).into_owned();
            lines.push(LogLine { time_millis, text });
            start += length;
        }
        self.buffer.drain(..start);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn texts(lines: &[LogLine]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[tokio::test]
    async fn lines_become_events() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut output = Output::new(OwnedFd::from(reader)).unwrap();
        writer.write_all(b"one\ntwo").unwrap();
        output.fill().await;
        let mut lines = Vec::new();
        output.take_lines(5, false, &mut lines);
        assert_eq!(texts(&lines), ["one\n"]);
        writer.write_all(b"\nthr\xffee").unwrap();
        output.drain();
        output.take_lines(6, true, &mut lines);
        assert_eq!(texts(&lines), ["one\n", "two\n", "thr\u{fffd}ee"]);
        drop(writer);
        output.drain();
        assert!(output.pipe.is_none());
    }

    #[tokio::test]
    async fn what_was_told_is_read_without_waiting() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut output = Output::new(OwnedFd::from(reader)).unwrap();
        let mut lines = Vec::new();
        writer.write_all(b"one\n").unwrap();
        output.fill().await; // The event loop has told of it, and nobody has said that there is no more.
        writer.write_all(b"two\n").unwrap();
        output.drain_told();
        output.take_lines(0, false, &mut lines);
        assert_eq!(texts(&lines), ["one\n", "two\n"]);
        drop(writer);
        std::future::poll_fn(|cx| output.pipe.as_ref().expect("open").poll_read_ready(cx)).await.unwrap();
        output.drain_told();
        assert!(output.pipe.is_none());
    }

    #[tokio::test]
    async fn endless_lines_are_cut() {
        let mut output = Output { pipe: None, buffer: vec![b'x'; LINE_BYTES_MAX * 2 + 1] };
        let mut lines = Vec::new();
        output.take_lines(0, false, &mut lines);
        assert_eq!(lines.len(), 2);
        assert_eq!(output.buffer.len(), 1);
    }
}
