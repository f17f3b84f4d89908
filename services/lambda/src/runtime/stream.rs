//! Answers that come in pieces: what a function streams, on its way to a client that reads it as it comes, or put
//! together for one that does not.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use cloud::trace::Late;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::environment::Invocation;
use super::outcome::{Ended, Outcome};
use super::pool::Shelf;
use crate::admission::Permit;
use crate::limits::{RESPONSE_BYTES_MAX, STREAM_BYTES_MAX};

/// Pieces that wait for a slow client; beyond that the function waits, too.
const PIECES_MAX: usize = 16;

/// The content type of an answer whose first bytes say status and headers of an HTTP response.
pub(crate) const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

/// What a client of a streamed answer gets, in order: perhaps a start with chunks, then the end.
#[derive(Debug)]
pub(crate) enum Piece {
    /// The function has begun to stream, with this content type.
    Start(String),
    /// The next bytes.
    Chunk(Bytes),
    /// How it ended. Without a start before it, the outcome has the whole answer; after one, only an error.
    End(Outcome),
}

/// Runs an invocation whose answer is read piece by piece, and then writes its trace record. It goes on to its end also when the reader goes away, as in
/// AWS, where a broken connection of the client does not interrupt the function.
pub(crate) fn invoke(
    shelf: Arc<Shelf>,
    mut invocation: Invocation,
    with_tail: bool,
    permit: Option<Permit>,
    record: Option<Late>,
) -> mpsc::Receiver<Piece> {
    let (sink, pieces) = mpsc::channel(PIECES_MAX);
    invocation.stream = Some(sink.clone());
    tokio::spawn(async move {
        let outcome = shelf.invoke(&invocation, with_tail, permit).await;
        if let Some(record) = record {
            record.end(outcome.noted(0));
        }
        let _reader_is_gone = sink.send(Piece::End(outcome)).await;
    });
    pieces
}

/// The time of the invocation was up while its client did not read.
#[derive(Debug)]
pub(crate) struct TimeUp;

/// What a running invocation has streamed.
#[derive(Debug, Default)]
pub(crate) struct Streamed {
    sink: Option<mpsc::Sender<Piece>>,
    started: bool,
    /// The answer so far, for a client that reads it as a whole.
    held: BytesMut,
    bytes: usize,
}

impl Streamed {
    pub(crate) fn new(sink: Option<mpsc::Sender<Piece>>) -> Streamed {
        Streamed { sink, ..Streamed::default() }
    }

    /// The function begins to stream.
    pub(crate) async fn start(&mut self, content_type: &[u8], until: Instant) -> Result<(), TimeUp> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(()); // It says so twice: the first counts.
        }
        let content_type = String::from_utf8_lossy(content_type).into_owned();
        self.pass(Piece::Start(content_type), until).await
    }

    /// The next bytes. What is too much is dropped, and [`Streamed::end`] tells it.
    pub(crate) async fn chunk(&mut self, bytes: Option<Bytes>, until: Instant) -> Result<(), TimeUp> {
        // A chunk without a body was larger than any chunk may be.
        let Some(bytes) = bytes else {
            self.bytes = usize::MAX;
            return Ok(());
        };
        self.bytes = self.bytes.saturating_add(bytes.len());
        if self.is_too_large() {
            self.held = BytesMut::new();
            return Ok(());
        }
        if self.sink.is_none() {
            self.held.extend_from_slice(&bytes);
            return Ok(());
        }
        self.pass(Piece::Chunk(bytes), until).await
    }

    async fn pass(&mut self, piece: Piece, until: Instant) -> Result<(), TimeUp> {
        let Some(sink) = &self.sink else { return Ok(()) };
        match timeout_at(until, sink.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_reader_is_gone)) => Ok(()),
            Err(_) => Err(TimeUp),
        }
    }

    fn limit(&self) -> usize {
        if self.sink.is_some() { STREAM_BYTES_MAX } else { RESPONSE_BYTES_MAX }
    }

    fn is_too_large(&self) -> bool {
        self.bytes > self.limit()
    }

    /// How the invocation ended, now that the function has answered `rest` after all that it streamed.
    pub(crate) fn end(&mut self, rest: Bytes) -> Ended {
        if !self.started {
            return Ended::Answer(rest);
        }
        if self.is_too_large() {
            return Ended::TooLarge(self.limit());
        }
        Ended::Answer(std::mem::take(&mut self.held).freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Instant {
        Instant::now() + std::time::Duration::from_secs(60)
    }

    #[tokio::test]
    async fn pieces_are_put_together_for_those_who_do_not_stream() {
        let mut streamed = Streamed::new(None);
        streamed.start(b"text/plain", later()).await.unwrap();
        for piece in ["one", "", "two"] {
            streamed.chunk(Some(piece.into()), later()).await.unwrap();
        }
        assert_eq!(streamed.end(Bytes::new()), Ended::Answer("onetwo".into()));
        let mut streamed = Streamed::new(None);
        streamed.start(b"", later()).await.unwrap();
        for _ in 0..7 {
            streamed.chunk(Some(vec![0; 1 << 20].into()), later()).await.unwrap();
        }
        assert_eq!(streamed.held.len(), 0, "nothing is held of what cannot be answered");
        assert_eq!(streamed.end(Bytes::new()), Ended::TooLarge(RESPONSE_BYTES_MAX));
        assert_eq!(Streamed::new(None).end("whole".into()), Ended::Answer("whole".into()));
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_stops_the_function_until_its_time_is_up() {
        let (sink, mut reader) = mpsc::channel(1);
        let mut streamed = Streamed::new(Some(sink));
        streamed.start(b"text/plain", later()).await.unwrap();
        let soon = Instant::now();
        assert!(streamed.chunk(Some("x".into()), soon).await.is_err());
        assert!(matches!(reader.recv().await, Some(Piece::Start(kind)) if kind == "text/plain"));
        drop(reader);
        streamed.chunk(Some("y".into()), later()).await.expect("nobody reads: the function goes on");
    }
}
