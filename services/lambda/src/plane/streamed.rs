//! Answers of function URLs with InvokeMode `RESPONSE_STREAM`.
//!
//! A stream of the content type `application/vnd.awslambda.http-integration-response` begins with status, headers and
//! cookies as JSON and eight zero bytes; any other stream is the body of an answer with status 200.
//! <https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html>

use std::io;

use bytes::Bytes;
use cloud::prelude::*;
use futures::StreamExt;
use http::Response;
use proxyevent::response::{Start, function_url_head};
use tokio::sync::mpsc;

use super::{append, broken, with_body};
use crate::runtime::stream::{HTTP_INTEGRATION, Piece};

/// Room for the JSON: API Gateway allows 10,240 bytes of headers, and Lambda names no number.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The response to a client, as soon as its head is known.
pub(super) async fn response(mut pieces: mpsc::Receiver<Piece>) -> Response<Stream> {
    match pieces.recv().await {
        Some(Piece::Start(content_type)) if content_type == HTTP_INTEGRATION => with_head(pieces).await,
        Some(Piece::Start(content_type)) => {
            let mut response = Response::new(body(Bytes::new(), pieces));
            append(&mut response, "content-type", &content_type);
            response
        }
        // A function that does not stream: what it returned is the body, whatever it looks like.
        Some(Piece::End(outcome)) if !outcome.failed => {
            let mut response = Response::new(Stream::once(outcome.payload));
            append(&mut response, "content-type", "application/json");
            response
        }
        Some(Piece::End(_) | Piece::Chunk(_)) | None => broken(),
    }
}

async fn with_head(mut pieces: mpsc::Receiver<Piece>) -> Response<Stream> {
    let mut start = Start::new(HEAD_BYTES_MAX);
    while let Some(Piece::Chunk(bytes)) = pieces.recv().await {
        let head = match start.push(&bytes) {
            Ok(None) => continue,
            Ok(Some((head, first))) => {
                function_url_head(&head).map(|reply| with_body(&reply, body(first.into(), pieces)))
            }
            Err(malformed) => Err(malformed),
        };
        return head.unwrap_or_else(|malformed| {
            tracing::info!(%malformed, "the head of a streamed answer is no response of a function URL");
            broken()
        });
    }
    broken()
}

/// The rest of the pieces as a body. After an error of the function the body breaks off, so that nobody takes it for
/// a whole one.
fn body(first: Bytes, pieces: mpsc::Receiver<Piece>) -> Stream {
    let rest = futures::stream::unfold(pieces, |mut pieces| async move {
        let bytes = match pieces.recv().await? {
            Piece::Start(_) => Ok(Bytes::new()),
            Piece::Chunk(bytes) => Ok(bytes),
            Piece::End(outcome) if outcome.failed => {
                Err(io::Error::other("the function failed in the middle of its answer"))
            }
            Piece::End(_) => return None,
        };
        Some((bytes, pieces))
    });
    let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
    Stream::new(first.chain(rest), None)
}
