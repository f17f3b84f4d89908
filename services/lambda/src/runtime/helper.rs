//! What the sandbox helper tells of a process while it runs.

use std::io;
use std::task::{Context, Poll, ready};

use jail::spec::{Event, Exit};
use tokio::net::UnixStream;

/// The events of the sandbox helper.
#[derive(Debug)]
pub(crate) struct Helper {
    stream: UnixStream,
    buffer: Vec<u8>,
    ended: bool,
}

/// The same number on every Linux.
pub(crate) const SIGKILL: i32 = 9;
/// An event is a short line; this ends a helper gone mad.
const EVENT_BYTES_MAX: usize = 16 * 1024;

impl Helper {
    /// Takes the stream of [`jail::host::Child::events`].
    pub(crate) fn new(stream: std::os::unix::net::UnixStream) -> io::Result<Helper> {
        stream.set_nonblocking(true)?;
        Ok(Helper { stream: UnixStream::from_std(stream)?, buffer: Vec::new(), ended: false })
    }

    /// The next event; waits for ever after the last one. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> Event {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        loop {
            if let Some(event) = self.take() {
                return Poll::Ready(event);
            }
            if self.ended {
                return Poll::Pending;
            }
            let ready = ready!(self.stream.poll_read_ready(cx));
            if ready.is_err() || !self.read() {
                // The helper itself was ended, and everything inside with it.
                self.ended = true;
                return Poll::Ready(Event::Exited(Exit::Signal(SIGKILL)));
            }
        }
    }

    /// Reads what is there. False at the end.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 1024];
        match self.stream.try_read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.buffer.extend_from_slice(&bytes[..count]);
                self.buffer.len() <= EVENT_BYTES_MAX
            }
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    fn take(&mut self) -> Option<Event> {
        let end = self.buffer.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.buffer.drain(..=end).collect();
        serde_json::from_slice(&line).ok()
    }

    /// Whether the program has ended. After its start the helper speaks only of that.
    pub(crate) fn has_spoken(&mut self) -> bool {
        if self.ended || !self.read() {
            return true;
        }
        self.buffer.contains(&b'\n')
    }
}
