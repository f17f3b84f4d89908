//! Cross-origin requests: an API with a configuration answers preflights itself and marks every answer; what the
//! function says about origins does not count then.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html>

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};

use super::answer::Answer;
use crate::keys::Cors;

/// Headers that the configuration decides on.
const OWN: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];

/// The answer to a preflight; none when the request is not one.
pub(super) fn preflight(cors: &Cors, request: &HeaderMap) -> Option<Answer> {
    let origin = request.get(ORIGIN)?;
    request.get(ACCESS_CONTROL_REQUEST_METHOD)?;
    let mut headers = HeaderMap::new();
    if allowed(cors, origin).is_some() {
        put_list(&mut headers, ACCESS_CONTROL_ALLOW_METHODS, cors.allow_methods.as_deref());
        put_list(&mut headers, ACCESS_CONTROL_ALLOW_HEADERS, cors.allow_headers.as_deref());
        if let Some(seconds) = cors.max_age_seconds {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(seconds));
        }
    }
    Some(Answer { status: 204, headers, body: Bytes::new() })
}

/// Marks an answer for the origin that asked.
pub(super) fn mark(cors: &Cors, origin: Option<&HeaderValue>, response: &mut HeaderMap) {
    let preflight =
        response.contains_key(ACCESS_CONTROL_ALLOW_METHODS) || response.contains_key(ACCESS_CONTROL_MAX_AGE);
    if !preflight {
        for name in OWN {
            response.remove(name);
        }
    }
    let Some(allowed) = origin.and_then(|origin| allowed(cors, origin)) else {
        return;
    };
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if cors.allow_credentials == Some(true) {
        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    if !preflight {
        put_list(response, ACCESS_CONTROL_EXPOSE_HEADERS, cors.expose_headers.as_deref());
    }
}

/// What to answer an origin with, if it is allowed: `*`, or the origin itself.
fn allowed(cors: &Cors, origin: &HeaderValue) -> Option<HeaderValue> {
    let origins = cors.allow_origins.as_deref().unwrap_or_default();
    if origins.iter().any(|one| one == "*") {
        return Some(HeaderValue::from_static("*"));
    }
    let asked = origin.to_str().ok()?;
    let fits = |one: &String| match one.split_once('*') {
        // `https://*.example.com`, `http://*`
        Some((before, after)) => {
            asked.len() >= before.len() + after.len() && asked.starts_with(before) && asked.ends_with(after)
        }
        None => one == asked,
    };
    origins.iter().any(fits).then(|| origin.clone())
}

fn put_list(headers: &mut HeaderMap, name: HeaderName, list: Option<&[String]>) {
    let joined = list.filter(|list| !list.is_empty()).map(|list| list.join(","));
    if let Some(value) = joined.and_then(|joined| HeaderValue::from_str(&joined).ok()) {
        headers.insert(name, value);
    }
}
