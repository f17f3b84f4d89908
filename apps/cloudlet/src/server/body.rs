//! Between hyper's bodies and ours.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use http::{HeaderValue, Request, Response, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use shape::Stream;

/// How long a client may keep silent in the middle of a body; S3 waits 20 s for its clients, slow links need more.
const STALL: Duration = Duration::from_secs(60);

/// Whether a request's body has been read to its end.
#[derive(Clone)]
pub(super) enum Ended {
    /// There was no body.
    Always,
    When(Arc<AtomicBool>),
}

impl Ended {
    /// Whether it has.
    pub(super) fn get(&self) -> bool {
        match self {
            Self::Always => true,
            Self::When(ended) => ended.load(Ordering::Acquire),
        }
    }
}

/// A request with its body as a stream.
pub(super) fn request(request: Request<Incoming>) -> (Request<Stream>, Ended) {
    if request.body().is_end_stream() {
        return (request.map(|_| Stream::empty()), Ended::Always);
    }
    let ended = Arc::new(AtomicBool::new(false));
    let mark = ended.clone();
    let request = request.map(|body| {
        let length = body.size_hint().exact();
        let pieces = body.into_data_stream().map(|piece| piece.map_err(io::Error::other));
        Stream::new(marked(unstalled(pieces), length, mark), length)
    });
    (request, Ended::When(ended))
}

/// Notes when the last piece was read.
fn marked(
    pieces: impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static,
    length: Option<u64>,
    ended: Arc<AtomicBool>,
) -> impl futures::Stream<Item = io::Result<Bytes>> + Send + 'static {
    let mut left = length;
    let seen = ended.clone();
    let pieces = pieces.inspect_ok(move |piece| {
        left = left.map(|left| left.saturating_sub(piece.len() as u64));
        if left == Some(0) {
            seen.store(true, Ordering::Release);
        }
    });
    let end = futures::stream::poll_fn(move |_| {
        ended.store(true, Ordering::Release);
        Poll::Ready(None)
    });
    pieces.chain(end)
}

/// The pieces, until the client keeps silent for too long.
fn unstalled<P>(pieces: P) -> impl futures::Stream<Item = io::Result<Bytes>> + Send
where
    P: futures::Stream<Item = io::Result<Bytes>> + Send + Unpin,
{
    futures::stream::unfold(Some(pieces), |pieces| async move {
        let mut pieces = pieces?;
        match tokio::time::timeout(STALL, pieces.next()).await {
            Ok(piece) => piece.map(|piece| (piece, Some(pieces))),
            Err(_) => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    })
}

/// A response that hyper can send; its length is told where it is known.
pub(super) fn response(response: Response<Stream>) -> Response<Outgoing> {
    let (mut parts, body) = response.into_parts();
    let length = body.length();
    let is_told = body.whole().is_some_and(|bytes| !bytes.is_empty()); // hyper tells the length of what it holds.
    if let Some(length) = length
        && !is_told
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
        && !parts.status.is_informational()
        && parts.status != http::StatusCode::NO_CONTENT
    {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let pieces = match body.whole() {
        Some(bytes) if bytes.is_empty() => Pieces::None,
        Some(bytes) => Pieces::One(bytes.clone()),
        None => body.take().map_or(Pieces::None, Pieces::Many),
    };
    Response::from_parts(parts, Outgoing { pieces, left: length })
}

/// What is still to be sent.
enum Pieces {
    None,
    One(Bytes),
    Many(Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>>),
}

/// A stream as a body of hyper.
pub(super) struct Outgoing {
    pieces: Pieces,
    left: Option<u64>,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match &mut self.pieces {
            Pieces::None => return Poll::Ready(None),
            Pieces::One(bytes) => Some(Ok(std::mem::take(bytes))),
            Pieces::Many(pieces) => std::task::ready!(pieces.as_mut().poll_next(cx)),
        };
        if matches!(self.pieces, Pieces::One(_)) {
            self.pieces = Pieces::None;
        }
        match piece {
            Some(Ok(bytes)) => {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => {
                self.pieces = Pieces::None;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.pieces, Pieces::None) || self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client that sent half of a body held a connection, and what was read so far, for ever.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_ends_in_an_error() {
        let pieces =
            futures::stream::iter([Ok(Bytes::from_static(b"half"))]).chain(futures::stream::pending());
        let mut body = Box::pin(unstalled(pieces));
        assert_eq!(body.next().await.expect("a piece").expect("read"), "half");
        let error = body.next().await.expect("an error").expect_err("nothing more comes");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(body.next().await.is_none());
    }
}
