//! A response that a runtime streams: its bytes go on as they come.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use std::io;

use bytes::{Buf, Bytes};
use tokio::sync::{mpsc, oneshot};

use super::{Call, Connection, Kind, Request, Verdict, done, fault, gone};

/// What AWS takes a stream for whose runtime does not say it.
const DEFAULT_TYPE: &str = "application/octet-stream";
/// Bytes that go on in one piece.
const PIECE_BYTES_MAX: usize = 256 * 1024;

/// Passes the body of a response on to the environment, and answers the runtime at its end.
pub(super) async fn pass_on(
    connection: &mut Connection,
    request_id: &str,
    request: &Request,
    calls: &mpsc::Sender<Call>,
) -> io::Result<()> {
    let (reply, verdict) = oneshot::channel();
    let content_type = request.content_type.clone().unwrap_or_else(|| DEFAULT_TYPE.to_string());
    let call = Call::Begin { request_id: request_id.to_string(), content_type, reply };
    calls.send(call).await.map_err(|_| gone())?;
    let verdict = verdict.await.map_err(|_| gone())?;
    let passed = pieces(connection, request_id, (verdict == Verdict::Accepted).then_some(calls)).await;
    if verdict != Verdict::Accepted {
        passed?;
        return connection.verdict(verdict);
    }
    let (kind, body) = match passed {
        Ok(None) => (Kind::Answer, Bytes::new()),
        Ok(Some(error)) => (Kind::Error, error),
        // The connection broke in the middle: nobody is left to answer to.
        Err(error) => {
            done(calls, request_id, Kind::Error, Some(fault("Runtime.TruncatedResponse", ""))).await?;
            return Err(error);
        }
    };
    let verdict = done(calls, request_id, kind, Some(body)).await?;
    connection.verdict(verdict)
}

/// Reads the chunks and sends them on, where there is somebody to send them to; the error of the trailers at the end.
async fn pieces(
    connection: &mut Connection,
    request_id: &str,
    calls: Option<&mpsc::Sender<Call>>,
) -> io::Result<Option<Bytes>> {
    loop {
        let mut left = connection.chunk_size().await?;
        if left == 0 {
            return connection.trailers().await;
        }
        while left > 0 {
            if connection.input.is_empty() && !connection.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now = left.min(connection.input.len()).min(PIECE_BYTES_MAX);
            left -= now;
            match calls {
                Some(calls) => {
                    let body = connection.input.split_to(now).freeze();
                    let call = Call::Piece { request_id: request_id.to_string(), body };
                    calls.send(call).await.map_err(|_| gone())?;
                }
                None => connection.input.advance(now),
            }
        }
        connection.line().await?;
    }
}
