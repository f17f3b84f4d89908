//! The frames of lane A: a length (u32, little endian, of what follows), a kind (u8) and a body.
//!
//! `bootstrap/node/index.js` and `bootstrap/python/bootstrap.py` are the other side.

use bytes::{Buf, Bytes, BytesMut};

use crate::limits::RESPONSE_BYTES_MAX;

/// What the host sends.
pub(crate) mod order {
    /// The handler to load, as JSON.
    pub(crate) const ASSIGN: u8 = 1;
    /// An invocation: the length of its head (u32), the head, the event.
    pub(crate) const INVOKE: u8 = 2;
    /// The process is asked to end, as by SIGTERM; it has no body.
    pub(crate) const TERMINATE: u8 = 3;
    /// What to load before waiting for ASSIGN, as JSON; answered by a [`Kind::Waiting`](super::Kind::Waiting).
    pub(crate) const PREPARE: u8 = 20;
}

/// What a function's process sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The handler is loaded.
    Ready,
    /// The handler could not be loaded.
    InitError,
    /// The handler's answer.
    Answer,
    /// The handler's error.
    Error,
    /// A log event.
    Log,
    /// Bytes that it wrote to its standard output or error.
    Output,
    /// The handler begins to stream its answer; the body is the content type. `Answer` ends the stream, `Error` breaks
    /// it off.
    Stream,
    /// Bytes of a streamed answer.
    Chunk,
    /// It has booted and waits for a function. The body lists the modules that it has loaded, as JSON.
    Waiting,
    /// What the function has loaded, as JSON: which modules, found where.
    Hints,
    /// A piece of a function image.
    Image,
    /// The address at which it listens for a debugger.
    Inspector,
}

/// A frame from a function's process. The body is none when it was larger than any answer may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) body: Option<Bytes>,
}

/// The process does not speak our language: it writes to a descriptor that is not its own.
#[derive(Debug, thiserror::Error)]
#[error("a frame of the unknown kind {0}")]
pub(crate) struct Unknown(u8);

/// What an invocation's head says, in the order in which it stands in the frame, one line each.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) remaining_millis: i64,
    pub(crate) invoked_arn: &'a str,
    pub(crate) trace: &'a str,
    pub(crate) client_context: &'a str,
    pub(crate) identity: &'a str,
}

/// Writes an ASSIGN frame.
pub(crate) fn assign(order: &serde_json::Value) -> Vec<u8> {
    json(order::ASSIGN, order)
}

/// Writes a PREPARE frame.
pub(crate) fn prepare(order: &serde_json::Value) -> Vec<u8> {
    json(order::PREPARE, order)
}

fn json(kind: u8, order: &serde_json::Value) -> Vec<u8> {
    let body = order.to_string();
    let mut frame = Vec::with_capacity(body.len() + 5);
    frame.extend_from_slice(&length(body.len() + 1));
    frame.push(kind);
    frame.extend_from_slice(body.as_bytes());
    frame
}

/// Writes a TERMINATE frame.
pub(crate) fn terminate() -> Vec<u8> {
    let mut frame = length(1).to_vec();
    frame.push(order::TERMINATE);
    frame
}

/// Writes an INVOKE frame into `frame`, which is emptied first.
pub(crate) fn invoke(frame: &mut Vec<u8>, head: &Head<'_>, event: &[u8]) {
    frame.clear();
    frame.extend_from_slice(&[0; 4]);
    frame.push(order::INVOKE);
    frame.extend_from_slice(&[0; 4]);
    let mut number = [0; 20];
    let remaining = decimal(&mut number, head.remaining_millis);
    let lines =
        [head.request_id, remaining, head.invoked_arn, head.trace, head.client_context, head.identity];
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            frame.push(b'\n');
        }
        frame.extend_from_slice(line.as_bytes());
    }
    let head_length = length(frame.len() - 9);
    frame[5..9].copy_from_slice(&head_length);
    frame.extend_from_slice(event);
    let all = length(frame.len() - 4);
    frame[..4].copy_from_slice(&all);
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("requests are limited to a few megabytes").to_le_bytes()
}

