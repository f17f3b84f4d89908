//! A call of an API destination.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use cloud::web::{Client, Limits};
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RANGE, RETRY_AFTER, USER_AGENT,
};
use percent_encoding::utf8_percent_encode;
use serde_json::Value;

use crate::keys::{ConnectionRow, CredentialsRow, DestinationRow, HttpRow, HttpTargetRow, ParameterRow};
use crate::oauth::{self, Tokens, with_query};

/// What an endpoint may take. AWS gives it five seconds.
const LIMITS: Limits = Limits { time_millis: 5_000, answer_bytes_max: 64 * 1024 };
/// The longest wait that an endpoint may ask for.
const RETRY_AFTER_SECONDS_MAX: i64 = 15 * 60;

/// When each destination may be called next, by its ARN.
///
/// Differs from AWS: each node counts by itself.
#[derive(Default)]
pub(crate) struct Pace(Mutex<HashMap<String, i64>>);

impl Pace {
    /// Takes a place in the order of calls; when it is.
    fn take(&self, destination: &DestinationRow, now_millis: i64) -> i64 {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // In a second all of its calls may come at once, in the next one as many again.
        next.retain(|_, free| *free > (now_millis - 60_000) * 1000);
        let free = next.entry(destination.arn()).or_insert(i64::MIN);
        let at = (*free).max((now_millis - 1000) * 1000);
        *free = at + 1_000_000 / i64::from(destination.rate_per_second.max(1));
        (*free / 1000).max(now_millis)
    }
}

/// Sends a payload to a destination, when its rate allows it.
pub(crate) async fn send(
    cx: &Cx,
    destination: &DestinationRow,
    connection: &ConnectionRow,
    more: &HttpTargetRow,
    payload: &str,
) -> Result<Bytes, Failure> {
    let tokens = cx.state::<Tokens>();
    let token = match &connection.credentials {
        Some(CredentialsRow::Oauth(oauth)) => Some(tokens.header(cx, connection, oauth).await?),
        _ => None,
    };
    let request = request(destination, connection, more, payload, token.as_deref())?;
    let at = cx.state::<Pace>().take(destination, cx.now().millis());
    cx.sleep_until(Timestamp::from_millis(at)).await;
    let answer = cx
        .state::<Client>()
        .send(request, LIMITS)
        .await
        .map_err(|error| Failure::new("SDK_CLIENT_ERROR", 503, format!("API destination: {error}")))?;
    let status = answer.status().as_u16();
    if matches!(status, 401 | 407) {
        tokens.forget(connection);
    }
    let seconds =
        answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    match failure_of(status) {
        None => Ok(answer.into_body()),
        Some(failure) => Err(match seconds.filter(|seconds| *seconds >= 0) {
            Some(seconds) => failure.retry_in(seconds.min(RETRY_AFTER_SECONDS_MAX) * 1000),
            None => failure,
        }),
    }
}

/// What a status means: some are tried again, others are final.
fn failure_of(status: u16) -> Option<Failure> {
    let text = format!("The API destination endpoint answered with HTTP status code {status}.");
    match status {
        200..=299 => None,
        429 => Some(Failure::new("THROTTLING", 429, text)),
        401 | 407 | 409 | 500.. => Some(Failure::new("SDK_CLIENT_ERROR", 503, text)),
        _ => Some(Failure::new("SDK_CLIENT_ERROR", 400, text)),
    }
}

