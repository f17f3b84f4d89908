//! Rows of connections and API destinations.

use std::fmt;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::Record;
use store::tuple::Tuple;

/// A text that is shown to nobody.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How an endpoint knows us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConnectionRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// The end of its ARN; another one when it is made again under the same name.
    pub(crate) id: String,
    /// The end of the name of its secret.
    pub(crate) secret_id: String,
    pub(crate) description: Option<String>,
    /// `BASIC`, `API_KEY` or `OAUTH_CLIENT_CREDENTIALS`.
    pub(crate) kind: String,
    /// `AUTHORIZED`, `AUTHORIZING` or `DEAUTHORIZED`.
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) kms_key: Option<String>,
    /// None once they were taken away.
    pub(crate) credentials: Option<CredentialsRow>,
    /// What each call has besides.
    pub(crate) http: Option<HttpRow>,
    /// Counts changes: what was learned with older credentials is forgotten.
    pub(crate) version: u64,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
    pub(crate) authorized_at_millis: Option<i64>,
}

impl Record for ConnectionRow {
    const PREFIX: Prefix = keyspace::EVENTS_CONNECTION;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl ConnectionRow {
    /// The connection's ARN.
    pub(crate) fn arn(&self) -> String {
        let Self { account, region, name, id, .. } = self;
        format!("arn:aws:events:{region}:{account}:connection/{name}/{id}")
    }
}

/// Who we are at the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum CredentialsRow {
    Basic { username: String, password: Secret },
    ApiKey { name: String, value: Secret },
    Oauth(OauthRow),
}

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OauthRow {
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) http: Option<HttpRow>,
}

/// What a request has besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HttpRow {
    pub(crate) headers: Option<Vec<ParameterRow>>,
    pub(crate) query: Option<Vec<ParameterRow>>,
    pub(crate) body: Option<Vec<ParameterRow>>,
}

/// A parameter of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ParameterRow {
    pub(crate) key: String,
    pub(crate) value: Secret,
    /// Whether it is shown to nobody.
    pub(crate) is_secret: bool,
}

/// An endpoint that gets events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DestinationRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    /// The end of its ARN.
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    /// The ARN of its connection.
    pub(crate) connection: String,
    pub(crate) endpoint: String,
    pub(crate) method: String,
    pub(crate) rate_per_second: i32,
    pub(crate) created_at_millis: i64,
    pub(crate) modified_at_millis: i64,
}

impl Record for DestinationRow {
    const PREFIX: Prefix = keyspace::EVENTS_DESTINATION;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl DestinationRow {
    /// The destination's ARN.
    pub(crate) fn arn(&self) -> String {
        let Self { account, region, name, id, .. } = self;
        format!("arn:aws:events:{region}:{account}:api-destination/{name}/{id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_of_rows_is_read() {
        let connection = r#"{"account":"a","region":"r","name":"n","id":"i","secret_id":"s","description":null,
            "kind":"OAUTH_CLIENT_CREDENTIALS","state":"AUTHORIZED","state_reason":null,"kms_key":null,"credentials":
            {"Oauth":{"client_id":"c","client_secret":"x","endpoint":"e","method":"POST","http":{"headers":null,
            "query":[{"key":"k","value":"v","is_secret":true}],"body":null}}},"http":null,"version":1,
            "created_at_millis":1,"modified_at_millis":2,"authorized_at_millis":null}"#;
        let row: ConnectionRow = serde_json::from_str(connection).unwrap();
        assert_eq!(row.arn(), "arn:aws:events:r:a:connection/n/i");
        let shown = format!("{row:?}");
        assert!(!shown.contains("\"x\"") && !shown.contains("\"v\""), "secrets are not shown: {shown}");
        for credentials in
            [r#"{"Basic":{"username":"u","password":"p"}}"#, r#"{"ApiKey":{"name":"u","value":"p"}}"#]
        {
            serde_json::from_str::<CredentialsRow>(credentials).unwrap();
        }
        let destination = r#"{"account":"a","region":"r","name":"n","id":"i","description":null,"connection":"c",
            "endpoint":"e","method":"POST","rate_per_second":300,"created_at_millis":1,"modified_at_millis":2}"#;
        let row: DestinationRow = serde_json::from_str(destination).unwrap();
        assert_eq!(row.arn(), "arn:aws:events:r:a:api-destination/n/i");
    }
}
