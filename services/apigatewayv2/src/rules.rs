//! What is allowed in APIs, integrations and routes. Pure.

use cloud::client::logs::group_of;
use proxyevent::logformat::Format;

use crate::error::Error;
use crate::keys::{AccessLog, Cors};
use crate::limits::{TIMEOUT_MILLIS_MAX, TIMEOUT_MILLIS_MIN};
use crate::views::AccessLogSettings;

/// Methods that a route key may begin with.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"];

/// Reads a route key: a method and a path, or none for `$default`.
pub(crate) fn route(key: &str) -> Result<Option<(&str, &str)>, Error> {
    if key == "$default" {
        return Ok(None);
    }
    let invalid = || {
        Error::bad(format!(
            "The provided route key is not formatted properly for HTTP protocol. Format should be \"<HTTP METHOD> /<RESOURCE PATH>\" or \"$default\": {key}"
        ))
    };
    let (method, path) = key.split_once(' ').ok_or_else(invalid)?;
    if !METHODS.contains(&method) || !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(invalid());
    }
    let parts: Vec<&str> = path[1..].split('/').collect();
    let greedy_before_end =
        parts.iter().enumerate().any(|(index, part)| part.ends_with("+}") && index + 1 < parts.len());
    let braces = parts.iter().any(|part| {
        let variable = part.starts_with('{') && part.ends_with('}') && part.len() > 2;
        !variable && part.contains(['{', '}'])
    });
    if greedy_before_end || braces { Err(invalid()) } else { Ok(Some((method, path))) }
}

/// The integration's id in a route's target.
pub(crate) fn target(target: &str) -> Result<&str, Error> {
    target.strip_prefix("integrations/").filter(|id| !id.is_empty() && !id.contains('/')).ok_or_else(|| {
        Error::bad(format!("Invalid target {target}: it must be integrations/<integration id>"))
    })
}

/// The function behind an integration URI: a function's ARN, or API Gateway's invocation ARN of one.
pub(crate) fn function(uri: &str) -> Option<&str> {
    if uri.starts_with("arn:")
        && uri.contains(":lambda:")
        && uri.contains(":function:")
        && !uri.contains("/functions/")
    {
        return Some(uri);
    }
    let rest = uri.split_once(":lambda:path/2015-03-31/functions/")?.1;
    rest.strip_suffix("/invocations")
}

/// The integration's time in milliseconds.
pub(crate) fn timeout(asked: Option<i32>) -> Result<i32, Error> {
    let millis = asked.unwrap_or(TIMEOUT_MILLIS_MAX);
    if (TIMEOUT_MILLIS_MIN..=TIMEOUT_MILLIS_MAX).contains(&millis) {
        return Ok(millis);
    }
    Err(Error::bad(format!("Timeout should be between {TIMEOUT_MILLIS_MIN} ms and {TIMEOUT_MILLIS_MAX} ms")))
}

/// The payload's format: HTTP APIs make the client say it.
pub(crate) fn payload_format(asked: Option<String>) -> Result<String, Error> {
    match asked.as_deref() {
        Some("1.0" | "2.0") => Ok(asked.unwrap_or_default()),
        Some(other) => {
            Err(Error::bad(format!("PayloadFormatVersion {other} is invalid for AWS_PROXY integrations")))
        }
        None => Err(Error::bad("PayloadFormatVersion is a required parameter for integration")),
    }
}

/// Checks a stage's name.
pub(crate) fn stage_name(name: &str) -> Result<(), Error> {
    let good = name == "$default"
        || !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if good {
        Ok(())
    } else {
        Err(Error::bad(
            "Invalid stage name. Stage name can contain only alphanumeric, '-' and '_' characters",
        ))
    }
}

/// Checks a CORS configuration.
pub(crate) fn cors(cors: &Cors) -> Result<(), Error> {
    let any = |list: &Option<Vec<String>>| list.iter().flatten().any(|one| one == "*");
    if cors.allow_credentials == Some(true) && any(&cors.allow_origins) {
        return Err(Error::bad(
            "Invalid CORS configuration: allowCredentials is not supported when allowOrigins is *",
        ));
    }
    let bad = cors.allow_origins.iter().flatten().find(|origin| {
        *origin != "*"
            && !origin.starts_with("http://")
            && !origin.starts_with("https://")
            && !origin.contains("://")
    });
    match bad {
        Some(origin) => Err(Error::bad(format!("Invalid CORS origin: {origin}"))),
        None => Ok(()),
    }
}

/// The settings of an access log; none when none are given. Lines go to a log group; delivery streams of Firehose are
/// not there.
pub(crate) fn access_log(settings: Option<AccessLogSettings>) -> Result<Option<AccessLog>, Error> {
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    let Some(AccessLogSettings { destination_arn, format }) = settings else { return Ok(None) };
    let (destination, format) = match (text(destination_arn), text(format)) {
        (None, None) => return Ok(None),
        (Some(destination), Some(format)) => (destination, format),
        _ => return Err(Error::bad("Access log settings need a destination ARN and a format")),
    };
    if destination.contains(":firehose:") {
        return Err(Error::unsupported("an access log in a delivery stream"));
    }
    if group_of(&destination).is_none() {
        return Err(Error::bad("Invalid ARN specified in the request"));
    }
    if Format::parse(&format).is_none() {
        return Err(Error::unsupported("an expression in the format of an access log"));
    }
    Ok(Some(AccessLog { destination, format }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_keys() {
        assert_eq!(route("GET /pets/{id}").unwrap(), Some(("GET", "/pets/{id}")));
        assert_eq!(route("$default").unwrap(), None);
        assert!(route("ANY /{proxy+}").is_ok());
        for key in ["GET", "get /x", "GET x", "GET /{a+}/b", "GET /a{b}", "FETCH /x", "GET /a b"] {
            assert!(route(key).is_err(), "{key}");
        }
    }

    #[test]
    fn functions_behind_uris() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        assert_eq!(function(arn), Some(arn));
        let invocation =
            format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations");
        assert_eq!(function(&invocation), Some(arn));
        assert_eq!(function("https://example.com"), None);
    }
}