fn request(
    destination: &DestinationRow,
    connection: &ConnectionRow,
    more: &HttpTargetRow,
    payload: &str,
    token: Option<&str>,
) -> Result<http::Request<Bytes>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::new(
            "SDK_CLIENT_ERROR",
            400,
            format!("the call of the API destination cannot be made: {error}"),
        )
    };
    let http = connection.http.clone().unwrap_or_default();
    let uri = uri(destination, more, &http);
    let has_body = !matches!(destination.method.as_str(), "GET" | "HEAD");
    let body = if has_body { body(payload, &http) } else { String::new() };
    let mut request = http::Request::builder()
        .method(destination.method.as_str())
        .uri(uri)
        .body(Bytes::from(body))
        .map_err(|error| wrong(&error))?;
    let headers = request.headers_mut();
    let mut set = |name: &str, value: &str, is_secret: bool| -> Result<(), Failure> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(&error))?;
        let mut value = HeaderValue::from_str(value).map_err(|error| wrong(&error))?;
        value.set_sensitive(is_secret);
        headers.insert(name, value);
        Ok(())
    };
    set(CONTENT_TYPE.as_str(), "application/json; charset=utf-8", false)?;
    for (name, value) in &more.headers {
        set(name, value, false)?;
    }
    // What a connection says goes over what a target says.
    for header in http.headers.iter().flatten() {
        set(&header.key, &header.value.0, true)?;
    }
    match &connection.credentials {
        Some(CredentialsRow::Basic { username, password }) => {
            let both = STANDARD.encode(format!("{username}:{}", password.0));
            set(oauth::HEADER.as_str(), &format!("Basic {both}"), true)?;
        }
        Some(CredentialsRow::ApiKey { name, value }) => set(name, &value.0, true)?,
        Some(CredentialsRow::Oauth(_)) => set(oauth::HEADER.as_str(), token.unwrap_or_default(), true)?,
        None => {}
    }
    set(USER_AGENT.as_str(), "Amazon/EventBridge/ApiDestinations", false)?;
    set(RANGE.as_str(), "bytes=0-1048575", false)?;
    set(ACCEPT_ENCODING.as_str(), "gzip,deflate", false)?;
    set(CONNECTION.as_str(), "close", false)?;
    Ok(request)
}

fn uri(destination: &DestinationRow, more: &HttpTargetRow, http: &HttpRow) -> String {
    let mut url = String::new();
    let mut values = more.path.iter();
    for (index, part) in destination.endpoint.split('*').enumerate() {
        if index > 0 {
            let value = values.next().map_or("", String::as_str);
            url.push_str(&utf8_percent_encode(value, oauth::RESERVED).to_string());
        }
        url.push_str(part);
    }
    let of_connection: Vec<(String, String)> = pairs(http.query.as_deref());
    let mut query: Vec<(String, String)> = more
        .query
        .iter()
        .filter(|(name, _)| !of_connection.iter().any(|(other, _)| other == *name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    query.extend(of_connection);
    with_query(&url, &query)
}

/// The payload with the members that the connection adds to an object.
fn body(payload: &str, http: &HttpRow) -> String {
    let added = pairs(http.body.as_deref());
    match serde_json::from_str(payload) {
        Ok(Value::Object(mut members)) if !added.is_empty() => {
            members.extend(added.into_iter().map(|(name, value)| (name, Value::String(value))));
            Value::Object(members).to_string()
        }
        _ => payload.to_owned(),
    }
}

fn pairs(rows: Option<&[ParameterRow]>) -> Vec<(String, String)> {
    rows.into_iter().flatten().map(|row| (row.key.clone(), row.value.0.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of API destinations: 401, 407, 409, 429 and 5xx are tried again, everything else is not.
    #[test]
    fn statuses_decide() {
        for (status, expected) in [
            (200, None),
            (204, None),
            (302, Some(400)),
            (401, Some(503)),
            (404, Some(400)),
            (429, Some(429)),
            (503, Some(503)),
        ] {
            assert_eq!(failure_of(status).map(|failure| failure.status()), expected, "{status}");
        }
    }

    #[test]
    fn calls_keep_their_pace() {
        let mut row = DestinationRow {
            account: "a".into(),
            region: "r".into(),
            name: "n".into(),
            id: "i".into(),
            description: None,
            connection: "c".into(),
            endpoint: "http://localhost/*/x/*".into(),
            method: "POST".into(),
            rate_per_second: 10,
            created_at_millis: 0,
            modified_at_millis: 0,
        };
        let pace = Pace::default();
        let times: Vec<i64> = (0..30).map(|_| pace.take(&row, 5_000)).collect();
        assert!(
            times[..10].iter().all(|at| *at == 5_000),
            "the calls of a second may come at once: {times:?}"
        );
        assert_eq!(times[29], 5_000 + 2_000, "{times:?}");
        row.rate_per_second = 1;
        let more = HttpTargetRow {
            path: vec!["a b".into(), "c".into()],
            query: [("q".into(), "1&2".into())].into(),
            ..HttpTargetRow::default()
        };
        assert_eq!(uri(&row, &more, &HttpRow::default()), "http://localhost/a%20b/x/c?q=1%262");
    }
}
