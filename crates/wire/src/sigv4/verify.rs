//! Reading and checking the signature of a request.

use super::canonical::{AUTHORITY, canonical_request, string_to_sign};
use super::error::{ExpiresProblem, Mismatch};
use super::{
    ALGORITHM, EXPIRES_SECONDS_MAX, Error, Payload, Request, Rules, SKEW_SECONDS_MAX, Scope, SigningKey,
    TERMINATOR, amz_date, parse_amz_date,
};
use crate::digest;

/// Where the signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In `Authorization`.
    Header,
    /// In the query string: a presigned URL that lives so many seconds.
    Query {
        /// `X-Amz-Expires`.
        expires_seconds: i64,
    },
}

/// Credentials that a request presents; not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The access key id: look its secret up.
    pub access_key_id: String,
    /// What the signature is for.
    pub scope: Scope,
    /// `X-Amz-Security-Token`, of temporary credentials.
    pub session_token: Option<String>,
    /// Header or presigned.
    pub placement: Placement,
    /// When the request was signed, in seconds since 1970.
    pub signed_at_seconds: i64,
    /// How the body is bound; `None` when nothing is said: then the body's own hash counts.
    pub payload: Option<Payload>,
    amz_date: String,
    signed_headers: Vec<String>,
    signature: String,
}

/// A request whose head is checked.
#[derive(Debug, Clone)]
pub struct Verified {
    /// How the body is bound. [`Payload::Hash`] is checked already if the body was given, else the reader must;
    /// the chunked ones go through [`super::chunked::Decoder`].
    pub payload: Payload,
    /// What signed chunks continue from.
    pub seed: Seed,
}

/// Where the chain of chunk signatures begins.
#[derive(Debug, Clone)]
pub struct Seed {
    pub(super) access_key_id: String,
    pub(super) key: SigningKey,
    pub(super) amz_date: String,
    pub(super) scope: Scope,
    pub(super) signature: String,
}

/// Reads the credentials of a request; `None` when it has none.
///
/// # Errors
/// When they are malformed or of a kind that is not supported.
pub fn parse(request: &Request<'_>) -> Result<Option<Presented>, Error> {
    let mut headers = request.headers.get_all(http::header::AUTHORIZATION).iter();
    let header = headers.next();
    let presigned = request.parameters().any(|(name, _)| {
        name == b"X-Amz-Algorithm" || name == b"X-Amz-Signature" || name == b"X-Amz-Credential"
    });
    match (header, presigned) {
        (None, false) => Ok(None),
        (None, true) => parse_query(request).map(Some),
        (Some(_), true) => Err(Error::TwoMechanisms),
        (Some(value), false) => {
            let text = String::from_utf8_lossy(value.as_bytes());
            if headers.next().is_some() {
                return Err(Error::Unsupported { kind: ALGORITHM.into(), header: redact(&text) });
            }
            parse_header(request, text.trim()).map(Some)
        }
    }
}

/// The header for messages: a signature of a stranger's making is not echoed, nor is a bearer token.
fn redact(header: &str) -> String {
    match header.split_once("Signature=") {
        Some((before, _)) => format!("{before}Signature=..."),
        None if header.starts_with("AWS4-") => header.to_owned(),
        None => match header.split_once(' ') {
            Some((kind, _)) => format!("{kind} ..."),
            None => "...".to_owned(),
        },
    }
}

fn parse_header(request: &Request<'_>, text: &str) -> Result<Presented, Error> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    if kind != ALGORITHM {
        // A word such as "Bearer" is no secret; a header of one word may be one.
        let kind = if rest.is_empty() { "" } else { kind };
        return Err(Error::Unsupported { kind: kind.to_owned(), header: redact(text) });
    }
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in rest.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(Error::NotKeyValue { part: part.to_owned(), header: redact(text) });
        };
        match name.trim() {
            "Credential" => credential = Some(value.trim()),
            "SignedHeaders" => signed_headers = Some(value.trim()),
            "Signature" => signature = Some(value.trim()),
            _ => {} // AWS does not look at others
        }
    }
    let date = request.header("x-amz-date").or_else(|| request.header("date"));
    let mut missing = Vec::new();
    for (name, absent) in [
        ("Credential", credential.is_none_or(str::is_empty)),
        ("Signature", signature.is_none_or(str::is_empty)),
        ("SignedHeaders", signed_headers.is_none_or(str::is_empty)),
    ] {
        if absent {
            missing.push(name);
        }
    }
    let (access_key_id, scope) = match credential {
        Some(text) if missing.is_empty() => parse_credential(text, false)?,
        _ => return Err(Error::Incomplete { missing, header: redact(text) }),
    };
    let rules = Rules::of(&scope.service);
    let (signed_at_seconds, amz_date) = match date.map(parse_date) {
        Some(Some(read)) => read,
        None if !rules.strict => {
            return Err(Error::Incomplete { missing: vec!["Date"], header: redact(text) });
        }
        _ => {
            return Err(Error::BadDate { presigned: false, got: date.unwrap_or("").to_owned() });
        }
    };
    Presented {
        access_key_id,
        scope,
        session_token: request.header("x-amz-security-token").map(str::to_owned),
        placement: Placement::Header,
        signed_at_seconds,
        payload: header_payload(request, rules)?,
        amz_date,
        signed_headers: split_signed_headers(signed_headers.unwrap_or("")),
        signature: signature.unwrap_or("").to_owned(),
    }
    .well_formed(request)
}

