//! Cross-origin answers of function URLs.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors>

use bytes::Bytes;
use cloud::prelude::*;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};

use crate::keys::Cors;

/// The answer to a preflight request; None when the function has to answer itself.
pub(crate) fn preflight(
    cors: Option<&Cors>,
    parts: &Parts,
    origin: Option<&str>,
) -> Option<Response<Stream>> {
    let (cors, origin) = (cors?, origin?);
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = Response::new(Stream::once(Bytes::new()));
    *response.status_mut() = StatusCode::OK;
    if let Some(allowed) = allowed_origin(cors, origin) {
        set(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, &allowed);
        set_list(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, &cors.methods);
        set_list(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, &cors.headers);
        set_list(&mut response, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose);
        if cors.credentials {
            set(&mut response, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if let Some(seconds) = cors.max_age_seconds {
            set(&mut response, header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
        set(&mut response, header::VARY, "Origin");
    }
    Some(response)
}

/// Adds the cross-origin headers to a function's answer; they replace those that the function set.
pub(crate) fn add(cors: Option<&Cors>, origin: Option<&str>, response: &mut Response<Stream>) {
    let (Some(cors), Some(origin)) = (cors, origin) else { return };
    let Some(allowed) = allowed_origin(cors, origin) else { return };
    set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, &allowed);
    set_list(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, &cors.expose);
    if cors.credentials {
        set(response, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    set(response, header::VARY, "Origin");
}

/// What `Access-Control-Allow-Origin` says: the origin itself when it is in the list, `*` without credentials.
fn allowed_origin(cors: &Cors, origin: &str) -> Option<String> {
    if cors.origins.iter().any(|allowed| allowed == "*") {
        return Some(if cors.credentials { origin.to_string() } else { "*".to_string() });
    }
    let fits = |allowed: &String| match allowed.split_once('*') {
        None => allowed == origin,
        Some((start, end)) => {
            origin.len() >= start.len() + end.len() && origin.starts_with(start) && origin.ends_with(end)
        }
    };
    cors.origins.iter().any(fits).then(|| origin.to_string())
}

fn set_list(response: &mut Response<Stream>, name: HeaderName, list: &[String]) {
    if !list.is_empty() {
        set(response, name, &list.join(","));
    }
}

fn set(response: &mut Response<Stream>, name: HeaderName, value: &str) {
    // A value that cannot be sent was accepted as a text of the configuration; it is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_listed_or_anything() {
        let cors = |origins: &[&str], credentials| Cors {
            origins: origins.iter().map(ToString::to_string).collect(),
            credentials,
            ..Cors::default()
        };
        assert_eq!(allowed_origin(&cors(&["*"], false), "https://a.b").as_deref(), Some("*"));
        assert_eq!(allowed_origin(&cors(&["*"], true), "https://a.b").as_deref(), Some("https://a.b"));
        assert_eq!(
            allowed_origin(&cors(&["https://*.b"], false), "https://a.b").as_deref(),
            Some("https://a.b")
        );
        assert_eq!(allowed_origin(&cors(&["https://x"], false), "https://a.b"), None);
    }
}
