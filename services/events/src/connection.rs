//! Connections: what is said of them, what is stored, what is shown.
//!
//! Differs from AWS: the secrets are part of the connection's row and not a secret of Secrets Manager; `SecretArn` names
//! one as AWS would. A KMS key is shown, but nothing is encrypted with it. Private endpoints are refused.

use cloud::outbox::{Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use serde_json::json;
use store::layer::table;

use crate::error::Error;
use crate::keys::{ConnectionRow, CredentialsRow, HttpRow, OauthRow, ParameterRow, Secret};
use crate::target::PRINCIPAL;

/// How a connection is authorized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AuthorizationType {
    Basic,
    OauthClientCredentials,
    ApiKey,
}

impl AuthorizationType {
    /// The type with this word, which was stored.
    pub(crate) fn of(word: &str) -> Self {
        Self::from_text(word).unwrap_or(Self::OauthClientCredentials)
    }
}

/// Who we are at an endpoint, as it is given and, without secrets, as it is shown.
#[derive(Clone, Default, Shape)]
pub(crate) struct AuthParameters {
    basic_auth_parameters: Option<Basic>,
    o_auth_parameters: Option<Oauth>,
    api_key_auth_parameters: Option<ApiKey>,
    invocation_http_parameters: Option<HttpParameters>,
    connectivity_parameters: Option<serde_json::Value>,
}

#[derive(Clone, Shape)]
struct Basic {
    #[shape(len = 1..=512)]
    username: Option<String>,
    #[shape(len = 1..=512)]
    password: Option<String>,
}

#[derive(Clone, Shape)]
struct ApiKey {
    #[shape(len = 1..=512)]
    api_key_name: Option<String>,
    #[shape(len = 1..=512)]
    api_key_value: Option<String>,
}

#[derive(Clone, Shape)]
struct Oauth {
    client_parameters: Option<Client>,
    #[shape(len = 1..=2048)]
    authorization_endpoint: Option<String>,
    http_method: Option<String>,
    o_auth_http_parameters: Option<HttpParameters>,
}

#[derive(Clone, Shape)]
struct Client {
    #[shape(name = "ClientID", len = 1..=512)]
    client_id: Option<String>,
    #[shape(len = 1..=512)]
    client_secret: Option<String>,
}

/// What a request has besides.
#[derive(Clone, Default, Shape)]
pub(crate) struct HttpParameters {
    #[shape(len = 0..=100)]
    header_parameters: Option<Vec<Parameter>>,
    #[shape(len = 0..=100)]
    query_string_parameters: Option<Vec<Parameter>>,
    #[shape(len = 0..=100)]
    body_parameters: Option<Vec<Parameter>>,
}

#[derive(Clone, Shape)]
struct Parameter {
    key: Option<String>,
    value: Option<String>,
    is_value_secret: Option<bool>,
}

/// What operations answer that change a connection.
#[derive(Shape)]
pub(crate) struct Changed {
    connection_arn: String,
    connection_state: String,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
    last_authorized_time: Option<Timestamp>,
}

impl Changed {
    /// What is said of a row.
    pub(crate) fn of(row: &ConnectionRow, shows_authorized: bool) -> Self {
        Self {
            connection_arn: row.arn(),
            connection_state: row.state.clone(),
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            last_authorized_time: row
                .authorized_at_millis
                .filter(|_| shows_authorized)
                .map(Timestamp::from_millis),
        }
    }
}

/// The ARN that access to a connection of the caller's account is decided on.
pub(crate) fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("events", format_args!("connection/{name}"))
}

/// The connection with this name.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<ConnectionRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    let row = table::get(cx.tx(), (&account, &region, name)).await?;
    row.ok_or_else(|| {
        Error::NotFound(format!("Failed to describe the connection(s). Connection '{name}' does not exist."))
    })
}