fn decimal(digits: &mut [u8; 20], number: i64) -> &str {
    use std::io::Write;
    let mut rest = &mut digits[..];
    write!(rest, "{number}").expect("20 bytes hold every number");
    let left = rest.len();
    std::str::from_utf8(&digits[..20 - left]).expect("digits are ASCII")
}

/// Puts frames together from what arrives.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pub(crate) buffer: BytesMut,
    /// Bytes still to be thrown away of a frame that is too large, and its kind.
    skipping: Option<(Kind, usize)>,
}

impl Decoder {
    /// The next frame, if it is here.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, Unknown> {
        if let Some((kind, left)) = self.skipping {
            let now = left.min(self.buffer.len());
            self.buffer.advance(now);
            self.skipping = (left > now).then_some((kind, left - now));
            return Ok(if left == now { Some(Frame { kind, body: None }) } else { None });
        }
        if self.buffer.len() < 5 {
            return Ok(None);
        }
        let length =
            u32::from_le_bytes([self.buffer[0], self.buffer[1], self.buffer[2], self.buffer[3]]) as usize;
        let kind = match self.buffer[4] {
            1 => Kind::Ready,
            2 => Kind::InitError,
            3 => Kind::Answer,
            4 => Kind::Error,
            5 => Kind::Log,
            6 => Kind::Output,
            7 => Kind::Stream,
            8 => Kind::Chunk,
            20 => Kind::Waiting,
            21 => Kind::Hints,
            22 => Kind::Image,
            23 => Kind::Inspector,
            other => return Err(Unknown(other)),
        };
        let body = length.saturating_sub(1);
        if body > RESPONSE_BYTES_MAX {
            self.buffer.advance(5);
            self.skipping = Some((kind, body));
            return self.next();
        }
        if self.buffer.len() < body + 5 {
            self.buffer.reserve(body + 5 - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(5);
        Ok(Some(Frame { kind, body: Some(self.buffer.split_to(body).freeze()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        [&length(body.len() + 1)[..], &[kind], body].concat()
    }

    #[test]
    fn an_invocation_is_head_and_event() {
        let mut out = vec![9; 100];
        let head = Head {
            request_id: "id",
            remaining_millis: 3000,
            invoked_arn: "arn",
            trace: "",
            client_context: "",
            identity: "",
        };
        invoke(&mut out, &head, b"{}");
        assert_eq!(out, [&length(21)[..], &[2], &length(14), b"id\n3000\narn\n\n\n", b"{}"].concat());
    }

    #[test]
    fn frames_come_in_any_pieces() {
        let bytes = [frame(5, b"line"), frame(3, b"{\"a\":1}")].concat();
        for size in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let mut frames = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.buffer.extend_from_slice(piece);
                while let Some(frame) = decoder.next().unwrap() {
                    frames.push(frame);
                }
            }
            assert_eq!(frames.len(), 2);
            assert_eq!(frames[0], Frame { kind: Kind::Log, body: Some(Bytes::from_static(b"line")) });
            assert_eq!(frames[1].body.as_deref(), Some(&b"{\"a\":1}"[..]));
        }
    }

    #[test]
    fn a_frame_that_is_too_large_is_skipped_without_being_held() {
        let mut decoder = Decoder::default();
        let large = vec![b' '; RESPONSE_BYTES_MAX + 1];
        decoder.buffer.extend_from_slice(&frame(3, &large)[..1000]);
        assert!(decoder.next().unwrap().is_none());
        assert_eq!(decoder.buffer.len(), 0);
        decoder.buffer.extend_from_slice(&frame(3, &large)[1000..]);
        decoder.buffer.extend_from_slice(&frame(1, b""));
        assert_eq!(decoder.next().unwrap(), Some(Frame { kind: Kind::Answer, body: None }));
        assert_eq!(decoder.next().unwrap().map(|frame| frame.kind), Some(Kind::Ready));
    }

    #[test]
    fn unknown_kinds_are_refused() {
        let mut decoder = Decoder::default();
        decoder.buffer.extend_from_slice(&frame(77, b""));
        assert!(decoder.next().is_err());
    }
}
