//! One HTTP/1.1 connection of a runtime: requests are served in order and may be pipelined.
//!
//! Written by hand because a general server costs more than the rest of an invocation together.

use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use super::{Call, NextReply, Shared, Verdict};
use crate::limits::RESPONSE_BYTES_MAX;
use crate::runtime::frames::Kind;

mod extensions;
mod streaming;

/// Room for the request line and headers.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Headers of one request; runtimes send fewer than ten.
const HEADERS_MAX: usize = 64;
/// The only mode of `Lambda-Runtime-Function-Response-Mode`.
const STREAMING: &str = "streaming";
const PREFIX: &str = "/2018-06-01/runtime/";

/// A parsed request. The body is none when it was too large.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    method: String,
    path: String,
    error_type: Option<String>,
    body: Option<Bytes>,
    /// The error that came in a trailer after a chunked body.
    failed_late: Option<Bytes>,
    /// `Lambda-Runtime-Function-Response-Mode`.
    mode: Option<String>,
    content_type: Option<String>,
    /// The body is chunked and was not read yet, because it is to be passed on as it comes.
    flows: bool,
    /// The client waits for `100 Continue` before it sends the body.
    expects: bool,
    /// The connection ends with this request.
    last: bool,
    /// Headers whose names begin with `Lambda-Extension-`: the rest of the name in lower case, and the value.
    extension: Vec<(String, String)>,
}

/// How a request's body ends.
#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    Chunked,
}

struct Connection {
    stream: TcpStream,
    input: BytesMut,
    output: Vec<u8>,
}

/// Serves until the runtime closes the connection or the environment ends.
/// `shared` comes with the first process of the sandbox.
pub(super) async fn serve(
    stream: TcpStream,
    calls: mpsc::Sender<Call>,
    shared: Option<(Arc<Shared>, u32)>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection { stream, input: BytesMut::with_capacity(8192), output: Vec::new() };
    while let Some(request) = connection.request().await? {
        let last = request.last;
        match &shared {
            Some((shared, init)) if extensions::is_for(&request) => {
                extensions::answer(&mut connection, &request, shared, *init).await?;
            }
            _ => answer(&mut connection, request, &calls).await?,
        }
        // Answers to pipelined requests leave in one write.
        if connection.input.is_empty() || last {
            connection.flush().await?;
        }
        if last {
            break;
        }
    }
    Ok(())
}

async fn answer(connection: &mut Connection, request: Request, calls: &mpsc::Sender<Call>) -> io::Result<()> {
    if request.path == "/2018-06-01/ping" {
        connection.plain(200, "OK", "pong");
        return Ok(());
    }
    let Some(path) = request.path.strip_prefix(PREFIX) else {
        return connection.error(404, "InvalidPath", "not found");
    };
    let parts: Vec<&str> = path.split('/').collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("GET", ["invocation", "next"]) => {
            let (reply, next) = oneshot::channel();
            connection.flush().await?; // What was answered before must not wait for the next invocation.
            calls.send(Call::Next(reply)).await.map_err(|_| gone())?;
            let next = next.await.map_err(|_| gone())?;
            connection.next(&next);
            Ok(())
        }
        ("POST", ["invocation", request_id, "response"]) if request.flows => {
            streaming::pass_on(connection, request_id, &request, calls).await
        }
        ("POST", ["invocation", request_id, "response"])
            if request.mode.as_deref().is_some_and(|mode| mode != STREAMING) =>
        {
            let body = fault("Runtime.InvalidResponseModeHeader", "");
            done(calls, request_id, Kind::Error, Some(body)).await?;
            connection.error(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        }
        ("POST", ["invocation", request_id, what @ ("response" | "error")]) => {
            let (kind, body) = match (*what, request.failed_late) {
                ("error", _) => (Kind::Error, request.body),
                (_, Some(late)) => (Kind::Error, Some(late)),
                _ => (Kind::Answer, request.body),
            };
            let verdict = done(calls, request_id, kind, body).await?;
            connection.verdict(verdict)
        }
        ("POST", ["init", "error"]) => {
            let body = request
                .body
                .filter(|body| !body.is_empty())
                .unwrap_or_else(|| init_error(request.error_type));
            let (reply, verdict) = oneshot::channel();
            calls.send(Call::InitError { body, reply }).await.map_err(|_| gone())?;
            connection.verdict(verdict.await.map_err(|_| gone())?)
        }
        _ => connection.error(404, "InvalidPath", "not found"),
    }
}

