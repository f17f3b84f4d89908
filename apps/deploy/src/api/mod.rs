//! A small signed client for the AWS APIs that a deployment needs.
//!
//! Start at [`Api`]. The modules below it are the services, each with the few operations that are used, named as AWS
//! names them. A request goes to one endpoint for everything (Cloudlet) or to each service's own host (AWS).

pub mod apigateway;
pub mod cloudformation;
mod http;
pub mod lambda;
pub mod logs;
pub mod messages;
mod remote;
pub mod s3;
pub mod sns;
pub mod xml;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use ::http::{HeaderMap, Method, Request, Response};
use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use wire::sigv4::{Credentials, Payload, Signer};

pub use self::http::Http;

/// How often a request is sent at most. Throttling and short failures of AWS pass within a second or two.
const ATTEMPTS_MAX: u32 = 5;

/// The wait before the first repetition; it doubles each time.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// What carries requests: the network, or a pretended AWS in tests.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and returns the whole answer; an error is a text for the user.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String>;
}

/// Where requests go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// One address for all services, such as `http://127.0.0.1:4566`.
    Url(String),
    /// The hosts of AWS.
    Aws,
}

/// Tells the time that requests are signed with.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A signed client for one account and region.
#[derive(Clone)]
pub struct Api {
    transport: Arc<dyn Transport>,
    endpoint: Endpoint,
    region: String,
    credentials: Credentials,
    clock: Clock,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The credentials stay out.
        f.debug_struct("Api")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// Why a call did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// AWS's code, `Unreachable` when there was no answer.
    pub code: String,
    /// AWS's message.
    pub message: String,
    /// The status, 0 when there was no answer.
    pub status: u16,
}

impl Error {
    /// Whether AWS says that what was asked for is not there.
    pub fn is_missing(&self) -> bool {
        self.status == 404 || self.code.contains("NotFound") || self.message.contains("does not exist")
    }
}

/// A call in the making.
pub(crate) struct Call<'a> {
    /// The signing name.
    pub(crate) service: &'a str,
    pub(crate) method: Method,
    /// The host's part before the service, for buckets.
    pub(crate) subdomain: Option<&'a str>,
    /// The path, encoded.
    pub(crate) path: String,
    /// The query, encoded, without `?`.
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) body: Bytes,
}

impl Api {
    /// A client.
    pub fn new(
        transport: Arc<dyn Transport>,
        endpoint: Endpoint,
        region: impl Into<String>,
        credentials: Credentials,
        clock: Clock,
    ) -> Self {
        Self { transport, endpoint, region: region.into(), credentials, clock }
    }

    /// The same client for another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// Where requests go.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The region that requests are for.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Calls an operation of a query service (form in, XML out).
    pub(crate) async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<xml::Element, Error> {
        let mut pairs =
            vec![("Action".to_owned(), action.to_owned()), ("Version".to_owned(), version.to_owned())];
        pairs.extend_from_slice(parameters);
        let body: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        let content_type = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
        let response = self
            .call(Call {
                service,
                method: Method::POST,
                subdomain: None,
                path: "/".to_owned(),
                query: String::new(),
                headers: vec![("content-type", content_type)],
                body: Bytes::from(body.join("&")),
            })
            .await?;
        xml::parse(response.body()).map_err(|error| broken(service, &error))
    }

    /// Calls an operation of a JSON service.
    pub(crate) async fn json(&self, service: &str, target: &str, input: &Value) -> Result<Value, Error> {
        let response = self
            .call(Call {
                service,
                method: Method::POST,
                subdomain: None,
                path: "/".to_owned(),
                query: String::new(),
                headers: vec![
                    ("content-type", "application/x-amz-json-1.1".to_owned()),
                    ("x-amz-target", target.to_owned()),
                ],
                body: Bytes::from(input.to_string()),
            })
            .await?;
        body_json(service, response.body())
    }

