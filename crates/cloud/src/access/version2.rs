//! Presigned URLs of Signature Version 2, which only S3 takes: SDKs for Python still make them by default.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>, "Query string request
//! authentication alternative".

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use wire::sigv4::{Error, Mismatch, Payload};

/// The query parameters that are part of the resource, in their order.
const SUBRESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "delete",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// What a URL presents; not yet believed.
pub(super) struct Presented {
    pub(super) access_key_id: String,
    pub(super) session_token: Option<String>,
    expires: String,
    signature: String,
    /// All parameters, decoded; a value is absent where there is no `=`.
    parameters: Vec<(String, Option<String>)>,
}

/// Reads the credentials of a URL; `None` when it has none of this kind.
pub(super) fn parse(parts: &Parts) -> Option<Presented> {
    if parts.headers.contains_key(http::header::AUTHORIZATION) {
        return None;
    }
    let query = parts.uri.query()?;
    let parameters: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).map(parameter).collect();
    let value = |name: &str| {
        let mut found = parameters.iter().filter(|(known, _)| known == name);
        let value = found.next()?.1.clone()?;
        // Given twice, it is ambiguous which one was signed.
        found.next().is_none().then_some(value)
    };
    Some(Presented {
        access_key_id: value("AWSAccessKeyId")?,
        session_token: value("x-amz-security-token"),
        expires: value("Expires")?,
        signature: value("Signature")?,
        parameters,
    })
}

fn parameter(pair: &str) -> (String, Option<String>) {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    match pair.split_once('=') {
        Some((name, value)) => (decode(name), Some(decode(value))),
        None => (decode(pair), None),
    }
}

impl Presented {
    /// Checks that the URL still lives and was signed with `secret`. `bucket` is the one in the host's name.
    pub(super) fn verify(
        &self,
        secret: &str,
        parts: &Parts,
        bucket: Option<&str>,
        now_seconds: i64,
    ) -> Result<(), Error> {
        let end_seconds: i64 = self.expires.parse().map_err(|_| Error::MissingParameters)?;
        if now_seconds > end_seconds {
            return Err(Error::UrlExpired { expires_seconds: end_seconds, end_seconds, now_seconds });
        }
        let text = self.string_to_sign(parts, bucket);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
        let signature = STANDARD.decode(&self.signature).unwrap_or_default(); // no base64 matches nothing
        if hmac::verify(&key, text.as_bytes(), &signature).is_err() {
            return Err(Error::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.clone(),
                signature_provided: self.signature.clone(),
                string_to_sign: text,
                canonical_request: None,
            })));
        }
        // Chunks go with Version 4 alone; taken for data they would spoil the object.
        match parts.headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
            Some(got) if Payload::parse(got).is_none_or(|payload| payload.is_chunked()) => {
                Err(Error::InvalidContentSha256 { got: got.to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn string_to_sign(&self, parts: &Parts, bucket: Option<&str>) -> String {
        let mut text = format!("{}\n", parts.method);
        for name in ["content-md5", "content-type"] {
            text.push_str(&self.header(parts, name).unwrap_or_default());
            text.push('\n');
        }
        text.push_str(&self.expires);
        text.push('\n');
        for (name, value) in self.amazon_headers(parts) {
            text.push_str(&format!("{name}:{value}\n"));
        }
        if let Some(bucket) = bucket {
            text.push('/');
            text.push_str(bucket);
        }
        text.push_str(parts.uri.path());
        let mut separator = '?';
        for name in SUBRESOURCES {
            for (_, value) in self.parameters.iter().filter(|(known, _)| known == name) {
                text.push(separator);
                separator = '&';
                text.push_str(name);
                if let Some(value) = value {
                    text.push('=');
                    text.push_str(value);
                }
            }
        }
        text
    }

    /// A header, which may also stand among the parameters.
    fn header(&self, parts: &Parts, name: &str) -> Option<String> {
        let parameter =
            self.parameters.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.clone());
        let header = parts.headers.get(name).and_then(|value| value.to_str().ok());
        parameter.or_else(|| header.map(|value| value.trim().to_owned()))
    }

    /// The `x-amz-` headers and parameters by name.
    fn amazon_headers(&self, parts: &Parts) -> std::collections::BTreeMap<String, String> {
        let mut headers = std::collections::BTreeMap::new();
        for name in
            parts.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-"))
        {
            let values = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            headers.insert(name.to_owned(), values.map(str::trim).collect::<Vec<_>>().join(","));
        }
        for (name, value) in &self.parameters {
            if let (true, Some(value)) = (name.starts_with("x-amz-"), value) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers
    }
}
