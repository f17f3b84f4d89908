//! Making header signatures, for our own clients and tests.

use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};

use super::canonical::{canonical_request, string_to_sign};
use super::verify::Seed;
use super::{ALGORITHM, Credentials, Payload, Request, Rules, Scope, SigningKey, amz_date};

/// Headers that proxies and HTTP libraries change on the way: never signed.
const NEVER_SIGNED: [&str; 14] = [
    "authorization",
    "cache-control",
    "connection",
    "expect",
    "from",
    "keep-alive",
    "max-forwards",
    "pragma",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// Signs requests to one service in one region.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// Whose signature.
    pub credentials: &'a Credentials,
    /// `us-east-1`.
    pub region: &'a str,
    /// The signing name.
    pub service: &'a str,
    /// How the path is written; [`Rules::of`] the service.
    pub rules: Rules,
}

/// A signature that was made.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The canonical request.
    pub canonical_request: String,
    /// The string to sign.
    pub string_to_sign: String,
    /// What signed chunks continue from.
    pub seed: Seed,
}

impl Signed {
    /// The signature in hexadecimal.
    pub fn signature(&self) -> &str {
        &self.seed.signature
    }
}

impl<'a> Signer<'a> {
    /// A signer for the service with the signing name `service`.
    pub fn new(credentials: &'a Credentials, region: &'a str, service: &'a str) -> Self {
        Self { credentials, region, service, rules: Rules::of(service) }
    }

    /// Adds `x-amz-date`, `x-amz-security-token`, `x-amz-content-sha256` (S3, or any payload but a plain hash) and
    /// `authorization` to `headers`, which must hold `host` already.
    ///
    /// # Errors
    /// When the token or the key id cannot stand in a header.
    pub fn sign(
        &self,
        now_seconds: i64,
        request: (&str, &str, &str),
        headers: &mut HeaderMap,
        payload: &Payload,
    ) -> Result<Signed, http::header::InvalidHeaderValue> {
        let date = amz_date(now_seconds);
        headers.insert("x-amz-date", HeaderValue::from_str(&date)?);
        if let Some(token) = &self.credentials.session_token {
            headers.insert("x-amz-security-token", HeaderValue::from_str(token)?);
        }
        if self.rules.strict || !matches!(payload, Payload::Hash(_)) {
            headers.insert("x-amz-content-sha256", HeaderValue::from_str(payload.as_str())?);
        }
        let (method, path, query) = request;
        let view = Request { method, path, query, headers, authority: None };
        let names = signable(headers);
        let signed = self.finish(date, &view, &names, payload.as_str());
        let value = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={}, Signature={}",
            self.credentials.access_key_id,
            signed.seed.scope,
            names.join(";"),
            signed.seed.signature,
        );
        headers.insert(AUTHORIZATION, HeaderValue::from_str(&value)?);
        Ok(signed)
    }

    pub(super) fn scope(&self, amz_date: &str) -> Scope {
        Scope {
            date: amz_date[..8].to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
        }
    }

    pub(super) fn finish(
        &self,
        date: String,
        request: &Request<'_>,
        signed_headers: &[String],
        payload: &str,
    ) -> Signed {
        let scope = self.scope(&date);
        let key = SigningKey::derive(&self.credentials.secret_access_key, &scope);
        let canonical = canonical_request(request, signed_headers, payload, self.rules, None);
        let string_to_sign = string_to_sign(&date, &scope, &canonical);
        let signature = key.sign(&string_to_sign);
        Signed {
            canonical_request: String::from_utf8_lossy(&canonical).into_owned(),
            string_to_sign,
            seed: Seed {
                access_key_id: self.credentials.access_key_id.clone(),
                key,
                amz_date: date,
                scope,
                signature,
            },
        }
    }
}

/// Names of the headers to sign: lower case, sorted, each once, always with `host`.
pub(super) fn signable(headers: &HeaderMap) -> Vec<String> {
    let mut names: Vec<String> = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| !NEVER_SIGNED.contains(name))
        .map(str::to_owned)
        .collect();
    if !headers.contains_key(HOST) {
        names.push("host".into());
    }
    names.sort();
    names
}
