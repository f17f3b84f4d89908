//! Requests in, answers out, in the protocol that the router found.

use std::borrow::Cow;

use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use http::{Response, StatusCode};
use shape::{Binding, Doc, Schema, Stream};

use crate::error::{ErrorBody, insert, standing_headers};
use crate::table::{Http, OperationRoute, Protocol};
use crate::text::Problem;
use crate::{Notation, eventstream, json, query, rest, xml};

/// A request's body.
#[derive(Clone, Debug)]
pub enum Body {
    /// All of it, at hand.
    Whole(Bytes),
    /// It flows in while the operation runs.
    Flow(Stream),
}

impl Body {
    /// The bytes at hand; a body that flows has none for codecs (the router says which operations want a flow).
    pub(crate) fn whole(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::Flow(_) => &[],
        }
    }
}

/// Reads the input of `operation` from a request. `labels` are those of [`crate::Found`].
///
/// # Errors
/// When the request is malformed, in AWS's words.
#[expect(clippy::result_large_err, reason = "an error ends the request: its size costs nothing that counts")]
pub fn decode(
    protocol: &Protocol,
    operation: &OperationRoute,
    labels: &[(String, String)],
    parts: &http::request::Parts,
    body: Body,
) -> Result<Doc, ErrorBody> {
    let schema = (operation.input)();
    match protocol {
        Protocol::Json { .. } | Protocol::Cbor { .. } | Protocol::RpcCbor { .. } => {
            Notation::of(protocol).decode(schema, body.whole()).map_err(|e| in_json(&e))
        }
        Protocol::Query { .. } => {
            let is_form = parts.method == http::Method::POST;
            let form = if is_form { body.whole() } else { &[] };
            query::Form::parse(parts.uri.query().unwrap_or(""), form)
                .and_then(|form| query::decode(schema, &form))
                .map_err(in_query)
        }
        Protocol::RestJson => rest::decode(schema, labels, parts, body, rest::Format::Json),
        Protocol::RestXml { .. } => rest::decode(schema, labels, parts, body, rest::Format::Xml),
    }
}

/// Writes the output of the operation called `operation`.
pub fn encode(
    protocol: &Protocol,
    operation: &str,
    http: Option<&Http>,
    output: Schema,
    doc: Doc,
    request_id: &str,
) -> Response<Stream> {
    let mut response = match protocol {
        Protocol::Json { .. } | Protocol::Cbor { .. } | Protocol::RpcCbor { .. } => {
            let notation = Notation::of(protocol);
            match events_of(output, &doc) {
                Some(events) => flow(events, notation),
                None => whole(&media_type(protocol), notation.encode(output, &doc)),
            }
        }
        Protocol::Query { namespace, .. } => {
            whole("text/xml", query::encode(operation, namespace, output, &doc, request_id))
        }
        Protocol::RestJson => rest::encode(operation, output, doc, rest::Format::Json, None),
        Protocol::RestXml { namespace, .. } => {
            rest::encode(operation, output, doc, rest::Format::Xml, *namespace)
        }
    };
    if let Some(http) = http
        && response.status() == StatusCode::OK
        && matches!(protocol, Protocol::RestJson | Protocol::RestXml { .. })
    {
        // A member bound to the status has set another one already.
        *response.status_mut() = StatusCode::from_u16(http.status).unwrap_or(StatusCode::OK);
    }
    standing_headers(&mut response, protocol, request_id);
    response
}

/// The media type of whole answers of a protocol whose answers are documents.
pub(crate) fn media_type(protocol: &Protocol) -> Cow<'static, str> {
    match protocol {
        Protocol::Json { version, .. } => format!("application/x-amz-json-{version}").into(),
        _ => Notation::of(protocol).media_type().into(),
    }
}

/// The events of an answer that comes in events: its payload.
fn events_of(output: Schema, doc: &Doc) -> Option<Stream> {
    let (Schema::Structure(structure), Doc::Structure(values)) = (output, doc) else { return None };
    let at = structure.fields.iter().position(|field| field.binding == Binding::Payload)?;
    match values.get(at)? {
        Doc::Stream(events) => Some(events.clone()),
        _ => None,
    }
}

/// An answer that comes in events. Protocols without HTTP bindings begin with a message for the members beside the
/// events: <https://smithy.io/2.0/spec/streaming.html#initial-response-messages>. No operation here has such members.
fn flow(events: Stream, notation: Notation) -> Response<Stream> {
    let nothing = notation.encode_value(&serde_json::json!({}));
    let first = eventstream::event("initial-response", Some(notation.media_type()), &nothing);
    let first = stream::iter([Ok(first)]);
    let rest = events.take().unwrap_or_else(|| Box::pin(stream::empty()));
    let mut response = Response::new(Stream::new(first.chain(rest), None));
    insert(&mut response, "content-type", eventstream::CONTENT_TYPE);
    response
}

pub(crate) fn whole(content_type: &str, body: Vec<u8>) -> Response<Stream> {
    let mut response = Response::new(Stream::once(body.into()));
    insert(&mut response, "content-type", content_type);
    response
}

pub(crate) fn in_json(error: &json::Error) -> ErrorBody {
    ErrorBody::caller("SerializationException", 400, error.message.clone())
}

pub(crate) fn in_xml(error: xml::Error) -> ErrorBody {
    match error {
        // The text that S3 gives for both.
        xml::Error::Syntax | xml::Error::Value(_) => ErrorBody::caller(
            "MalformedXML",
            400,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
    }
}

fn in_query(error: query::Error) -> ErrorBody {
    match error {
        query::Error::Value(Problem { text, expected }) => {
            ErrorBody::caller("MalformedInput", 400, format!("Invalid {expected} value provided: {text}"))
        }
        query::Error::Encoding => {
            ErrorBody::caller("MalformedQueryString", 400, "The query string contains a syntax error.")
        }
        query::Error::TooLarge => {
            ErrorBody::caller("MalformedInput", 400, "The request has too many parameters.")
        }
    }
}
