//! Whether a request with the well-known keys comes from a program of this machine, or from a web page elsewhere.
//!
//! Everybody knows the well-known keys, and a browser on this machine reaches the loopback address for any web page.
//! Without this check a page anywhere could sign requests for the developer's cloud (in the query string, for which
//! no preflight is asked), or have its own name resolve to 127.0.0.1 and talk to the cloud as its own origin.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::request::Parts;

use crate::aws_names;

/// A name that leads here although a public name server knows it, besides AWS's own, which clients are told to send
/// here: the one that LocalStack's users have in their settings.
const LOCALSTACK: &str = "localhost.localstack.cloud";
/// Last labels that no public name server may resolve (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`).
const PRIVATE_LABELS: &[&str] = &["localhost", "local", "internal", "test", "home.arpa"];

/// Whether the request may use well-known keys. Programs send no `Origin`; pages of this machine name it there.
pub(super) fn is_near(parts: &Parts) -> bool {
    let text =
        |name| parts.headers.get(name).map(|value: &http::HeaderValue| value.to_str().unwrap_or_default());
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    let host = text(&HOST).or(authority).is_none_or(|host| is_private(host) || is_told_to_come(host));
    let origin = text(&ORIGIN)
        .is_none_or(|origin| origin.split_once("://").is_some_and(|(_, authority)| is_private(authority)));
    let site = parts.headers.get("sec-fetch-site").is_none_or(|site| site != "cross-site");
    host && origin && site
}

/// Whether an authority names a machine that nobody else can claim to be.
fn is_private(authority: &str) -> bool {
    let name = without_port(authority).trim_end_matches('.').to_ascii_lowercase();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.to_canonical().is_loopback();
    }
    // A name without a dot is looked up in the own network only.
    !name.contains('.') || PRIVATE_LABELS.iter().any(|ending| aws_names::is_below(&name, ending))
}

fn is_told_to_come(authority: &str) -> bool {
    let name = without_port(authority);
    aws_names::contain(name) || aws_names::is_below(&name.to_ascii_lowercase(), LOCALSTACK)
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected: bool) {
        let mut request = http::Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(is_near(&parts), expected, "{headers:?}");
    }

    #[test]
    fn programs_and_own_pages_are_near() {
        check(&[], true);
        for host in [
            "localhost:4566",
            "127.0.0.1:4566",
            "[::1]:4566",
            "bucket.s3.localhost:4566",
            "cloudlet:4566",
            "host.docker.internal:4566",
            "s3.eu-west-1.amazonaws.com",
            "sqs.us-east-1.localhost.localstack.cloud:4566",
        ] {
            check(&[("host", host)], true);
        }
        check(&[("host", "localhost:4566"), ("origin", "http://localhost:3000")], true);
        check(
            &[
                ("host", "localhost:4566"),
                ("origin", "http://127.0.0.1:8080"),
                ("sec-fetch-site", "same-site"),
            ],
            true,
        );
    }

    #[test]
    fn pages_from_elsewhere_are_not() {
        check(&[("host", "localhost:4566"), ("origin", "https://evil.example")], false);
        check(&[("host", "localhost:4566"), ("origin", "null")], false);
        check(&[("host", "localhost:4566"), ("origin", "https://localhost.evil.example")], false);
        check(&[("host", "localhost:4566"), ("origin", "https://x.amazonaws.com")], false);
        check(&[("host", "localhost:4566"), ("sec-fetch-site", "cross-site")], false);
        // A name of a stranger that resolves to this machine.
        check(&[("host", "evil.example:4566")], false);
        check(&[("host", "evil.example.")], false);
        check(&[("host", "192.0.2.1:4566")], false);
        check(&[("host", "evilamazonaws.com")], false);
    }
}
