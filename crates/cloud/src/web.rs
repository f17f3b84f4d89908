//! HTTP to the world outside: endpoints that users name, such as subscribers and API destinations.
//!
//! Redirects are not followed, and what an endpoint answers is read within limits. Only Free operations may use it.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Connections;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// What a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the whole answer is there, in milliseconds.
    pub time_millis: u64,
    /// Bytes of the answer's body; what is beyond is not read.
    pub answer_bytes_max: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody could be reached, or the connection broke.
    #[error("the endpoint could not be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("the endpoint did not answer in time")]
    Late,
    /// This machine has no certificates to trust.
    #[error("HTTP cannot be spoken from this machine: {0}")]
    Unable(String),
}

type Pool = Connections<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The client of a cloud: `cx.state::<web::Client>()`. It keeps connections.
#[derive(Debug, Default)]
pub struct Client(OnceLock<Result<Pool, String>>);

impl Client {
    /// Sends a request and reads the answer.
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        limits: Limits,
    ) -> Result<http::Response<Bytes>, Error> {
        let pool = self.0.get_or_init(connect).as_ref().map_err(|cause| Error::Unable(cause.clone()))?;
        let answer = exchange(pool, request, limits.answer_bytes_max);
        match tokio::time::timeout(Duration::from_millis(limits.time_millis), answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Error::Late),
        }
    }
}

fn connect() -> Result<Pool, String> {
    let connector = HttpsConnectorBuilder::new().with_native_roots().map_err(|error| error.to_string())?;
    let connector = connector.https_or_http().enable_http1().build();
    Ok(Connections::builder(TokioExecutor::new()).build(connector))
}

async fn exchange(
    pool: &Pool,
    request: http::Request<Bytes>,
    bytes_max: usize,
) -> Result<http::Response<Bytes>, Error> {
    let answer = pool.request(request.map(Full::new)).await;
    let (parts, mut body) = answer.map_err(|error| Error::Unreachable(chain(&error)))?.into_parts();
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Error::Unreachable(chain(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = bytes_max - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            break;
        }
    }
    Ok(http::Response::from_parts(parts, read.freeze()))
}

/// An error with its causes: the outermost alone says only that something failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn ask(answer: &'static str, limits: Limits) -> Result<http::Response<Bytes>, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut heard = [0; 1024];
            assert!(socket.read(&mut heard).await.unwrap() > 0);
            socket.write_all(answer.as_bytes()).await.unwrap();
            // Silence, until the client has had enough.
            assert_eq!(socket.read(&mut heard).await.unwrap_or(0), 0);
        });
        let request = http::Request::post(url).body(Bytes::from("x")).unwrap();
        Client::default().send(request, limits).await
    }

    #[tokio::test]
    async fn answers_are_read_within_limits() {
        let limits = Limits { time_millis: 10_000, answer_bytes_max: 3 };
        let moved = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 5\r\n\r\nhello";
        let answer = ask(moved, limits).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (302, &b"hel"[..]));
        let silent = Limits { time_millis: 50, answer_bytes_max: 3 };
        assert!(matches!(ask("", silent).await, Err(Error::Late)));
        let nobody = http::Request::post("http://127.0.0.1:1/").body(Bytes::new()).unwrap();
        assert!(matches!(Client::default().send(nobody, limits).await, Err(Error::Unreachable(_))));
    }
}
