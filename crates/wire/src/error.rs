//! Errors as each protocol writes them.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use shape::{Namespace, Stream};

use crate::protocol::media_type;
use crate::route::{RPC_CBOR, RPC_HEADER};
use crate::table::Protocol;
use crate::xml::Writer;
use crate::{Notation, digest};

/// An error on its way to a client, in no protocol yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorBody {
    /// AWS's code: `QueueDoesNotExist`.
    pub code: String,
    /// The code in the query protocol where it is another one; a JSON answer then has `x-amzn-query-error`.
    pub query_code: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// AWS's text.
    pub message: String,
    /// Whether it is our fault (`Receiver` in the query protocol) and not the caller's (`Sender`).
    pub server_fault: bool,
    /// Further members of the error, by name.
    pub details: Vec<(String, String)>,
    /// Further members that are no texts; only the JSON protocols can carry them.
    pub json: Vec<(String, serde_json::Value)>,
    /// Headers of the answer.
    pub headers: Vec<(String, String)>,
}

impl ErrorBody {
    /// An error of the caller's making.
    pub(crate) fn caller(code: &str, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), status, message: message.into(), ..Self::default() }
    }

    fn fault(&self) -> &'static str {
        if self.server_fault { "Receiver" } else { "Sender" }
    }
}

/// The answer that says `error` in `protocol`. The answer to a `HEAD` request has no body.
pub fn encode_error(
    protocol: &Protocol,
    error: &ErrorBody,
    request_id: &str,
    head_request: bool,
) -> Response<Stream> {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (mut response, body) = match protocol {
        Protocol::Json { .. } | Protocol::Cbor { .. } | Protocol::RpcCbor { .. } => {
            let members = members(error, Some(&error.code));
            (answer(status, &media_type(protocol)), Notation::of(protocol).encode_value(&members))
        }
        Protocol::RestJson => {
            let mut response = answer(status, "application/json");
            insert(&mut response, "x-amzn-errortype", &error.code);
            (response, members(error, None).to_string().into_bytes())
        }
        Protocol::Query { namespace, .. } => {
            (answer(status, "text/xml"), wrapped_xml(error, Some(namespace), request_id))
        }
        Protocol::RestXml { namespace, wrapped_errors: true } => {
            (answer(status, "text/xml"), wrapped_xml(error, *namespace, request_id))
        }
        Protocol::RestXml { wrapped_errors: false, .. } => {
            (answer(status, "application/xml"), s3_xml(error, request_id))
        }
    };
    standing_headers(&mut response, protocol, request_id);
    if let Some(query_code) = &error.query_code
        && (protocol.is_rpc() || *protocol == Protocol::RestJson)
    {
        insert(&mut response, "x-amzn-query-error", &format!("{query_code};{}", error.fault()));
    }
    for (name, value) in &error.headers {
        insert(&mut response, name, value);
    }
    let no_body = head_request || matches!(error.status, 204 | 304);
    if no_body {
        response.headers_mut().remove(http::header::CONTENT_TYPE);
    } else {
        *response.body_mut() = Stream::once(body.into());
    }
    response
}

fn answer(status: StatusCode, content_type: &str) -> Response<Stream> {
    let mut response = Response::new(Stream::empty());
    *response.status_mut() = status;
    insert(&mut response, "content-type", content_type);
    response
}

/// Sets a header. Bytes that cannot stand in one (line breaks) become spaces: texts may hold what clients sent.
pub(crate) fn insert(response: &mut Response<Stream>, name: &str, value: &str) {
    let clean: Vec<u8> = value.bytes().map(|b| if b < b' ' || b == 0x7f { b' ' } else { b }).collect();
    let name = HeaderName::from_bytes(name.as_bytes());
    // Names are ours, or prefix and metadata name that came in a header; one that is none cannot be sent.
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&clean)) {
        response.headers_mut().insert(name, value);
    }
}

/// The headers of every answer: those that name the request, and what a protocol wants to be told by.
pub(crate) fn standing_headers(response: &mut Response<Stream>, protocol: &Protocol, request_id: &str) {
    if matches!(protocol, Protocol::RestXml { wrapped_errors: false, .. }) {
        insert(response, "x-amz-request-id", request_id);
        insert(response, "x-amz-id-2", &host_id(request_id));
    } else {
        insert(response, "x-amzn-requestid", request_id);
    }
    if matches!(protocol, Protocol::RpcCbor { .. }) {
        insert(response, RPC_HEADER, RPC_CBOR);
    }
}

/// S3's second id: in AWS it names the host, for us it is only another name of the request.
fn host_id(request_id: &str) -> String {
    digest::of(digest::Algorithm::Sha256, request_id.as_bytes()).base64()
}

fn members(error: &ErrorBody, kind: Option<&str>) -> serde_json::Value {
    let mut members = serde_json::Map::new();
    if let Some(kind) = kind {
        members.insert("__type".into(), kind.into());
    }
    if !error.message.is_empty() {
        members.insert("message".into(), error.message.as_str().into());
    }
    for (name, value) in &error.details {
        members.insert(name.clone(), value.as_str().into());
    }
    members.extend(error.json.iter().cloned());
    serde_json::Value::Object(members)
}

fn wrapped_xml(error: &ErrorBody, namespace: Option<&'static str>, request_id: &str) -> Vec<u8> {
    let mut writer = Writer::new(false);
    writer.open("ErrorResponse", namespace.map(|uri| Namespace { prefix: None, uri }));
    writer.open("Error", None);
    writer.leaf("Type", error.fault());
    writer.leaf("Code", error.query_code.as_deref().unwrap_or(&error.code));
    if !error.message.is_empty() {
        writer.leaf("Message", &error.message);
    }
    for (name, value) in &error.details {
        writer.leaf(name, value);
    }
    writer.close("Error");
    writer.leaf("RequestId", request_id);
    writer.close("ErrorResponse");
    writer.finish()
}

fn s3_xml(error: &ErrorBody, request_id: &str) -> Vec<u8> {
    let mut writer = Writer::new(true);
    writer.open("Error", None);
    writer.leaf("Code", &error.code);
    writer.leaf("Message", &error.message);
    for (name, value) in &error.details {
        writer.leaf(name, value);
    }
    writer.leaf("RequestId", request_id);
    writer.leaf("HostId", &host_id(request_id));
    writer.close("Error");
    writer.finish()
}