fn parse_query(request: &Request<'_>) -> Result<Presented, Error> {
    let get = |name: &str| request.parameter(name).ok_or(Error::MissingParameters);
    let algorithm = get("X-Amz-Algorithm")?;
    if algorithm != ALGORITHM {
        return Err(Error::Algorithm { got: algorithm });
    }
    let credential = get("X-Amz-Credential")?;
    let (date, signed_headers) = (get("X-Amz-Date")?, get("X-Amz-SignedHeaders")?);
    let (signature, expires) = (get("X-Amz-Signature")?, get("X-Amz-Expires")?);
    let (access_key_id, scope) = parse_credential(&credential, true)?;
    let Some(signed_at_seconds) = parse_amz_date(&date) else {
        return Err(Error::BadDate { presigned: true, got: date });
    };
    let rules = Rules::of(&scope.service);
    let declared = request.parameter("X-Amz-Content-Sha256");
    let payload = match (declared, rules.strict) {
        (Some(text), _) => Some(known_payload(&text)?),
        (None, true) => header_payload_if_any(request)?.or(Some(Payload::Unsigned)),
        (None, false) => header_payload_if_any(request)?,
    };
    Presented {
        access_key_id,
        scope,
        session_token: request.parameter("X-Amz-Security-Token"),
        placement: Placement::Query { expires_seconds: parse_expires(&expires)? },
        signed_at_seconds,
        payload,
        amz_date: date,
        signed_headers: split_signed_headers(&signed_headers),
        signature,
    }
    .well_formed(request)
}

fn parse_credential(text: &str, presigned: bool) -> Result<(String, Scope), Error> {
    let malformed = || Error::MalformedCredential { got: text.to_owned(), presigned };
    // The access key id comes first and is the only part that might hold a slash of its own: it may not.
    let parts: Vec<&str> = text.split('/').collect();
    let [id, date, region, service, terminator] = parts[..] else { return Err(malformed()) };
    let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    if id.is_empty() || !is_date || service.is_empty() || terminator != TERMINATOR {
        return Err(malformed());
    }
    let scope = Scope { date: date.into(), region: region.into(), service: service.into() };
    Ok((id.to_owned(), scope))
}

/// The time of a header signature: ISO 8601 basic, or an HTTP date (then the string to sign has it in ISO form).
fn parse_date(text: &str) -> Option<(i64, String)> {
    if let Some(seconds) = parse_amz_date(text) {
        return Some((seconds, text.to_owned()));
    }
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?; // not a date either
    let seconds = zoned.as_second();
    Some((seconds, amz_date(seconds)))
}

fn parse_expires(text: &str) -> Result<i64, Error> {
    let seconds: i64 = text.parse().map_err(|_| Error::Expires(ExpiresProblem::NotANumber))?;
    if seconds < 0 {
        return Err(Error::Expires(ExpiresProblem::Negative));
    }
    if seconds > EXPIRES_SECONDS_MAX {
        return Err(Error::Expires(ExpiresProblem::TooLong));
    }
    Ok(seconds)
}

fn split_signed_headers(text: &str) -> Vec<String> {
    // Kept in the client's order: it is part of what was signed, so another order is a mismatch, as in AWS.
    text.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
}

fn known_payload(text: &str) -> Result<Payload, Error> {
    Payload::parse(text).ok_or_else(|| Error::InvalidContentSha256 { got: text.to_owned() })
}

fn header_payload_if_any(request: &Request<'_>) -> Result<Option<Payload>, Error> {
    request.header("x-amz-content-sha256").map(known_payload).transpose()
}

fn header_payload(request: &Request<'_>, rules: Rules) -> Result<Option<Payload>, Error> {
    let payload = header_payload_if_any(request)?;
    if payload.is_none() && rules.strict {
        return Err(Error::MissingContentSha256);
    }
    Ok(payload)
}

