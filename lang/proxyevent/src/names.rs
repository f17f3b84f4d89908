//! The capitals of header names. AWS writes the names of well-known headers in one way, whatever the client sent.

/// Well-known names in lower case, in order, with the capitals that REST APIs show to functions.
const KNOWN: [(&str, &str); 47] = [
    ("accept", "Accept"),
    ("accept-charset", "Accept-Charset"),
    ("accept-encoding", "Accept-Encoding"),
    ("accept-language", "Accept-Language"),
    ("access-control-request-headers", "Access-Control-Request-Headers"),
    ("access-control-request-method", "Access-Control-Request-Method"),
    ("authorization", "Authorization"),
    ("cache-control", "Cache-Control"),
    ("content-disposition", "Content-Disposition"),
    ("content-encoding", "Content-Encoding"),
    ("content-language", "Content-Language"),
    ("content-length", "Content-Length"),
    ("content-md5", "Content-MD5"),
    ("content-range", "Content-Range"),
    ("content-type", "Content-Type"),
    ("cookie", "Cookie"),
    ("date", "Date"),
    ("expires", "Expires"),
    ("forwarded", "Forwarded"),
    ("from", "From"),
    ("host", "Host"),
    ("if-match", "If-Match"),
    ("if-modified-since", "If-Modified-Since"),
    ("if-none-match", "If-None-Match"),
    ("if-range", "If-Range"),
    ("if-unmodified-since", "If-Unmodified-Since"),
    ("max-forwards", "Max-Forwards"),
    ("origin", "Origin"),
    ("pragma", "Pragma"),
    ("prefer", "Prefer"),
    ("range", "Range"),
    ("referer", "Referer"),
    ("upgrade-insecure-requests", "Upgrade-Insecure-Requests"),
    ("user-agent", "User-Agent"),
    ("via", "Via"),
    ("warning", "Warning"),
    ("x-amz-cf-id", "X-Amz-Cf-Id"),
    ("x-amz-content-sha256", "X-Amz-Content-Sha256"),
    ("x-amz-date", "X-Amz-Date"),
    ("x-amz-security-token", "X-Amz-Security-Token"),
    ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
    ("x-api-key", "X-Api-Key"),
    ("x-forwarded-for", "X-Forwarded-For"),
    ("x-forwarded-host", "X-Forwarded-Host"),
    ("x-forwarded-port", "X-Forwarded-Port"),
    ("x-forwarded-proto", "X-Forwarded-Proto"),
    ("x-requested-with", "X-Requested-With"),
];

/// Names that HTTP APIs write with capitals in format 1.0; they leave all others as they came.
const KNOWN_TO_HTTP_APIS: [&str; 7] = [
    "content-length",
    "host",
    "user-agent",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
];

/// The name as a REST API shows it: well-known names in their capitals, others as they came.
pub(crate) fn rest(name: &str) -> &str {
    let compare =
        |known: &(&str, &str)| known.0.bytes().cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()));
    match KNOWN.binary_search_by(compare) {
        Ok(found) => KNOWN[found].1,
        Err(_) => name,
    }
}

/// The name as an HTTP API shows it in format 1.0.
pub(crate) fn http_v1(name: &str) -> &str {
    let known = KNOWN_TO_HTTP_APIS.iter().any(|known| known.eq_ignore_ascii_case(name));
    if known { rest(name) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        assert!(KNOWN.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(KNOWN.iter().all(|(lower, name)| name.to_ascii_lowercase() == *lower));
    }

    #[test]
    fn capitals() {
        assert_eq!(rest("authorization"), "Authorization");
        assert_eq!(rest("AUTHORIZATION"), "Authorization");
        assert_eq!(rest("tEsT-HEADeR"), "tEsT-HEADeR");
        // A recorded event of format 1.0: milliHQ/terraform-aws-next-js, pull request 31.
        assert_eq!(http_v1("x-amzn-trace-id"), "X-Amzn-Trace-Id");
        assert_eq!(http_v1("content-length"), "Content-Length");
        assert_eq!(http_v1("accept-encoding"), "accept-encoding");
    }
}
