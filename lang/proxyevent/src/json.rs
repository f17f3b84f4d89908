//! Writing JSON straight into bytes. The events are fixed shapes around borrowed text, so that a tree of values would
//! only cost time: this is the hottest code of the gateway.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes `text` as a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escaped(out, text);
    out.push(b'"');
}

/// Writes `text` as the inside of a JSON string.
pub(crate) fn escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(control >> 4)]);
                out.push(HEX[usize::from(control & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[from..]);
}

/// Writes bytes as a JSON string; what is not UTF-8 becomes the replacement character.
pub(crate) fn lossy(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    lossy_escaped(out, bytes);
    out.push(b'"');
}

/// Writes bytes as the inside of a JSON string; what is not UTF-8 becomes the replacement character.
pub(crate) fn lossy_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        escaped(out, chunk.valid());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// Writes `text` as a JSON string, or `null`.
pub(crate) fn optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Writes `,"name":` - the fixed part must already be a JSON string, with its colon.
pub(crate) fn key(out: &mut Vec<u8>, fixed: &'static str) {
    out.push(b',');
    out.extend_from_slice(fixed.as_bytes());
}

/// Writes a decimal number.
pub(crate) fn number(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes a body: base64 when `binary`, otherwise text.
pub(crate) fn body(out: &mut Vec<u8>, body: &[u8], binary: bool) {
    if binary {
        out.push(b'"');
        base64(out, body);
        out.push(b'"');
    } else {
        lossy(out, body);
    }
}

/// Writes bytes in base64.
fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    let length = bytes.len().div_ceil(3) * 4;
    out.resize(start + length, 0);
    let written =
        STANDARD.encode_slice(bytes, &mut out[start..]).expect("the room was reserved for all of it");
    debug_assert_eq!(written, length);
}

/// Writes a map of names to texts, or `none` when it is empty.
pub(crate) fn map_or<'a>(out: &mut Vec<u8>, none: &[u8], pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let start = out.len();
    for (name, value) in pairs {
        out.push(if out.len() == start { b'{' } else { b',' });
        string(out, name);
        out.push(b':');
        string(out, value);
    }
    if out.len() == start {
        out.extend_from_slice(none);
    } else {
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    proptest! {
        #[test]
        fn text_reads_back(text in any::<String>()) {
            let mut out = Vec::new();
            string(&mut out, &text);
            assert_eq!(serde_json::from_slice::<String>(&out).expect("valid JSON"), text);
        }

        #[test]
        fn any_bytes_make_valid_json(bytes in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            lossy(&mut out, &bytes);
            let read: String = serde_json::from_slice(&out).expect("valid JSON");
            assert_eq!(read, String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn numbers_read_back(value in any::<i64>()) {
            let mut out = Vec::new();
            number(&mut out, value);
            assert_eq!(std::str::from_utf8(&out).expect("ascii"), value.to_string());
        }

        #[test]
        fn binary_bodies_read_back(bytes in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            body(&mut out, &bytes, true);
            let text: String = serde_json::from_slice(&out).expect("valid JSON");
            assert_eq!(STANDARD.decode(text).expect("base64"), bytes);
        }
    }
}