impl Presented {
    /// Whether the signature stands in the query string.
    pub fn is_presigned(&self) -> bool {
        matches!(self.placement, Placement::Query { .. })
    }

    /// Checks that the request was signed not more than 15 minutes from now, or that the presigned URL still lives.
    ///
    /// # Errors
    /// When it is too old, too new or over.
    pub fn check_time(&self, now_seconds: i64) -> Result<(), Error> {
        let request_seconds = self.signed_at_seconds;
        match self.placement {
            Placement::Header if (request_seconds - now_seconds).abs() > SKEW_SECONDS_MAX => {
                Err(Error::Skew { request_seconds, now_seconds })
            }
            Placement::Header => Ok(()),
            Placement::Query { .. } if request_seconds > now_seconds + SKEW_SECONDS_MAX => {
                Err(Error::UrlNotYetValid { request_seconds, now_seconds })
            }
            Placement::Query { expires_seconds } => {
                let end_seconds = request_seconds + expires_seconds;
                if now_seconds > end_seconds {
                    return Err(Error::UrlExpired { expires_seconds, end_seconds, now_seconds });
                }
                Ok(())
            }
        }
    }

    /// Checks the signature with `key`. `body_sha256` is the hash of the whole body, or `None` if it is not read yet.
    ///
    /// # Errors
    /// When the signature is not the one we make, or the body is not the one that was signed.
    pub fn verify(
        &self,
        key: &SigningKey,
        request: &Request<'_>,
        body_sha256: Option<&[u8; 32]>,
    ) -> Result<Verified, Error> {
        let rules = Rules::of(&self.scope.service);
        let computed = body_sha256.map(|hash| digest::hex(hash));
        let payload = match (&self.payload, computed) {
            (Some(Payload::Hash(declared)), Some(computed)) if *declared != computed && rules.strict => {
                return Err(Error::ContentSha256 { client: declared.clone(), computed });
            }
            // For services without the strict rules the real hash is what counts: another one gives a mismatch.
            (Some(Payload::Hash(_)) | None, Some(computed)) => Payload::Hash(computed),
            (Some(payload), _) if payload.is_chunked() && !rules.strict => {
                return Err(Error::InvalidContentSha256 { got: payload.as_str().to_owned() });
            }
            (Some(payload), _) => payload.clone(),
            (None, None) => return Err(Error::MissingContentSha256),
        };
        let leave_out = self.is_presigned().then_some("X-Amz-Signature");
        let canonical = canonical_request(request, &self.signed_headers, payload.as_str(), rules, leave_out);
        let to_sign = string_to_sign(&self.amz_date, &self.scope, &canonical);
        if !key.matches(&to_sign, &self.signature) {
            return Err(Error::Mismatch(Box::new(Mismatch {
                access_key_id: self.access_key_id.clone(),
                signature_provided: self.signature.clone(),
                string_to_sign: to_sign,
                canonical_request: Some(String::from_utf8_lossy(&canonical).into_owned()),
            })));
        }
        let seed = Seed {
            access_key_id: self.access_key_id.clone(),
            key: key.clone(),
            amz_date: self.amz_date.clone(),
            scope: self.scope.clone(),
            signature: self.signature.clone(),
        };
        Ok(Verified { payload, seed })
    }

    /// Rules that need no secret: the day of the scope, and which headers must be signed.
    fn well_formed(self, request: &Request<'_>) -> Result<Self, Error> {
        if self.amz_date.get(..8) != Some(&self.scope.date) {
            return Err(Error::ScopeDate {
                scope: self.scope.date,
                amz_date: self.amz_date,
                presigned: matches!(self.placement, Placement::Query { .. }),
            });
        }
        let signed = |name: &str| self.signed_headers.iter().any(|s| s == name);
        let must = |name: &str| {
            if Rules::of(&self.scope.service).strict {
                // A presigned URL says how its body is bound in the query or by default, not by this header.
                name.starts_with("x-amz-") && !(self.is_presigned() && name == "x-amz-content-sha256")
            } else {
                name == "x-amz-target" // otherwise the operation itself could be exchanged
            }
        };
        let mut unsigned: Vec<String> = Vec::new();
        let host_signed = signed("host") || (signed(AUTHORITY) && request.is_sent_to_authority());
        if !host_signed {
            unsigned.push("host".into());
        }
        for name in request.headers.keys().map(http::HeaderName::as_str) {
            if must(name) && !signed(name) {
                unsigned.push(name.to_owned());
            }
        }
        if unsigned.is_empty() { Ok(self) } else { Err(Error::HeadersNotSigned(unsigned)) }
    }
}
