//! The network as a transport.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Endpoint, Transport};

/// The largest answer that is read. A template has 1 MB, an object for `${s3:...}` should be a small text.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// How long an answer may take. A function may run for 15 minutes and is waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(16 * 60);

/// How long it may take to reach the endpoint.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends requests over HTTP/1.1, with TLS where the endpoint has it.
#[derive(Debug, Clone)]
pub struct Http(Kind);

/// Reading the system's certificates takes longer than a whole call to a cloud nearby, so it is done only for TLS.
#[derive(Debug, Clone)]
enum Kind {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Http {
    /// A transport to an endpoint, with connections of its own.
    pub fn new(endpoint: &Endpoint) -> Result<Self, String> {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let builder = Client::builder(TokioExecutor::new());
        if matches!(endpoint, Endpoint::Url(url) if url.starts_with("http://")) {
            return Ok(Self(Kind::Plain(builder.build(tcp))));
        }
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("cannot read the system's certificates: {error}"))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        Ok(Self(Kind::Tls(builder.build(connector))))
    }
}

#[async_trait]
impl Transport for Http {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let address = match (request.uri().scheme_str(), request.uri().authority()) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
            _ => request.uri().to_string(),
        };
        let answer = async {
            let request = request.map(Full::new);
            let response = match &self.0 {
                Kind::Plain(client) => client.request(request).await,
                Kind::Tls(client) => client.request(request).await,
            };
            let response = response.map_err(|error| {
                let mut cause: &dyn std::error::Error = &error;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                format!("cannot reach {address}: {cause}")
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX)
                .collect()
                .await
                .map_err(|error| format!("{address} broke off its answer: {error}"))?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        tokio::time::timeout(ANSWER_TIMEOUT, answer)
            .await
            .unwrap_or_else(|_| Err(format!("{address} does not answer")))
    }
}
