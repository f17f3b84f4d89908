//! Everything that can be wrong with credentials, and AWS's words for it in each dialect.
//!
//! Texts are those of live services: the SigV4 troubleshooting page of the IAM guide, the S3 error code reference
//! and the "Common errors" pages of the service references.

use super::{EXPIRES_SECONDS_MAX, SKEW_SECONDS_MAX, amz_date};

/// Why a request is not authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There are no credentials, where some are needed.
    Missing,
    /// `Authorization` is of another kind than `AWS4-HMAC-SHA256`.
    Unsupported {
        /// The header's first word.
        kind: String,
        /// The whole header without what follows `Signature=`.
        header: String,
    },
    /// Both a header and query parameters authenticate.
    TwoMechanisms,
    /// `Authorization` lacks parts.
    Incomplete {
        /// Which of `Credential`, `Signature`, `SignedHeaders` and `Date` lack.
        missing: Vec<&'static str>,
        /// The whole header without what follows `Signature=`.
        header: String,
    },
    /// A part of `Authorization` is no `name=value`.
    NotKeyValue {
        /// The part.
        part: String,
        /// The whole header without what follows `Signature=`.
        header: String,
    },
    /// The credential has not five parts, or ends in another word than `aws4_request`.
    MalformedCredential {
        /// The credential.
        got: String,
        /// Whether it came in the query string.
        presigned: bool,
    },
    /// The time of the request is absent or cannot be read.
    BadDate {
        /// Whether it came in the query string.
        presigned: bool,
        /// The text, empty when absent.
        got: String,
    },
    /// A presigned URL lacks one of its six parameters.
    MissingParameters,
    /// `X-Amz-Algorithm` is another one.
    Algorithm {
        /// What was given.
        got: String,
    },
    /// `X-Amz-Expires` is no number, below zero or above a week.
    Expires(ExpiresProblem),
    /// The day of the scope is not the day of the request.
    ScopeDate {
        /// `YYYYMMDD` of the scope.
        scope: String,
        /// The request's time.
        amz_date: String,
        /// Whether it came in the query string.
        presigned: bool,
    },
    /// The request's time is more than 15 minutes away.
    Skew {
        /// The request's time.
        request_seconds: i64,
        /// Our time.
        now_seconds: i64,
    },
    /// A presigned URL is over.
    UrlExpired {
        /// `X-Amz-Expires`.
        expires_seconds: i64,
        /// When it ended.
        end_seconds: i64,
        /// Our time.
        now_seconds: i64,
    },
    /// A presigned URL's time lies in the future.
    UrlNotYetValid {
        /// The request's time.
        request_seconds: i64,
        /// Our time.
        now_seconds: i64,
    },
    /// Headers that must be signed are not.
    HeadersNotSigned(Vec<String>),
    /// The signature is not ours.
    Mismatch(Box<Mismatch>),
    /// S3 wants `x-amz-content-sha256` with header signatures.
    MissingContentSha256,
    /// `x-amz-content-sha256` is no value that is known.
    InvalidContentSha256 {
        /// What was given.
        got: String,
    },
    /// The body's hash is another one than `x-amz-content-sha256` says.
    ContentSha256 {
        /// What the header says.
        client: String,
        /// What the body has.
        computed: String,
    },
    /// The scope names another region.
    WrongRegion {
        /// The scope's.
        got: String,
        /// Ours.
        expected: String,
        /// Whether it came in the query string.
        presigned: bool,
    },
    /// The scope names another service.
    WrongService {
        /// The scope's.
        got: String,
        /// The one addressed.
        expected: String,
        /// Whether it came in the query string.
        presigned: bool,
    },
    /// Nobody has this access key.
    UnknownKey {
        /// The access key id.
        access_key_id: String,
    },
    /// The session token does not belong to the key, or is absent.
    InvalidToken,
    /// The session token is over.
    ExpiredToken,
}

/// What is wrong with `X-Amz-Expires`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiresProblem {
    /// Not a number.
    NotANumber,
    /// Below zero.
    Negative,
    /// More than a week.
    TooLong,
}

/// What a client needs to find out why its signature differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The access key id presented.
    pub access_key_id: String,
    /// The signature presented.
    pub signature_provided: String,
    /// The string to sign as we see it.
    pub string_to_sign: String,
    /// The canonical request as we see it; absent for chunks.
    pub canonical_request: Option<String>,
}

