//! What a function returned, as an HTTP response.
//!
//! Each kind of API has its own rules about what it accepts, so each has its own entry: [`rest`], [`http_v1`],
//! [`http_v2`] and [`function_url`]. A payload that a kind does not accept is [`Malformed`]; what the client then
//! sees is the gateway's affair.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;

use payload::{Payload, Scalar};

mod payload;
mod start;

pub use start::{HeadAndBody, Start};

/// Names and values.
pub type Headers<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// An HTTP response, borrowed from the payload as far as that goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The status code.
    pub status: u16,
    /// Headers in order; names and values are safe to send.
    pub headers: Headers<'a>,
    /// The body.
    pub body: Cow<'a, [u8]>,
}

/// Why a payload is not a response. The texts are for the log of the API; no client sees them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON of the expected form.
    #[error("the payload is not a proxy response: {0}")]
    Form(String),
    /// A field that REST APIs do not know.
    #[error("the response has the unknown field `{0}`")]
    UnknownField(String),
    /// A status that is not a number from 200 to 599.
    #[error("`{0}` is not a status code")]
    Status(String),
    /// A header that cannot be sent.
    #[error("the header `{0}` has a name or value that cannot be sent")]
    Header(String),
    /// `isBase64Encoded` is true and the body is something else.
    #[error("the body is not base64")]
    Base64,
    /// A streamed response does not say where its head ends.
    #[error("no head ends within the first {0} bytes")]
    Endless(usize),
}

/// The default content type of REST APIs and function URLs.
const JSON: &str = "application/json";
/// The default content type of HTTP APIs when the function gave a status.
const TEXT: &str = "text/plain;charset=UTF-8";
/// The default content type of streamed answers.
const BYTES: &str = "application/octet-stream";
/// What REST APIs put in front of the name of a header that they set themselves.
const REMAPPED: &str = "x-amzn-Remapped-";
/// Headers that REST APIs set themselves, so that a function's own go by another name.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>
const REMAPPED_NAMES: [&str; 4] = ["connection", "content-length", "date", "server"];
/// Headers of the connection, which no function decides.
const DROPPED_NAMES: [&str; 1] = ["transfer-encoding"];
/// Headers of the connection or of the sent body, which HTTP APIs and function URLs set themselves.
const OWN_NAMES: [&str; 5] = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

/// The response of a REST API. No field is required; a field it does not know makes the whole payload malformed.
/// `decode` says whether the client accepts a binary answer: only then a base64 body is decoded.
pub fn rest(payload: &[u8], decode: bool) -> Result<Reply<'_>, Malformed> {
    let parsed = Payload::parse(payload)?;
    if let Some(name) = &parsed.unknown {
        return Err(Malformed::UnknownField(name.to_string()));
    }
    let status = status(parsed.status_code.as_ref())?.unwrap_or(200);
    let mut headers = rest_headers(parsed.headers, parsed.multi_value_headers)?;
    default_content_type(&mut headers, JSON);
    let body = body(parsed.body, parsed.is_base64_encoded && decode)?;
    Ok(Reply { status, headers, body })
}

/// The head of a streamed response of a REST API: JSON with the status, headers and cookies. The body follows it.
/// Fields that are none of these mean nothing.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>
pub fn rest_head(head: &[u8]) -> Result<Reply<'_>, Malformed> {
    let parsed = Payload::parse(head)?;
    let status = status(parsed.status_code.as_ref())?.unwrap_or(200);
    let mut headers = rest_headers(parsed.headers, parsed.multi_value_headers)?;
    for cookie in parsed.cookies {
        push_header(&mut headers, Cow::Borrowed("set-cookie"), Scalar::Text(cookie))?;
    }
    default_content_type(&mut headers, JSON);
    Ok(Reply { status, headers, body: Cow::Borrowed(&[]) })
}

