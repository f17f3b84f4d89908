//! The canonical request: the one text that both sides sign.

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::{ALGORITHM, Scope};
use crate::digest::sha256_hex;

/// The pseudo header of HTTP/2 with the host of the request target. AWS's SDK for JavaScript signs it there.
pub(super) const AUTHORITY: &str = ":authority";

/// How a service wants the path written in the canonical request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The path as sent is encoded once more (every service but S3).
    pub double_encode: bool,
    /// Dot segments and empty segments are taken out (every service but S3).
    pub normalise: bool,
    /// Every `x-amz-*` header that is present must be signed, and `x-amz-content-sha256` must be present (S3).
    pub strict: bool,
}

impl Rules {
    /// S3: keys may hold `//` and `..`, so the path is taken as it is.
    pub const S3: Self = Self { double_encode: false, normalise: false, strict: true };
    /// Every other service.
    pub const COMMON: Self = Self { double_encode: true, normalise: true, strict: false };

    /// The rules of the service with the signing name `service`.
    pub fn of(service: &str) -> Self {
        if matches!(service, "s3" | "s3-outposts" | "s3express") { Self::S3 } else { Self::COMMON }
    }
}

/// The parts of a request that a signature is about.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`.
    pub method: &'a str,
    /// The path as it was sent.
    pub path: &'a str,
    /// What follows `?`, as it was sent; empty when there is none.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// Host of the request target: HTTP/2 sends no `Host` header.
    pub authority: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// The view of a request's head.
    pub fn of(parts: &'a http::request::Parts) -> Self {
        Self {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or(""),
            headers: &parts.headers,
            authority: parts.uri.authority().map(http::uri::Authority::as_str),
        }
    }

    /// Whether the host that everybody here looks at is the one of the request target: then who signs that, signs it.
    pub(super) fn is_sent_to_authority(&self) -> bool {
        let mut hosts = self.headers.get_all(http::header::HOST).iter();
        self.authority.is_some_and(|authority| hosts.all(|host| host.as_bytes() == authority.as_bytes()))
    }

    /// Decoded query parameters in the order of the request. `+` is a space, as AWS's front ends read it.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> + 'a {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode_query(name), decode_query(value))
        })
    }

    /// The only value of the query parameter `name`; `None` when it is absent, given twice or no UTF-8.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut found = self.parameters().filter(|(n, _)| n == name.as_bytes());
        let (_, value) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        String::from_utf8(value).ok() // no text: as if absent
    }

    /// The only value of the header `name`, trimmed; `None` when it is absent, given twice or no ASCII.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        value.to_str().ok().map(str::trim) // not printable: as if absent
    }
}

fn decode_query(text: &str) -> Vec<u8> {
    if text.contains('+') {
        percent_decode_str(&text.replace('+', " ")).collect()
    } else {
        percent_decode_str(text).collect()
    }
}

/// Appends `bytes` with everything but RFC 3986's unreserved characters (and `/`, when `keep_slash`) encoded.
pub(super) fn encode_into(out: &mut String, bytes: &[u8], keep_slash: bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &b in bytes {
        let plain =
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') || (keep_slash && b == b'/');
        if plain {
            out.push(b as char);
        } else {
            out.push('%');
            out.push(DIGITS[usize::from(b >> 4)] as char);
            out.push(DIGITS[usize::from(b & 15)] as char);
        }
    }
}

/// `bytes` encoded as a query name or value.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    encode_into(&mut out, bytes, false);
    out
}

fn write_path(out: &mut String, path: &str, rules: Rules) {
    let start = out.len();
    let normal;
    let path = if rules.normalise {
        normal = normalise(path);
        &normal
    } else {
        path
    };
    if rules.double_encode {
        encode_into(out, path.as_bytes(), true);
    } else {
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        encode_into(out, &decoded, true);
    }
    if out.len() == start {
        out.push('/');
    }
}

/// RFC 3986 dot segments and doubled slashes taken out; a slash at the end stays.
fn normalise(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let mut out = String::with_capacity(path.len() + 1);
    for segment in &kept {
        out.push('/');
        out.push_str(segment);
    }
    let ends_in_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if kept.is_empty() || ends_in_folder {
        out.push('/');
    }
    out
}

fn write_query(out: &mut String, request: &Request<'_>, leave_out: Option<&str>) {
    let mut pairs: Vec<(String, String)> = request
        .parameters()
        .filter(|(name, _)| leave_out.is_none_or(|l| name != l.as_bytes()))
        .map(|(name, value)| (encode(&name), encode(&value)))
        .collect();
    pairs.sort();
    for (i, (name, value)) in pairs.iter().enumerate() {
        if i > 0 {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        out.push_str(value);
    }
}

/// One header's values, trimmed, inner runs of white space made one space, joined by commas.
fn write_values(out: &mut Vec<u8>, request: &Request<'_>, name: &str) {
    let mut first = true;
    for value in request.headers.get_all(name) {
        if !first {
            out.push(b',');
        }
        first = false;
        let words = value.as_bytes().split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
        for (i, word) in words.enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(word);
        }
    }
    if (first && name == "host") || name == AUTHORITY {
        out.extend_from_slice(request.authority.unwrap_or("").as_bytes());
    }
}

/// The canonical request. `signed_headers` are lower case and sorted; `leave_out` is a query parameter to skip.
pub(super) fn canonical_request(
    request: &Request<'_>,
    signed_headers: &[String],
    payload: &str,
    rules: Rules,
    leave_out: Option<&str>,
) -> Vec<u8> {
    let mut head = String::with_capacity(256);
    head.push_str(request.method);
    head.push('\n');
    write_path(&mut head, request.path, rules);
    head.push('\n');
    write_query(&mut head, request, leave_out);
    head.push('\n');
    let mut out = head.into_bytes();
    for name in signed_headers {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        write_values(&mut out, request, name);
        out.push(b'\n');
    }
    out.push(b'\n');
    out.extend_from_slice(signed_headers.join(";").as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload.as_bytes());
    out
}

/// The string to sign of a whole request.
pub(super) fn string_to_sign(amz_date: &str, scope: &Scope, canonical_request: &[u8]) -> String {
    format!("{ALGORITHM}\n{amz_date}\n{scope}\n{}", sha256_hex(canonical_request))
}