/// The manner in which a service words its authentication errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// S3.
    S3,
    /// awsJson 1.0 and 1.1.
    Json,
    /// restJson: as [`Dialect::Json`] with status 403.
    RestJson,
    /// Query (and rest-xml other than S3).
    Query,
}

/// An error as the client is to see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The code in this dialect.
    pub code: &'static str,
    /// The code in the query dialect, for `x-amzn-query-error`.
    pub query_code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// AWS's text.
    pub message: String,
    /// Further elements of S3's `<Error>`, in AWS's order.
    pub details: Vec<(&'static str, String)>,
}

impl Error {
    /// The error in the words of `dialect`.
    pub fn answer(&self, dialect: Dialect) -> Answer {
        if dialect == Dialect::S3 { self.in_s3() } else { self.in_common(dialect) }
    }

    fn in_common(&self, dialect: Dialect) -> Answer {
        // (awsJson and restJson code, query code)
        const INCOMPLETE: (&str, &str) = ("IncompleteSignatureException", "IncompleteSignature");
        const MISMATCH: (&str, &str) = ("InvalidSignatureException", "SignatureDoesNotMatch");
        let ((json, query), message) = match self {
            Self::Missing => (
                ("MissingAuthenticationTokenException", "MissingAuthenticationToken"),
                "Missing Authentication Token".to_owned(),
            ),
            Self::UnknownKey { .. } | Self::InvalidToken => (
                ("UnrecognizedClientException", "InvalidClientTokenId"),
                "The security token included in the request is invalid.".to_owned(),
            ),
            Self::ExpiredToken => (
                ("ExpiredTokenException", "ExpiredToken"),
                "The security token included in the request is expired".to_owned(),
            ),
            Self::Unsupported { .. }
            | Self::TwoMechanisms
            | Self::Incomplete { .. }
            | Self::NotKeyValue { .. }
            | Self::MalformedCredential { .. }
            | Self::BadDate { .. }
            | Self::MissingParameters
            | Self::Algorithm { .. }
            | Self::Expires(_)
            | Self::HeadersNotSigned(_)
            | Self::MissingContentSha256
            | Self::InvalidContentSha256 { .. } => (INCOMPLETE, self.common_text()),
            Self::ScopeDate { .. }
            | Self::Skew { .. }
            | Self::UrlExpired { .. }
            | Self::UrlNotYetValid { .. }
            | Self::Mismatch(_)
            | Self::ContentSha256 { .. }
            | Self::WrongRegion { .. }
            | Self::WrongService { .. } => (MISMATCH, self.common_text()),
        };
        let incomplete = query == INCOMPLETE.1;
        let status = match dialect {
            Dialect::Json => 400,
            Dialect::Query if incomplete => 400,
            _ => 403,
        };
        let code = if dialect == Dialect::Query { query } else { json };
        Answer { code, query_code: query, status, message, details: Vec::new() }
    }