fn gone() -> io::Error {
    io::Error::other("the environment has ended")
}

/// Tells the environment how the invocation ended.
async fn done(
    calls: &mpsc::Sender<Call>,
    request_id: &str,
    kind: Kind,
    body: Option<Bytes>,
) -> io::Result<Verdict> {
    let (reply, verdict) = oneshot::channel();
    let call = Call::Done { request_id: request_id.to_string(), kind, body, reply };
    calls.send(call).await.map_err(|_| gone())?;
    verdict.await.map_err(|_| gone())
}

fn init_error(kind: Option<String>) -> Bytes {
    serde_json::json!({"errorType": kind.unwrap_or_else(|| "Unknown".to_string())}).to_string().into()
}

/// An error of the function that the runtime did not put in words.
fn fault(kind: &str, message: &str) -> Bytes {
    serde_json::json!({"errorType": kind, "errorMessage": message}).to_string().into()
}

impl Connection {
    async fn flush(&mut self) -> io::Result<()> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.stream.read_buf(&mut self.input).await? > 0)
    }

    /// The next request; None when the runtime has closed the connection.
    async fn request(&mut self) -> io::Result<Option<Request>> {
        let (mut request, length) = loop {
            if let Some(found) = parse_head(&mut self.input)? {
                break found;
            }
            if self.input.len() > HEAD_BYTES_MAX {
                return Err(io::Error::other("the head of a request is too large"));
            }
            self.flush().await?;
            if !self.more().await? {
                return Ok(None);
            }
        };
        if request.expects && self.input.is_empty() {
            self.output.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            self.flush().await?;
        }
        match length {
            Length::Known(length) => request.body = self.known(length).await?,
            Length::Chunked if request.mode.as_deref() == Some(STREAMING) => request.flows = true,
            Length::Chunked => self.chunked(&mut request).await?,
        }
        Ok(Some(request))
    }

    /// A body of known length. One that is too large is read to its end and dropped.
    async fn known(&mut self, length: usize) -> io::Result<Option<Bytes>> {
        let mut left = length;
        if length > RESPONSE_BYTES_MAX {
            while left > 0 {
                let now = left.min(self.input.len());
                self.input.advance(now);
                left -= now;
                if left > 0 && !self.more().await? {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            return Ok(None);
        }
        while self.input.len() < length {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Some(self.input.split_to(length).freeze()))
    }

    /// A chunked body, as streaming runtimes send it, with its trailers.
    async fn chunked(&mut self, request: &mut Request) -> io::Result<()> {
        let mut body = BytesMut::new();
        let mut too_large = false;
        loop {
            let size = self.chunk_size().await?;
            if size == 0 {
                break;
            }
            match self.known(size).await? {
                Some(chunk) if body.len() + chunk.len() <= RESPONSE_BYTES_MAX => {
                    body.extend_from_slice(&chunk)
                }
                _ => too_large = true,
            }
            self.line().await?;
        }
        request.failed_late = self.trailers().await?;
        request.body = (!too_large).then(|| body.freeze());
        Ok(())
    }

    /// The first line of a chunk; zero is the last one.
    async fn chunk_size(&mut self) -> io::Result<usize> {
        let line = self.line().await?;
        let size = line.split(';').next().unwrap_or_default().trim();
        usize::from_str_radix(size, 16).map_err(io::Error::other)
    }

    /// The trailers of a chunked body, and the error that they tell: `Lambda-Runtime-Function-Error-Type`, and
    /// `Lambda-Runtime-Function-Error-Body` with the error as JSON in base64.
    async fn trailers(&mut self) -> io::Result<Option<Bytes>> {
        let (mut kind, mut body) = (None, None);
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("lambda-runtime-function-error-type") {
                kind = Some(value.trim().to_string());
            } else if name.eq_ignore_ascii_case("lambda-runtime-function-error-body") {
                // A body that is no base64 tells nothing; the type still does.
                body = STANDARD.decode(value.trim()).ok().filter(|body| !body.is_empty());
            }
        }
        Ok(match (kind, body) {
            (None, None) => None,
            (_, Some(body)) => Some(body.into()),
            (Some(kind), None) => Some(fault(&kind, "")),
        })
    }

    /// A line without its end.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.input.windows(2).position(|two| two == b"\r\n") {
                let line = self.input.split_to(end);
                self.input.advance(2);
                return String::from_utf8(line.to_vec()).map_err(io::Error::other);
            }
            if self.input.len() > HEAD_BYTES_MAX {
                return Err(io::Error::other("a line is too long"));
            }
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn next(&mut self, next: &NextReply) {
        let mut head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: {}\r\n\
             Lambda-Runtime-Deadline-Ms: {}\r\nLambda-Runtime-Invoked-Function-Arn: {}\r\n",
            next.request_id, next.deadline_millis, next.invoked_arn
        );
        for (name, value) in [
            ("Lambda-Runtime-Trace-Id", &next.trace),
            ("Lambda-Runtime-Client-Context", &next.client_context),
            ("Lambda-Runtime-Cognito-Identity", &next.identity),
        ] {
            if !value.is_empty() {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", next.body.len()));
        self.output.extend_from_slice(head.as_bytes());
        self.output.extend_from_slice(&next.body);
    }

    fn verdict(&mut self, verdict: Verdict) -> io::Result<()> {
        match verdict {
            Verdict::Accepted => {
                self.json(202, "Accepted", r#"{"status":"OK"}"#);
                Ok(())
            }
            Verdict::InvalidRequestId => self.error(400, "InvalidRequestID", "Invalid request ID"),
            Verdict::TooLarge => self.error(
                413,
                "RequestEntityTooLarge",
                &format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes)."),
            ),
        }
    }

    fn error(&mut self, status: u16, kind: &str, message: &str) -> io::Result<()> {
        let body = serde_json::json!({"errorType": kind, "errorMessage": message}).to_string();
        let reason = match status {
            400 => "Bad Request",
            403 => "Forbidden",
            405 => "Method Not Allowed",
            413 => "Payload Too Large",
            _ => "Not Found",
        };
        self.json(status, reason, &body);
        Ok(())
    }

    fn json(&mut self, status: u16, reason: &str, body: &str) {
        self.whole(status, reason, "application/json", body);
    }

    fn plain(&mut self, status: u16, reason: &str, body: &str) {
        self.whole(status, reason, "text/plain; charset=utf-8", body);
    }

    fn whole(&mut self, status: u16, reason: &str, kind: &str, body: &str) {
        let answer = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.output.extend_from_slice(answer.as_bytes());
    }
}