/// The headers of both maps: the multi-value one wins for the names that it has.
fn rest_headers<'a>(
    single: Vec<(Cow<'a, str>, Scalar<'a>)>,
    multi: Vec<(Cow<'a, str>, Vec<Scalar<'a>>)>,
) -> Result<Headers<'a>, Malformed> {
    let mut headers = Vec::with_capacity(single.len() + 1);
    for (name, value) in single {
        if !multi.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            push_rest_header(&mut headers, name, value)?;
        }
    }
    for (name, values) in multi {
        for value in values {
            push_rest_header(&mut headers, name.clone(), value)?;
        }
    }
    Ok(headers)
}

fn push_rest_header<'a>(
    headers: &mut Headers<'a>,
    name: Cow<'a, str>,
    value: Scalar<'a>,
) -> Result<(), Malformed> {
    if DROPPED_NAMES.iter().any(|dropped| dropped.eq_ignore_ascii_case(&name)) {
        return Ok(());
    }
    let remapped = REMAPPED_NAMES.iter().any(|known| known.eq_ignore_ascii_case(&name));
    let name = if remapped { Cow::Owned(format!("{REMAPPED}{name}")) } else { name };
    push_header(headers, name, value)
}

/// The response of an HTTP API with payload format `1.0`.
pub fn http_v1(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    let parsed = Payload::parse(payload)?;
    let status = status(parsed.status_code.as_ref())?
        .ok_or_else(|| Malformed::Form("it has no statusCode".to_owned()))?;
    let mut headers = Vec::with_capacity(parsed.headers.len() + 1);
    let multi = parsed.multi_value_headers;
    for (name, value) in parsed.headers {
        if !multi.iter().any(|(other, _)| other.eq_ignore_ascii_case(&name)) {
            push_own_header(&mut headers, name, value)?;
        }
    }
    for (name, values) in multi {
        for value in values {
            push_own_header(&mut headers, name.clone(), value)?;
        }
    }
    default_content_type(&mut headers, TEXT);
    let body = body(parsed.body, parsed.is_base64_encoded)?;
    Ok(Reply { status, headers, body })
}

/// The response of an HTTP API with payload format `2.0`: any JSON without a status code is itself the body.
pub fn http_v2(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    version_2(payload, TEXT)
}

/// The response of a function URL: as format `2.0`, with JSON as the default content type.
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
pub fn function_url(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    version_2(payload, JSON)
}

/// The head of a streamed response of a function URL: JSON with the status, headers and cookies. The body follows it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html>
pub fn function_url_head(head: &[u8]) -> Result<Reply<'_>, Malformed> {
    let parsed = Payload::parse(head)?;
    let status = status(parsed.status_code.as_ref())?.unwrap_or(200);
    let mut headers = Vec::with_capacity(parsed.headers.len() + parsed.cookies.len() + 1);
    for (name, value) in parsed.headers {
        push_own_header(&mut headers, name, value)?;
    }
    for cookie in parsed.cookies {
        push_header(&mut headers, Cow::Borrowed("set-cookie"), Scalar::Text(cookie))?;
    }
    default_content_type(&mut headers, BYTES);
    Ok(Reply { status, headers, body: Cow::Borrowed(&[]) })
}

fn version_2<'a>(payload: &'a [u8], default_type: &'static str) -> Result<Reply<'a>, Malformed> {
    let parsed = match Payload::parse(payload) {
        Ok(parsed) if parsed.status_code.is_some() => parsed,
        Ok(_) => return inferred(payload),
        Err(malformed) => return if has_status(payload) { Err(malformed) } else { inferred(payload) },
    };
    let status = status(parsed.status_code.as_ref())?.unwrap_or(200);
    let mut headers = Vec::with_capacity(parsed.headers.len() + parsed.cookies.len() + 1);
    for (name, value) in parsed.headers {
        push_own_header(&mut headers, name, value)?;
    }
    for cookie in parsed.cookies {
        push_header(&mut headers, Cow::Borrowed("set-cookie"), Scalar::Text(cookie))?;
    }
    default_content_type(&mut headers, default_type);
    let body = body(parsed.body, parsed.is_base64_encoded)?;
    Ok(Reply { status, headers, body })
}

