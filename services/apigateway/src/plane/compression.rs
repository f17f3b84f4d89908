//! Compressed bodies: those of requests are opened, those of answers packed where the API says so.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html>

use std::io::{self, Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use proxyevent::Request;
use shape::Stream;

use crate::limits::BODY_BYTES_MAX;
use crate::responses::ResponseType;

use super::answer::{Answer, Refusal};

/// The codings that API Gateway knows beside `identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    fn of(name: &str) -> Option<Self> {
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => Some(Self::Gzip),
            name if name.eq_ignore_ascii_case("deflate") => Some(Self::Deflate),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// The opened body of a request that is compressed. A coding that is not known and a body that is not in its coding
/// get 415, one that grows beyond the limit gets 413.
pub(super) fn open(headers: &HeaderMap, body: &[u8]) -> Result<Option<Bytes>, Refusal> {
    let Some(value) = headers.get(CONTENT_ENCODING) else { return Ok(None) };
    let name = value.to_str().unwrap_or_default().trim();
    if name.is_empty() || name.eq_ignore_ascii_case("identity") {
        return Ok(None);
    }
    let unsupported = || Refusal::new(ResponseType::UnsupportedMediaType, 415, "Unsupported Media Type");
    let coding = Coding::of(name).ok_or_else(unsupported)?;
    let mut opened = Vec::new();
    // One byte more than is allowed tells a body that is too large from one that just fits.
    let limit = BODY_BYTES_MAX as u64 + 1;
    let read = match coding {
        Coding::Gzip => MultiGzDecoder::new(body).take(limit).read_to_end(&mut opened),
        Coding::Deflate => ZlibDecoder::new(body).take(limit).read_to_end(&mut opened),
    };
    read.map_err(|_| unsupported())?;
    if opened.len() > BODY_BYTES_MAX {
        return Err(Refusal::new(ResponseType::RequestTooLarge, 413, "Request Too Long"));
    }
    Ok(Some(opened.into()))
}

/// Packs the body of an answer that is at least `size_min` bytes long, if the client asks for a coding that is known.
pub(super) fn pack(size_min: Option<i32>, request: &Request<'_>, answer: &mut Answer) {
    // Answers that are passed on as they come are not compressed.
    let Some(body) = answer.body.whole() else { return };
    let is_large = |size: i32| usize::try_from(size).is_ok_and(|size| body.len() >= size);
    if !size_min.is_some_and(is_large) || answer.headers.iter().any(|(name, _)| name == CONTENT_ENCODING) {
        return;
    }
    let Some(coding) = request.header_text("accept-encoding").and_then(wanted) else { return };
    match packed(coding, body) {
        Ok(body) => {
            answer.body = Stream::once(body);
            answer.headers.push((CONTENT_ENCODING, HeaderValue::from_static(coding.name())));
        }
        // Writing to memory does not fail; if it did, the body goes as it is.
        Err(error) => tracing::warn!(%error, "an answer could not be compressed"),
    }
}

fn packed(coding: Coding, body: &[u8]) -> io::Result<Bytes> {
    let packed = match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body)?;
            encoder.finish()?
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(body)?;
            encoder.finish()?
        }
    };
    Ok(packed.into())
}

/// The coding that the client likes best, if it is one of those that are known.
fn wanted(accept: &str) -> Option<Coding> {
    let mut best: Option<(f32, &str)> = None;
    for part in accept.split(',') {
        let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
        let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |text| text.parse().unwrap_or(0.0));
        if quality > 0.0 && best.is_none_or(|(most, _)| quality > most) {
            best = Some((quality, name));
        }
    }
    best.and_then(|(_, name)| Coding::of(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(coding: &str, body: &[u8]) -> Result<Option<Bytes>, u16> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, coding.parse().unwrap())]);
        open(&headers, body).map_err(|refusal| refusal.status)
    }

    #[test]
    fn requests_are_opened() {
        for coding in [Coding::Gzip, Coding::Deflate] {
            let body = packed(coding, b"{\"a\":1}").unwrap();
            assert_eq!(opened(coding.name(), &body).unwrap().unwrap(), "{\"a\":1}");
            assert_eq!(opened(coding.name(), b"{\"a\":1}"), Err(415));
        }
        assert_eq!(opened("identity", b"x"), Ok(None));
        assert_eq!(opened("br", b"x"), Err(415));
    }

    #[test]
    fn a_bomb_is_not_opened() {
        let bomb = packed(Coding::Gzip, &vec![0; BODY_BYTES_MAX + 1]).unwrap();
        assert!(bomb.len() < 100_000);
        assert_eq!(opened("gzip", &bomb), Err(413));
    }

    #[test]
    fn the_coding_with_the_highest_priority_counts() {
        assert_eq!(wanted("gzip, deflate, br"), Some(Coding::Gzip));
        assert_eq!(wanted("gzip;q=0.5, deflate"), Some(Coding::Deflate));
        assert_eq!(wanted("br, gzip;q=0.9"), None);
        assert_eq!(wanted("identity"), None);
        assert_eq!(wanted("*"), None);
        assert_eq!(wanted("gzip;q=0"), None);
    }
}
