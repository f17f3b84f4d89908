//! Signature Version 4: reading, checking and making signatures.
//!
//! Checking takes two steps, because the secret is looked up between them:
//!
//! ```
//! # use wire::sigv4;
//! # fn secret_of(_: &str) -> &'static str { "test" }
//! # fn check(parts: &http::request::Parts, now_seconds: i64, body: &[u8]) -> Result<(), sigv4::Error> {
//! let request = sigv4::Request::of(parts);
//! let Some(presented) = sigv4::parse(&request)? else { return Ok(()) };   // no credentials: anonymous
//! presented.check_time(now_seconds)?;                                     // skew, expiry
//! let secret = secret_of(&presented.access_key_id);                       // + presented.session_token
//! let key = sigv4::SigningKey::derive(secret, &presented.scope);          // or KeyCache::get
//! let verified = presented.verify(&key, &request, Some(&wire::digest::sha256(body)))?;
//! # let _ = verified;
//! # Ok(())
//! # }
//! ```
//!
//! A body that is not read yet (S3) passes `None`; then [`Verified::payload`] says what is still to be checked:
//! a hash over the whole body, or chunks for [`chunked::Decoder`].
//!
//! Whoever routes the request must compare [`Scope::service`] with the service's signing name and, where it matters,
//! [`Scope::region`]: [`Error::WrongService`] and [`Error::WrongRegion`] hold AWS's words for that.
//! [`Error::answer`] gives code, status and text per protocol.
//!
//! Start at [`parse`]; signing is [`Signer`].

mod canonical;
pub mod chunked;
mod error;
mod key;
mod presign;
mod sign;
mod verify;

pub use canonical::{Request, Rules};
pub use error::{Answer, Dialect, Error, Mismatch};
pub use key::{Credentials, KeyCache, SigningKey};
pub use sign::{Signed, Signer};
pub use verify::{Placement, Presented, Verified, parse};

/// The one algorithm that is supported.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Last part of every credential scope.
pub const TERMINATOR: &str = "aws4_request";
/// How far a request's time may lie from ours: 15 minutes, as the SigV4 guide says.
pub const SKEW_SECONDS_MAX: i64 = 15 * 60;
/// A presigned URL lives at most 7 days, as the S3 API reference says of `X-Amz-Expires`.
pub const EXPIRES_SECONDS_MAX: i64 = 7 * 24 * 60 * 60;
/// SHA-256 of nothing.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a signature is scoped to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// `us-east-1`.
    pub region: String,
    /// The signing name: `s3`, `sqs`, `execute-api`.
    pub service: String,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.date, self.region, self.service)
    }
}

/// How the body is bound to the signature: the value of `x-amz-content-sha256`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// SHA-256 of the body, lower-case hexadecimal.
    Hash(String),
    /// The body is not signed.
    Unsigned,
    /// `aws-chunked`, every chunk signed.
    Chunks,
    /// `aws-chunked`, every chunk and the trailers signed.
    ChunksWithTrailer,
    /// `aws-chunked` with trailers, nothing of it signed.
    UnsignedChunksWithTrailer,
}

impl Payload {
    /// The payload of a body that is at hand.
    pub fn of(body: &[u8]) -> Self {
        Self::Hash(crate::digest::sha256_hex(body))
    }

    /// The header's text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Hash(hex) => hex,
            Self::Unsigned => "UNSIGNED-PAYLOAD",
            Self::Chunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::ChunksWithTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::UnsignedChunksWithTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }

    /// Reads the header's text; `None` when it is no value that we (or AWS) accept.
    pub fn parse(text: &str) -> Option<Self> {
        for known in [Self::Unsigned, Self::Chunks, Self::ChunksWithTrailer, Self::UnsignedChunksWithTrailer]
        {
            if known.as_str() == text {
                return Some(known);
            }
        }
        let is_hash = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        is_hash.then(|| Self::Hash(text.to_ascii_lowercase()))
    }

    /// Whether the body comes as `aws-chunked`.
    pub fn is_chunked(&self) -> bool {
        matches!(self, Self::Chunks | Self::ChunksWithTrailer | Self::UnsignedChunksWithTrailer)
    }
}

/// `20150830T123600Z` for seconds since 1970.
pub fn amz_date(seconds: i64) -> String {
    use std::fmt::Write as _;
    // Seconds outside of jiff's years (±9999) cannot come from a clock; they print as the epoch.
    let at = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let t = at.to_zoned(jiff::tz::TimeZone::UTC);
    let mut out = String::with_capacity(16);
    write!(
        out,
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
    .expect("a String takes every write");
    out
}

/// Seconds since 1970 for `20150830T123600Z`; nothing else is accepted.
pub fn parse_amz_date(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    if b.len() != 16 || b[8] != b'T' || b[15] != b'Z' {
        return None;
    }
    let number = |from: usize, to: usize| -> Option<i16> {
        let digits = &b[from..to];
        digits.iter().all(u8::is_ascii_digit).then(|| {
            digits.iter().fold(0i16, |n, d| n * 10 + i16::from(d - b'0')) // at most 4 digits
        })
    };
    let small = |from: usize| number(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let at =
        jiff::civil::DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(9)?, small(11)?, small(13)?, 0)
            .ok()?; // the 31st of February: no date
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()) // UTC has every civil time
}

#[cfg(test)]
mod tests;
