//! Messages of `application/vnd.amazon.eventstream`: answers that come in events, as those of Lambda's
//! InvokeWithResponseStream and Kinesis' SubscribeToShard.
//!
//! A message is a prelude (length of everything and of the headers, both u32, and their CRC-32), headers, a payload and
//! the CRC-32 of all before it; numbers are big-endian.
//! <https://smithy.io/2.0/aws/amazon-eventstream.html>

use bytes::Bytes;

use crate::digest::{self, Algorithm};

/// The media type of a body that is made of messages.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";

/// Both lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
/// A checksum.
const CRC_BYTES: usize = 4;
/// The type of a header whose value is a text; the protocols of AWS use no other in answers.
const TEXT: u8 = 7;
/// Payload of one message: 24 MB ("the total length is at most 24 MB").
pub const PAYLOAD_BYTES_MAX: usize = 24 * 1024 * 1024;

/// An event, whose type is the name of a member of the stream's union. `content_type` is that of the payload: none for
/// an event without one.
pub fn event(kind: &str, content_type: Option<&str>, payload: &[u8]) -> Bytes {
    let mut headers = vec![(":message-type", "event"), (":event-type", kind)];
    if let Some(content_type) = content_type {
        headers.push((":content-type", content_type));
    }
    message(&headers, payload)
}

/// An error that the service's model knows, with its members as payload: it ends the stream.
pub fn exception(kind: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let headers =
        [(":message-type", "exception"), (":exception-type", kind), (":content-type", content_type)];
    message(&headers, payload)
}

/// An error that no model knows: it ends the stream, too.
pub fn error(code: &str, text: &str) -> Bytes {
    message(&[(":message-type", "error"), (":error-code", code), (":error-message", text)], b"")
}

/// A message of these headers and this payload.
pub fn message(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    debug_assert!(payload.len() <= PAYLOAD_BYTES_MAX, "the caller cuts payloads");
    let header_bytes: usize = headers.iter().map(|(name, value)| 4 + name.len() + value.len()).sum();
    let total = PRELUDE_BYTES + header_bytes + payload.len() + CRC_BYTES;
    let mut bytes = Vec::with_capacity(total);
    bytes.extend_from_slice(&length(total));
    bytes.extend_from_slice(&length(header_bytes));
    bytes.extend_from_slice(digest::of(Algorithm::Crc32, &bytes).bytes());
    for (name, value) in headers {
        bytes.push(u8::try_from(name.len()).expect("names of headers are short words of ours"));
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(TEXT);
        let length = u16::try_from(value.len()).expect("values of headers are short texts of ours");
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(value.as_bytes());
    }
    bytes.extend_from_slice(payload);
    bytes.extend_from_slice(digest::of(Algorithm::Crc32, &bytes).bytes());
    bytes.into()
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).expect("payloads are cut far below 4 GB").to_be_bytes()
}

/// One message taken apart, for readers such as tests: headers, payload, and what follows in `bytes`. None when
/// `bytes` is no whole message or a checksum is wrong.
#[expect(clippy::type_complexity, reason = "the three parts of one message")]
pub fn split(bytes: &[u8]) -> Option<(Vec<(String, String)>, &[u8], &[u8])> {
    let number = |at: usize| -> Option<usize> {
        usize::try_from(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)).ok()
    };
    let (total, header_bytes) = (number(0)?, number(4)?);
    let whole = bytes.get(..total)?;
    let body = whole.get(..total.checked_sub(CRC_BYTES)?)?;
    let sum = |of: &[u8]| digest::of(Algorithm::Crc32, of).bytes().to_vec();
    if sum(bytes.get(..8)?) != bytes.get(8..PRELUDE_BYTES)? || sum(body) != whole[body.len()..] {
        return None;
    }
    let payload = body.get(PRELUDE_BYTES.checked_add(header_bytes)?..)?;
    let mut rest = body.get(PRELUDE_BYTES..PRELUDE_BYTES + header_bytes)?;
    let mut headers = Vec::new();
    while let [name_bytes, after @ ..] = rest {
        let (name, after) = after.split_at_checked(usize::from(*name_bytes))?;
        let [TEXT, high, low, after @ ..] = after else { return None };
        let (value, after) = after.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])))?;
        headers.push((String::from_utf8(name.to_vec()).ok()?, String::from_utf8(value.to_vec()).ok()?));
        rest = after;
    }
    Some((headers, payload, &bytes[total..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases of the format's own test suite, as botocore (tests/unit/test_eventstream.py) has them.
    #[test]
    fn messages_are_those_of_the_format() {
        let empty = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2H\xeb}\x98\xc8\xff";
        assert_eq!(message(&[], b""), empty[..]);
        let payload = b"\x00\x00\x00\x1d\x00\x00\x00\x00\xfdR\x8cZ{'foo':'bar'}\xc3e96";
        assert_eq!(message(&[], b"{'foo':'bar'}"), payload[..]);
        let header = b"\x00\x00\x00=\x00\x00\x00 \x07\xfd\x83\x96\x0ccontent-type\x07\x00\x10application/json{'foo':'bar'}\x8d\x9c\x08\xb1";
        assert_eq!(message(&[("content-type", "application/json")], b"{'foo':'bar'}"), header[..]);
    }

    #[test]
    fn events_are_read_back() {
        let bytes =
            [event("PayloadChunk", Some("application/octet-stream"), b"one"), error("Code", "Text")].concat();
        let (headers, payload, rest) = split(&bytes).unwrap();
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [":message-type", ":event-type", ":content-type"]);
        assert_eq!((headers[1].1.as_str(), payload), ("PayloadChunk", &b"one"[..]));
        let (headers, payload, rest) = split(rest).unwrap();
        assert_eq!((headers[2].1.as_str(), payload, rest), ("Text", &b""[..], &b""[..]));
        let (headers, _, _) = split(&exception("Gone", "application/json", b"{}"))
            .map(|(a, b, _)| (a, b.to_vec(), ()))
            .unwrap();
        assert_eq!(headers[1], (":exception-type".to_string(), "Gone".to_string()));
    }

    #[test]
    fn broken_messages_are_no_messages() {
        let whole = event("A", None, b"payload");
        for end in 0..whole.len() {
            assert!(split(&whole[..end]).is_none());
        }
        for at in 0..whole.len() {
            let mut broken = whole.to_vec();
            broken[at] ^= 1;
            assert!(split(&broken).is_none(), "byte {at}");
        }
    }
}
