//! Lane A: frames over a pipe pair. Between invocations the function's process blocks in read(2), which is Lambda's
//! freeze at no cost.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::{Receiver, Sender};

use super::frames::{self, Decoder, Frame, Head};

/// The host's ends of the two pipes.
#[derive(Debug)]
pub(crate) struct Pipes {
    sender: Sender,
    receiver: Receiver,
    decoder: Decoder,
    frame: Vec<u8>,
    sent: usize,
}

/// A buffer that one large event has made larger than this is given back.
const KEPT_BYTES: usize = 64 * 1024;
/// Room for an answer before the buffer grows.
const READ_BYTES: usize = 8 * 1024;
/// With less room than this left a new buffer is begun: many small answers share one.
const ROOM_LEAST: usize = 1024;

impl Pipes {
    /// Makes both pipes; the second value is the program's descriptors 3 and 4.
    pub(crate) fn new() -> io::Result<(Pipes, Vec<OwnedFd>)> {
        let (their_input, our_output) = io::pipe()?;
        let (our_input, their_output) = io::pipe()?;
        let pipes = Pipes {
            sender: Sender::from_owned_fd(our_output.into())?,
            receiver: Receiver::from_owned_fd(our_input.into())?,
            decoder: Decoder::default(),
            frame: Vec::new(),
            sent: 0,
        };
        Ok((pipes, vec![their_input.into(), their_output.into()]))
    }

    /// Tells a process which handler to load.
    pub(crate) async fn assign(&mut self, order: &serde_json::Value) -> io::Result<()> {
        self.send(&frames::assign(order)).await
    }

    /// Sends a frame to a process that is known to read.
    pub(crate) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        self.sender.write_all(frame).await
    }

    /// Asks a process that waits for an invocation to end.
    pub(crate) async fn terminate(&mut self) -> io::Result<()> {
        self.sender.write_all(&frames::terminate()).await
    }

    /// Sends an invocation as far as the pipe takes it at once; true when that was all of it. An error means that the
    /// process is gone.
    pub(crate) fn invoke(&mut self, head: &Head<'_>, event: &[u8]) -> io::Result<bool> {
        frames::invoke(&mut self.frame, head, event);
        self.sent = match self.sender.try_write(&self.frame) {
            Ok(sent) => sent,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        Ok(self.sent == self.frame.len())
    }

    /// Sends what [`Pipes::invoke`] has left.
    pub(crate) async fn send_rest(&mut self) -> io::Result<()> {
        self.sender.write_all(&self.frame[self.sent..]).await?;
        if self.frame.capacity() > KEPT_BYTES {
            self.frame = Vec::new();
        }
        Ok(())
    }

    /// The next frame; None at the end of the pipe. May be dropped and called again.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Frame>> {
        loop {
            if let Some(frame) = self.decoder.next().map_err(io::Error::other)? {
                return Ok(Some(frame));
            }
            let buffer = &mut self.decoder.buffer;
            if buffer.capacity() - buffer.len() < ROOM_LEAST {
                buffer.reserve(READ_BYTES);
            }
            // A read that did not fill the buffer has emptied the pipe, and the next one waits for the event loop.
            if self.receiver.read_buf(buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}
