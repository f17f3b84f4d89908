//! Tokens of connections: fetched from their authorization endpoints and kept in memory until they end.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cloud::prelude::*;
use cloud::web::{Client, Limits};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::keys::{ConnectionRow, OauthRow, ParameterRow};

/// What an authorization endpoint may take; EventBridge gives endpoints five seconds.
const LIMITS: Limits = Limits { time_millis: 5_000, answer_bytes_max: 64 * 1024 };
/// How long before its end a token is not used any more.
const MARGIN_MILLIS: i64 = 30_000;
/// How long a token is used that does not say when it ends.
const UNKNOWN_MILLIS: i64 = 10 * 60 * 1000;
/// Tokens in memory; then the oldest make place. A connection has one.
const TOKENS_MAX: usize = 10_000;

/// What stands in forms and queries otherwise than as it is.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The tokens of connections, by the connection's id and version.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<(String, u64), Token>>);

#[derive(Clone)]
struct Token {
    /// What stands in the header `Authorization`.
    header: String,
    until_millis: i64,
}

impl Tokens {
    /// The header that authorizes a call.
    pub(crate) async fn header(
        &self,
        cx: &Cx,
        row: &ConnectionRow,
        oauth: &OauthRow,
    ) -> Result<String, Failure> {
        let (key, now_millis) = ((row.id.clone(), row.version), cx.now().millis());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(token) = known.filter(|token| token.until_millis > now_millis) {
            return Ok(token.header);
        }
        let token = fetch(cx, oauth).await?;
        let header = token.header.clone();
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= TOKENS_MAX {
            tokens.retain(|_, token| token.until_millis > now_millis);
        }
        tokens.insert(key, token);
        Ok(header)
    }

    /// Forgets a token that an endpoint did not take.
    pub(crate) fn forget(&self, row: &ConnectionRow) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(row.id.clone(), row.version));
    }
}

async fn fetch(cx: &Cx, oauth: &OauthRow) -> Result<Token, Failure> {
    let request = request(oauth)?;
    let answer = cx.state::<Client>().send(request, LIMITS).await.map_err(|error| {
        Failure::new("ConnectionFailure", 503, format!("the authorization endpoint: {error}"))
    })?;
    let status = answer.status().as_u16();
    if !answer.status().is_success() {
        let text = format!("the authorization endpoint answered {status}");
        let waits = status == 429 || status >= 500;
        return Err(Failure::new("ConnectionFailure", if waits { 503 } else { 400 }, text));
    }
    let token: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let Some(access) = token["access_token"].as_str() else {
        let text = "the authorization endpoint answered no access_token";
        return Err(Failure::new("ConnectionFailure", 400, text));
    };
    let kind = match token["token_type"].as_str() {
        None => "Bearer",
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => "Bearer",
        Some(kind) => kind,
    };
    let lasts = token["expires_in"].as_i64().or_else(|| token["expires_in"].as_str()?.parse().ok());
    let lasts_millis = lasts.map_or(UNKNOWN_MILLIS, |seconds| seconds.saturating_mul(1000) - MARGIN_MILLIS);
    Ok(Token {
        header: format!("{kind} {access}"),
        until_millis: cx.now().millis().saturating_add(lasts_millis),
    })
}

/// The request for a token: the client's id and secret with what the connection says, as a form, or as JSON when a
/// header of the connection says so.
fn request(oauth: &OauthRow) -> Result<http::Request<Bytes>, Failure> {
    let broken = |error: http::Error| Failure::new("ConnectionFailure", 400, error.to_string());
    let http = oauth.http.clone().unwrap_or_default();
    let pairs = |rows: Option<Vec<ParameterRow>>| -> Vec<(String, String)> {
        rows.into_iter().flatten().map(|row| (row.key, row.value.0)).collect()
    };
    let mut form = vec![
        ("client_id".to_owned(), oauth.client_id.clone()),
        ("client_secret".to_owned(), oauth.client_secret.0.clone()),
    ];
    let body = pairs(http.body);
    if !body.iter().any(|(key, _)| key == "grant_type") {
        form.push(("grant_type".to_owned(), "client_credentials".to_owned()));
    }
    form.extend(body);
    let mut query = pairs(http.query);
    let has_body = oauth.method != "GET";
    if !has_body {
        query.append(&mut form);
    }
    let uri = with_query(&oauth.endpoint, &query);
    let headers = pairs(http.headers);
    let is_json = headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()) && value.to_ascii_lowercase().contains("json")
    });
    let mut request = http::Request::builder().method(oauth.method.as_str()).uri(uri);
    if has_body && !is_json {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    for (name, value) in headers {
        if is_json || !name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()) {
            request = request.header(name, value);
        }
    }
    let body = match (has_body, is_json) {
        (false, _) => String::new(),
        (true, true) => {
            let members: Map<String, Value> =
                form.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
            Value::Object(members).to_string()
        }
        (true, false) => encoded(&form),
    };
    request.body(Bytes::from(body)).map_err(broken)
}

/// A URL with more in its query.
pub(crate) fn with_query(url: &str, query: &[(String, String)]) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{}", encoded(query))
}

fn encoded(pairs: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// The header in which a token goes.
pub(crate) const HEADER: http::HeaderName = AUTHORIZATION;