/// Takes the head of a request off the buffer once it is complete.
fn parse_head(input: &mut BytesMut) -> io::Result<Option<(Request, Length)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut headers);
    let end = match parsed.parse(input).map_err(io::Error::other)? {
        httparse::Status::Complete(end) => end,
        httparse::Status::Partial => return Ok(None),
    };
    let mut length = Length::Known(0);
    let mut request = Request {
        method: parsed.method.unwrap_or_default().to_string(),
        path: parsed.path.unwrap_or_default().to_string(),
        last: parsed.version == Some(0),
        ..Request::default()
    };
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(value.parse().map_err(io::Error::other)?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding")
            && value.eq_ignore_ascii_case("chunked")
        {
            length = Length::Chunked;
        } else if header.name.eq_ignore_ascii_case("lambda-runtime-function-error-type") {
            request.error_type = Some(value.to_string());
        } else if header.name.eq_ignore_ascii_case("lambda-runtime-function-response-mode") {
            request.mode = Some(value.to_string());
        } else if header.name.eq_ignore_ascii_case("content-type") {
            request.content_type = Some(value.to_string());
        } else if header.name.eq_ignore_ascii_case("expect") {
            request.expects = value.eq_ignore_ascii_case("100-continue");
        } else if header.name.eq_ignore_ascii_case("connection") {
            request.last |= value.eq_ignore_ascii_case("close");
        } else if let Some(name) = header.name.to_ascii_lowercase().strip_prefix("lambda-extension-") {
            request.extension.push((name.to_string(), value.to_string()));
        }
    }
    input.advance(end);
    Ok(Some((request, length)))
}