/// Reads credentials. What is not given stays as in `old`, when that is of the same kind.
pub(crate) fn credentials(
    kind: AuthorizationType,
    given: &AuthParameters,
    old: Option<&CredentialsRow>,
) -> Result<CredentialsRow, Error> {
    if given.connectivity_parameters.is_some() {
        return Err(Error::unsupported("ConnectivityParameters"));
    }
    let others = match kind {
        AuthorizationType::Basic => {
            given.o_auth_parameters.is_some() || given.api_key_auth_parameters.is_some()
        }
        AuthorizationType::ApiKey => {
            given.o_auth_parameters.is_some() || given.basic_auth_parameters.is_some()
        }
        AuthorizationType::OauthClientCredentials => {
            given.basic_auth_parameters.is_some() || given.api_key_auth_parameters.is_some()
        }
    };
    if others {
        return Err(wrong(&format!("the parameters are not those of {}", kind.as_str())));
    }
    match kind {
        AuthorizationType::Basic => {
            let given = given.basic_auth_parameters.as_ref();
            let old = match old {
                Some(CredentialsRow::Basic { username, password }) => Some((username, password)),
                _ => None,
            };
            let username = given.and_then(|given| given.username.clone()).or(old.map(|old| old.0.clone()));
            let password =
                given.and_then(|given| given.password.clone()).map(Secret).or(old.map(|old| old.1.clone()));
            let needed = || wrong("BasicAuthParameters must have a Username and a Password");
            Ok(CredentialsRow::Basic {
                username: username.ok_or_else(needed)?,
                password: password.ok_or_else(needed)?,
            })
        }
        AuthorizationType::ApiKey => {
            let given = given.api_key_auth_parameters.as_ref();
            let old = match old {
                Some(CredentialsRow::ApiKey { name, value }) => Some((name, value)),
                _ => None,
            };
            let name = given.and_then(|given| given.api_key_name.clone()).or(old.map(|old| old.0.clone()));
            let value = given
                .and_then(|given| given.api_key_value.clone())
                .map(Secret)
                .or(old.map(|old| old.1.clone()));
            let needed = || wrong("ApiKeyAuthParameters must have an ApiKeyName and an ApiKeyValue");
            let name = name.ok_or_else(needed)?;
            check_header(&name)?;
            Ok(CredentialsRow::ApiKey { name, value: value.ok_or_else(needed)? })
        }
        AuthorizationType::OauthClientCredentials => {
            let old = match old {
                Some(CredentialsRow::Oauth(old)) => Some(old),
                _ => None,
            };
            oauth(given.o_auth_parameters.as_ref(), old).map(CredentialsRow::Oauth)
        }
    }
}

fn oauth(given: Option<&Oauth>, old: Option<&OauthRow>) -> Result<OauthRow, Error> {
    let client = given.and_then(|given| given.client_parameters.as_ref());
    let needed = || {
        wrong(
            "OAuthParameters must have ClientParameters with a ClientID and a ClientSecret, an AuthorizationEndpoint \
               and an HttpMethod",
        )
    };
    let client_id = client.and_then(|client| client.client_id.clone());
    let client_secret = client.and_then(|client| client.client_secret.clone()).map(Secret);
    let endpoint = given.and_then(|given| given.authorization_endpoint.clone());
    let method = given.and_then(|given| given.http_method.as_ref()).map(|method| method.to_ascii_uppercase());
    if method.as_deref().is_some_and(|method| !["GET", "POST", "PUT"].contains(&method)) {
        return Err(wrong("the HttpMethod of OAuthParameters must be GET, POST or PUT"));
    }
    let http = given.and_then(|given| given.o_auth_http_parameters.clone()).map(HttpParameters::into_row);
    Ok(OauthRow {
        client_id: client_id.or(old.map(|old| old.client_id.clone())).ok_or_else(needed)?,
        client_secret: client_secret.or(old.map(|old| old.client_secret.clone())).ok_or_else(needed)?,
        endpoint: endpoint.or(old.map(|old| old.endpoint.clone())).ok_or_else(needed)?,
        method: method.or(old.map(|old| old.method.clone())).ok_or_else(needed)?,
        http: http.transpose()?.or(old.and_then(|old| old.http.clone())),
    })
}

/// What each call has besides.
pub(crate) fn http(given: &AuthParameters) -> Result<Option<HttpRow>, Error> {
    given.invocation_http_parameters.clone().map(HttpParameters::into_row).transpose()
}