    fn common_text(&self) -> String {
        match self {
            Self::Unsupported { kind, header } if !kind.starts_with("AWS4-") => format!(
                "'{}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'.",
                header.split_once(' ').map_or(header.as_str(), |(_, rest)| rest)
            ),
            Self::Unsupported { kind, .. } => format!("Unsupported AWS 'algorithm': '{kind}'."),
            Self::Algorithm { got } => format!("Unsupported AWS 'algorithm': '{got}'."),
            Self::TwoMechanisms => "Authorization header and query parameters both carry a signature.".into(),
            Self::Incomplete { missing, header } => incomplete_text(missing, header),
            Self::NotKeyValue { part, header } => format!(
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'."
            ),
            Self::MalformedCredential { got, .. } => format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{got}'."
            ),
            Self::BadDate { got, .. } => format!("Date must be in ISO-8601 'basic format'. Got '{got}'. See http://en.wikipedia.org/wiki/ISO_8601"),
            Self::MissingParameters => "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'. Re-examine the query-string parameters.".into(),
            Self::Expires(problem) => problem.text(),
            Self::ScopeDate { scope, amz_date, .. } => format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != '{}', from '{amz_date}'.",
                amz_date.get(..8).unwrap_or(amz_date)
            ),
            Self::Skew { request_seconds, now_seconds } => skew_text(*request_seconds, *now_seconds),
            Self::UrlExpired { end_seconds, now_seconds, .. } => {
                format!("Signature expired: {} is now earlier than {}", amz_date(*end_seconds), amz_date(*now_seconds))
            }
            Self::UrlNotYetValid { request_seconds, now_seconds } => skew_text(*request_seconds, *now_seconds),
            Self::HeadersNotSigned(names) => match names.as_slice() {
                [name] if name == "host" => "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".into(),
                names => format!("'{}' must be a 'SignedHeader' in the AWS Authorization.", names.join("', '")),
            },
            Self::Mismatch(m) => mismatch_text(m),
            Self::MissingContentSha256 => "x-amz-content-sha256 is missing".into(),
            Self::InvalidContentSha256 { got } => format!("x-amz-content-sha256 has the unsupported value '{got}'"),
            Self::ContentSha256 { .. } => "The value of the x-amz-content-sha256 header does not match the payload.".into(),
            Self::WrongRegion { .. } => "Credential should be scoped to a valid region.".into(),
            Self::WrongService { expected, .. } => format!("Credential should be scoped to correct service: '{expected}'."),
            Self::Missing | Self::UnknownKey { .. } | Self::InvalidToken | Self::ExpiredToken => String::new(),
        }
    }

    fn in_s3(&self) -> Answer {
        let (code, status, message) = self.s3_text();
        Answer { code, query_code: code, status, message, details: self.s3_details() }
    }

    fn s3_text(&self) -> (&'static str, u16, String) {
        const HEADER: &str = "AuthorizationHeaderMalformed";
        const QUERY: &str = "AuthorizationQueryParametersError";
        let place = |presigned: &bool| if *presigned { QUERY } else { HEADER };
        match self {
            Self::Missing => ("AccessDenied", 403, "Access Denied".into()),
            Self::Unsupported { kind, .. } if kind == "AWS" => ("InvalidRequest", 400, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.".into()),
            Self::Unsupported { .. } => ("InvalidArgument", 400, "Unsupported Authorization Type".into()),
            Self::TwoMechanisms => ("InvalidArgument", 400, "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified".into()),
            Self::Incomplete { .. } | Self::NotKeyValue { .. } => (HEADER, 400, "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.".into()),
            Self::MalformedCredential { presigned, .. } => (place(presigned), 400, format!(
                "{}; the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".", s3_opening(*presigned)
            )),
            Self::BadDate { presigned: true, .. } => (QUERY, 400, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"".into()),
            Self::BadDate { presigned: false, .. } => ("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header".into()),
            Self::MissingParameters => (QUERY, 400, "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.".into()),
            Self::Algorithm { .. } => (QUERY, 400, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"".into()),
            Self::Expires(problem) => (QUERY, 400, problem.text()),
            Self::ScopeDate { scope, presigned, amz_date } => (place(presigned), 400, format!(
                "{}; Invalid credential date \"{scope}\". This date is not the same as X-Amz-Date: \"{}\".", s3_opening(*presigned), amz_date.get(..8).unwrap_or(amz_date)
            )),
            Self::Skew { .. } => ("RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large.".into()),
            Self::UrlExpired { .. } => ("AccessDenied", 403, "Request has expired".into()),
            Self::UrlNotYetValid { .. } => ("AccessDenied", 403, "Request is not yet valid".into()),
            Self::HeadersNotSigned(_) => ("AccessDenied", 403, "There were headers present in the request which were not signed".into()),
            Self::Mismatch(_) => ("SignatureDoesNotMatch", 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method.".into()),
            Self::MissingContentSha256 => ("InvalidRequest", 400, "Missing required header for this request: x-amz-content-sha256".into()),
            Self::InvalidContentSha256 { .. } => ("InvalidArgument", 400, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.".into()),
            Self::ContentSha256 { .. } => ("XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' header does not match what was computed.".into()),
            Self::WrongRegion { got, expected, presigned } => (place(presigned), 400, format!(
                "{}; the region '{got}' is wrong; expecting '{expected}'", s3_opening(*presigned)
            )),
            Self::WrongService { got, presigned, .. } => (place(presigned), 400, format!(
                "{}; incorrect service \"{got}\". This endpoint belongs to \"s3\".", s3_opening(*presigned)
            )),
            Self::UnknownKey { .. } => ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.".into()),
            Self::InvalidToken => ("InvalidToken", 400, "The provided token is malformed or otherwise invalid.".into()),
            Self::ExpiredToken => ("ExpiredToken", 400, "The provided token has expired.".into()),
        }
    }

    fn s3_details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Skew { request_seconds, now_seconds } => vec![
                ("RequestTime", amz_date(*request_seconds)),
                ("ServerTime", iso(*now_seconds)),
                ("MaxAllowedSkewMilliseconds", (SKEW_SECONDS_MAX * 1000).to_string()),
            ],
            Self::UrlExpired { expires_seconds, end_seconds, now_seconds } => vec![
                ("X-Amz-Expires", expires_seconds.to_string()),
                ("Expires", iso(*end_seconds)),
                ("ServerTime", iso(*now_seconds)),
            ],
            Self::UrlNotYetValid { now_seconds, .. } => vec![("ServerTime", iso(*now_seconds))],
            Self::HeadersNotSigned(names) => vec![("HeadersNotSigned", names.join(", "))],
            Self::ContentSha256 { client, computed } => vec![
                ("ClientComputedContentSHA256", client.clone()),
                ("S3ComputedContentSHA256", computed.clone()),
            ],
            Self::InvalidContentSha256 { got } => {
                vec![("ArgumentName", "x-amz-content-sha256".into()), ("ArgumentValue", got.clone())]
            }
            Self::Unsupported { header, .. } => {
                vec![("ArgumentName", "Authorization".into()), ("ArgumentValue", header.clone())]
            }
            Self::WrongRegion { expected, .. } => vec![("Region", expected.clone())],
            Self::UnknownKey { access_key_id } => vec![("AWSAccessKeyId", access_key_id.clone())],
            Self::Mismatch(m) => s3_mismatch(m),
            _ => Vec::new(),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.answer(Dialect::Query).message)
    }
}

