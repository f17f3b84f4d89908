//! Ids that a gateway writes into events and response headers. The caller supplies the chance.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

/// Bytes of chance in a short request id.
pub const SHORT_ID_BYTES: usize = 11;
/// Bytes of chance in a trace id.
pub const TRACE_BYTES: usize = 12;

/// The request id of HTTP APIs and the extended request id of REST APIs: 16 characters such as `LV7fzho-PHcEJPw=`.
pub fn short_request_id(chance: [u8; SHORT_ID_BYTES]) -> String {
    URL_SAFE.encode(chance)
}

/// The value of `X-Amzn-Trace-Id` for a request that brought none: `Root=1-<seconds>-<chance>`.
pub fn trace_header(time_millis: i64, chance: [u8; TRACE_BYTES]) -> String {
    use std::fmt::Write;
    let mut text = format!("Root=1-{:08x}-", time_millis / 1000);
    for byte in chance {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_aws() {
        let id = short_request_id([0x2d, 0x5e, 0xdf, 0xce, 0x1a, 0x3e, 0x3c, 0x77, 0x04, 0x24, 0xfc]);
        assert_eq!((id.len(), id.ends_with('=')), (16, true));
        assert_eq!(trace_header(1_587_481_701_067, [0xab; 12]), "Root=1-5e9f0c65-abababababababababababab");
    }
}