fn wrong(reason: &str) -> Error {
    Error::Invalid(format!("Parameter AuthParameters is not valid. Reason: {reason}."))
}

/// Headers that calls set themselves.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>
const RESERVED_HEADERS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Refuses a header that nobody may set.
pub(crate) fn check_header(name: &str) -> Result<(), Error> {
    let is_name = http::HeaderName::from_bytes(name.as_bytes()).is_ok();
    if is_name && !RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Ok(());
    }
    Err(Error::Invalid(format!(
        "Parameter HeaderParameters is not valid. Reason: header {name} is not allowed."
    )))
}

impl HttpParameters {
    fn into_row(self) -> Result<HttpRow, Error> {
        let rows = |list: Option<Vec<Parameter>>| {
            list.map(|list| {
                list.into_iter()
                    .map(|parameter| ParameterRow {
                        key: parameter.key.unwrap_or_default(),
                        value: Secret(parameter.value.unwrap_or_default()),
                        is_secret: parameter.is_value_secret == Some(true),
                    })
                    .collect::<Vec<_>>()
            })
        };
        let headers = rows(self.header_parameters);
        for header in headers.iter().flatten() {
            check_header(&header.key)?;
        }
        Ok(HttpRow { headers, query: rows(self.query_string_parameters), body: rows(self.body_parameters) })
    }

    fn shown(row: HttpRow) -> Self {
        let list = |rows: Option<Vec<ParameterRow>>| {
            rows.map(|rows| {
                rows.into_iter()
                    .map(|row| Parameter {
                        key: Some(row.key),
                        value: (!row.is_secret).then_some(row.value.0),
                        is_value_secret: Some(row.is_secret),
                    })
                    .collect()
            })
        };
        Self {
            header_parameters: list(row.headers),
            query_string_parameters: list(row.query),
            body_parameters: list(row.body),
        }
    }
}

/// What is shown of credentials.
pub(crate) fn shown(credentials: Option<CredentialsRow>, http: Option<HttpRow>) -> AuthParameters {
    let mut shown = AuthParameters {
        invocation_http_parameters: http.map(HttpParameters::shown),
        ..AuthParameters::default()
    };
    match credentials {
        None => {}
        Some(CredentialsRow::Basic { username, .. }) => {
            shown.basic_auth_parameters = Some(Basic { username: Some(username), password: None });
        }
        Some(CredentialsRow::ApiKey { name, .. }) => {
            shown.api_key_auth_parameters = Some(ApiKey { api_key_name: Some(name), api_key_value: None });
        }
        Some(CredentialsRow::Oauth(row)) => {
            shown.o_auth_parameters = Some(Oauth {
                client_parameters: Some(Client { client_id: Some(row.client_id), client_secret: None }),
                authorization_endpoint: Some(row.endpoint),
                http_method: Some(row.method),
                o_auth_http_parameters: row.http.map(HttpParameters::shown),
            });
        }
    }
    shown
}

/// How long the first token of a connection is tried to get.
const AUTHORIZE: Policy =
    Policy { attempts_max: 8, age_max_millis: 120_000, backoff_millis: 1_000, backoff_millis_max: 15_000 };

/// Puts a connection with new credentials in its state: one that needs a token is authorized in the background.
pub(crate) async fn begin(cx: &mut Cx, row: &mut ConnectionRow) -> Result<(), Error> {
    let now_millis = cx.now().millis();
    row.state_reason = None;
    row.authorized_at_millis = Some(now_millis);
    if !matches!(row.credentials, Some(CredentialsRow::Oauth(_))) {
        row.state = "AUTHORIZED".to_owned();
        return Ok(());
    }
    row.state = "AUTHORIZING".to_owned();
    let input = json!({"Name": row.name, "Id": row.id, "Version": row.version});
    let delivery = Delivery {
        target: Target { service: "events".to_owned(), operation: "AuthorizeConnection".to_owned(), input },
        principal: PRINCIPAL.to_owned(),
        source_arn: None,
        role: None,
        queue: row.arn(),
        region: None,
        policy: AUTHORIZE,
        dead_letter: None,
        final_refusals: false,
    };
    Ok(cx.send(delivery).await?)
}