impl std::error::Error for Error {}

impl ExpiresProblem {
    fn text(self) -> String {
        match self {
            Self::NotANumber => "X-Amz-Expires should be a number".into(),
            Self::Negative => "X-Amz-Expires must be non-negative".into(),
            Self::TooLong => format!(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than {EXPIRES_SECONDS_MAX} seconds"
            ),
        }
    }
}

fn s3_opening(presigned: bool) -> &'static str {
    if presigned {
        "Error parsing the X-Amz-Credential parameter"
    } else {
        "The authorization header is malformed"
    }
}

fn incomplete_text(missing: &[&str], header: &str) -> String {
    let mut out = String::new();
    for what in missing {
        if *what == "Date" {
            out.push_str(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
            );
        } else {
            out.push_str(&format!("Authorization header requires '{what}' parameter. "));
        }
    }
    out.push_str(&format!("Authorization={header}"));
    out
}

fn skew_text(request_seconds: i64, now_seconds: i64) -> String {
    let (request, now) = (amz_date(request_seconds), amz_date(now_seconds));
    if request_seconds < now_seconds {
        let edge = amz_date(now_seconds - SKEW_SECONDS_MAX);
        format!("Signature expired: {request} is now earlier than {edge} ({now} - 15 min.)")
    } else {
        let edge = amz_date(now_seconds + SKEW_SECONDS_MAX);
        format!("Signature not yet current: {request} is still later than {edge} ({now} + 15 min.)")
    }
}

fn mismatch_text(m: &Mismatch) -> String {
    let mut out = String::from(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
    if let Some(canonical) = &m.canonical_request {
        out.push_str(&format!("\n\nThe Canonical String for this request should have been\n'{canonical}'"));
    }
    out.push_str(&format!("\n\nThe String-to-Sign should have been\n'{}'\n", m.string_to_sign));
    out
}

fn s3_mismatch(m: &Mismatch) -> Vec<(&'static str, String)> {
    let bytes = |text: &str| {
        let pairs: Vec<String> = text.bytes().map(|b| format!("{b:02x}")).collect();
        pairs.join(" ")
    };
    let mut out = vec![
        ("AWSAccessKeyId", m.access_key_id.clone()),
        ("StringToSign", m.string_to_sign.clone()),
        ("SignatureProvided", m.signature_provided.clone()),
        ("StringToSignBytes", bytes(&m.string_to_sign)),
    ];
    if let Some(canonical) = &m.canonical_request {
        out.push(("CanonicalRequest", canonical.clone()));
        out.push(("CanonicalRequestBytes", bytes(canonical)));
    }
    out
}

/// `2015-08-30T12:36:00Z`.
fn iso(seconds: i64) -> String {
    let basic = amz_date(seconds);
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        &basic[..4],
        &basic[4..6],
        &basic[6..8],
        &basic[9..11],
        &basic[11..13],
        &basic[13..15]
    )
}
