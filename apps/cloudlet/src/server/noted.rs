//! A connection whose header names are noted as they come in, and that ends when its client keeps silent at the start.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cloud::header_names::HeaderNames;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How every connection of HTTP/2 begins. Its names are in lower case, so there is nothing to note.
const HTTP_2: &[u8] = b"PRI * HTTP/2";
/// How many bytes a client has to send before it has said which version of HTTP it speaks (RFC 9113, section 3.4).
/// Until then nobody else watches the time.
const PREFACE_BYTES: usize = 24;

/// A stream that notes the names of headers which are read from it.
pub(super) struct Noted<S> {
    stream: S,
    names: HeaderNames,
    noting: bool,
    /// How many bytes of the preface are still to come, and until when; nothing once they are there.
    preface: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Noted<S> {
    pub(super) fn new(stream: S, preface_time: Duration) -> Self {
        let preface = Some((PREFACE_BYTES, Box::pin(tokio::time::sleep(preface_time))));
        Self { stream, names: HeaderNames::default(), noting: true, preface }
    }

    /// The names, as they become known.
    pub(super) fn names(&self) -> HeaderNames {
        self.names.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if let Some((left, end)) = &mut self.preface {
            match &polled {
                Poll::Pending if end.as_mut().poll(cx).is_ready() => {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending => {}
                Poll::Ready(_) => {
                    *left = left.saturating_sub(buf.filled().len() - before);
                    if *left == 0 {
                        self.preface = None;
                    }
                }
            }
        }
        if self.noting && matches!(polled, Poll::Ready(Ok(()))) {
            let new = &buf.filled()[before..];
            if new.starts_with(HTTP_2) {
                self.noting = false;
            } else {
                self.names.note(new);
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    #[tokio::test]
    async fn names_are_noted_and_http_2_is_left_alone() {
        let time = Duration::from_secs(30);
        let mut noted = Noted::new(&b"GET / HTTP/1.1\r\nX-Abc: 1\r\n\r\n"[..], time);
        let mut text = String::new();
        noted.read_to_string(&mut text).await.expect("readable");
        assert!(text.ends_with("X-Abc: 1\r\n\r\n"));
        assert_eq!(noted.names().names().get("x-abc").map(|name| &**name), Some("X-Abc"));
        let mut noted = Noted::new(&b"PRI * HTTP/2.0\r\n\r\nSM\r\nX-Abc: 1\r\n"[..], time);
        noted.read_to_string(&mut text).await.expect("readable");
        assert!(noted.names().names().is_empty());
    }

    /// A client that connected and said nothing held its connection for ever.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_keeps_silent_is_sent_away() {
        let (mut client, server) = tokio::io::duplex(1024);
        tokio::io::AsyncWriteExt::write_all(&mut client, b"GET /").await.expect("the server reads");
        let mut noted = Noted::new(server, Duration::from_secs(30));
        let mut buffer = [0; 64];
        assert_eq!(noted.read(&mut buffer).await.expect("what was sent"), 5);
        let error = noted.read(&mut buffer).await.expect_err("nothing more comes");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