/// Whether JSON that is no response nevertheless meant to be one.
fn has_status(payload: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Status {
        #[serde(rename = "statusCode")]
        status: Option<IgnoredAny>,
    }
    serde_json::from_slice::<Status>(payload).is_ok_and(|found| found.status.is_some())
}

/// Status 200 and JSON: the payload is the body. A JSON string loses its quotes.
fn inferred(payload: &[u8]) -> Result<Reply<'_>, Malformed> {
    let body = if payload.trim_ascii_start().first() == Some(&b'"') {
        let text: payload::Text<'_> = serde_json::from_slice(payload).map_err(form)?;
        bytes(text.0)
    } else {
        serde_json::from_slice::<IgnoredAny>(payload).map_err(form)?;
        Cow::Borrowed(payload)
    };
    Ok(Reply { status: 200, headers: vec![(Cow::Borrowed("content-type"), Cow::Borrowed(JSON))], body })
}

fn form(error: serde_json::Error) -> Malformed {
    Malformed::Form(error.to_string())
}

fn push_own_header<'a>(
    headers: &mut Headers<'a>,
    name: Cow<'a, str>,
    value: Scalar<'a>,
) -> Result<(), Malformed> {
    if OWN_NAMES.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
        return Ok(());
    }
    push_header(headers, name, value)
}

/// Adds a header if it can be sent. A value of `null` is no header.
fn push_header<'a>(
    headers: &mut Headers<'a>,
    name: Cow<'a, str>,
    value: Scalar<'a>,
) -> Result<(), Malformed> {
    let Some(value) = value.into_text() else { return Ok(()) };
    let name_fits = !name.is_empty() && name.bytes().all(is_token);
    let value_fits = value.bytes().all(|byte| byte == b'\t' || (byte >= 0x20 && byte != 0x7f));
    if !name_fits || !value_fits {
        return Err(Malformed::Header(name.into_owned()));
    }
    headers.push((name, value));
    Ok(())
}

/// Characters of a header name: RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn default_content_type<'a>(headers: &mut Headers<'a>, media_type: &'static str) {
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push((Cow::Borrowed("content-type"), Cow::Borrowed(media_type)));
    }
}

/// A status code is a number or a text that is one; parts of a whole are cut off, as `200.0` shows.
fn status(value: Option<&Scalar<'_>>) -> Result<Option<u16>, Malformed> {
    let number = match value {
        None | Some(Scalar::Null) => return Ok(None),
        Some(Scalar::Number(number)) => *number,
        Some(Scalar::Text(text)) => {
            text.trim().parse().map_err(|_: std::num::ParseFloatError| Malformed::Status(text.to_string()))?
        }
        Some(Scalar::Bool(flag)) => return Err(Malformed::Status(flag.to_string())),
    };
    let whole = number.trunc();
    // Statuses below 200 are no answers: they belong to the connection, and 101 would give it away.
    if (200.0..=599.0).contains(&whole) {
        Ok(Some(whole as u16))
    } else {
        Err(Malformed::Status(number.to_string()))
    }
}

fn body(text: Option<Cow<'_, str>>, base64: bool) -> Result<Cow<'_, [u8]>, Malformed> {
    let text = text.unwrap_or(Cow::Borrowed(""));
    if base64 {
        // Functions of several languages break base64 into lines.
        let compact: Cow<'_, str> = match text.contains(['\r', '\n']) {
            true => Cow::Owned(text.replace(['\r', '\n'], "")),
            false => text,
        };
        return STANDARD.decode(compact.as_bytes()).map(Cow::Owned).map_err(|_| Malformed::Base64);
    }
    Ok(bytes(text))
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests;