    /// Sends a call, again when AWS asks for patience.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Response<Bytes>, Error> {
        let mut delay = RETRY_DELAY;
        for attempt in 1.. {
            let error = match self.once(&call).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => failure(&response),
                Err(message) => Error { code: "Unreachable".to_owned(), message, status: 0 },
            };
            if attempt == ATTEMPTS_MAX || !is_passing(&error) {
                return Err(error);
            }
            tokio::time::sleep(delay).await;
            delay *= 2;
        }
        unreachable!("the loop above ends with its last attempt")
    }

    async fn once(&self, call: &Call<'_>) -> Result<Response<Bytes>, String> {
        let (base, host) = self.address(call);
        let mut headers = HeaderMap::new();
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
        headers.insert(HOST, value(&host)?);
        for (name, text) in &call.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
            headers.insert(name, value(text)?);
        }
        let payload = Payload::Hash(hex(digest::digest(&digest::SHA256, &call.body).as_ref()));
        Signer::new(&self.credentials, &self.region, call.service)
            .sign(
                self.now().as_second(),
                (call.method.as_str(), &call.path, &call.query),
                &mut headers,
                &payload,
            )
            .map_err(|error| error.to_string())?;
        let query = if call.query.is_empty() { String::new() } else { format!("?{}", call.query) };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(format!("{base}{}{query}", call.path))
            .body(call.body.clone())
            .map_err(|error| format!("cannot form the request: {error}"))?;
        *request.headers_mut() = headers;
        self.transport.send(request).await
    }

    /// The address of a service, and its host with the port.
    fn address(&self, call: &Call<'_>) -> (String, String) {
        match &self.endpoint {
            Endpoint::Url(url) => {
                let url = url.trim_end_matches('/');
                let host = url.split_once("://").map_or(url, |(_, host)| host).to_owned();
                (url.to_owned(), host)
            }
            Endpoint::Aws => {
                let suffix =
                    if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                let host = match call.subdomain {
                    Some(subdomain) => format!("{subdomain}.{}.{}.{suffix}", call.service, self.region),
                    None => format!("{}.{}.{suffix}", call.service, self.region),
                };
                (format!("https://{host}"), host)
            }
        }
    }
}

/// Whether a failure is of the kind that goes away.
fn is_passing(error: &Error) -> bool {
    let code = error.code.as_str();
    matches!(error.status, 500 | 502 | 503 | 504)
        || code.starts_with("Throttl")
        || matches!(code, "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown")
}

/// The error that an answer holds, in any of AWS's forms.
fn failure(response: &Response<Bytes>) -> Error {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.contains("json"));
    let mut code = header("x-amzn-errortype").unwrap_or_default().to_owned();
    let mut message = String::new();
    if is_json {
        if let Ok(value) = serde_json::from_slice::<Value>(response.body()) {
            let text = |names: &[&str]| {
                names.iter().find_map(|name| value[*name].as_str()).unwrap_or_default().to_owned()
            };
            if code.is_empty() {
                code = text(&["__type", "code", "Code"]);
            }
            message = text(&["message", "Message", "errorMessage"]);
        }
    } else if let Ok(element) = xml::parse(response.body()) {
        let error = element.find("Error").unwrap_or(&element);
        code = error.text_of("Code");
        message = error.text_of("Message");
    }
    // `com.amazonaws.lambda#ResourceNotFoundException:http://...` is `ResourceNotFoundException`.
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    let code = if code.is_empty() { format!("Status{status}") } else { code };
    if message.is_empty() {
        message = match status {
            404 => "not found".to_owned(),
            403 => "access denied".to_owned(),
            _ => format!("the endpoint answered with status {status}"),
        };
    }
    Error { code, message, status }
}

fn broken(service: &str, error: &dyn fmt::Display) -> Error {
    Error { code: "BadAnswer".to_owned(), message: format!("{service} answered badly: {error}"), status: 0 }
}

pub(crate) fn body_json(service: &str, body: &Bytes) -> Result<Value, Error> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| broken(service, &error))
}

/// Percent-encodes everything but what RFC 3986 leaves unreserved, as signatures want it.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Percent-encodes a path, leaving its slashes.
pub(crate) fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of bytes in base64.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, bytes))
}

#[cfg(test)]
pub(crate) mod tests;
