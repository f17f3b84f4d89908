//! Between hyper's bodies and ours.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Stream as _, StreamExt};
use http::{HeaderValue, Request, Response, header};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use shape::Stream;

/// A request with its body as a stream.
pub(super) fn request(request: Request<Incoming>) -> Request<Stream> {
    request.map(|body| {
        let length = body.size_hint().exact();
        if length == Some(0) {
            return Stream::empty();
        }
        Stream::new(body.into_data_stream().map(|piece| piece.map_err(io::Error::other)), length)
    })
}

/// A response that hyper can send; its length is told where it is known.
pub(super) fn response(response: Response<Stream>) -> Response<Outgoing> {
    let (mut parts, body) = response.into_parts();
    let length = body.length();
    if let Some(length) = length
        && !parts.headers.contains_key(header::CONTENT_LENGTH)
        && !parts.status.is_informational()
        && parts.status != http::StatusCode::NO_CONTENT
    {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    let pieces = if length == Some(0) { None } else { body.take() };
    Response::from_parts(parts, Outgoing { pieces, left: length })
}

type Pieces = Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>>;

/// A stream as a body of hyper.
pub(super) struct Outgoing {
    pieces: Option<Pieces>,
    left: Option<u64>,
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(pieces) = &mut self.pieces else {
            return Poll::Ready(None);
        };
        let piece = std::task::ready!(pieces.as_mut().poll_next(cx));
        match piece {
            Some(Ok(bytes)) => {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => {
                self.pieces = None;
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_none() || self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
