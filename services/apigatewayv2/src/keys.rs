//! The stored rows: the only file of the service that knows keys and bytes.
//!
//! Everything that belongs to an API stands under its id, so that one watch hears every change of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

/// Texts by name.
pub(crate) type Texts = BTreeMap<String, String>;

/// The index of APIs by account and region.
pub(crate) const BY_ACCOUNT: u8 = 1;

/// An API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ApiRow {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) cors: Option<Cors>,
    pub(crate) disabled: bool,
    pub(crate) created_at_millis: i64,
    pub(crate) tags: Texts,
}

/// What browsers of other sites may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cors {
    pub(crate) allow_credentials: Option<bool>,
    pub(crate) allow_headers: Option<Vec<String>>,
    pub(crate) allow_methods: Option<Vec<String>>,
    pub(crate) allow_origins: Option<Vec<String>>,
    pub(crate) expose_headers: Option<Vec<String>>,
    pub(crate) max_age_seconds: Option<i32>,
}

/// What stands behind routes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct IntegrationRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) uri: String,
    pub(crate) payload_format: String,
    pub(crate) timeout_millis: i32,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RouteRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) key: String,
    /// `integrations/<id>`.
    pub(crate) target: Option<String>,
    /// Whether requests must be signed and allowed.
    pub(crate) iam: bool,
    pub(crate) operation_name: Option<String>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StageRow {
    pub(crate) api_id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) auto_deploy: bool,
    pub(crate) deployment_id: Option<String>,
    pub(crate) variables: Texts,
    pub(crate) access_log: Option<AccessLog>,
    #[serde(default)]
    pub(crate) detailed_metrics: bool,
    pub(crate) created_at_millis: i64,
    pub(crate) updated_at_millis: i64,
    pub(crate) tags: Texts,
}

/// Where a line for each request goes, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AccessLog {
    pub(crate) destination: String,
    pub(crate) format: String,
}

/// A copy of an API's routes, as a stage serves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeploymentRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) auto: bool,
    pub(crate) created_at_millis: i64,
    pub(crate) routes: Vec<RouteRow>,
    pub(crate) integrations: Vec<IntegrationRow>,
}

/// A row that belongs to an API.
pub(crate) trait Part: Record {
    /// Which rows of the API are of this type.
    const KIND: &'static str;
    /// What AWS calls it in texts.
    const TITLE: &'static str;
}

impl Record for ApiRow {
    const PREFIX: Prefix = keyspace::APIGATEWAYV2_API;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.id,))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(BY_ACCOUNT, (&self.account, &self.region))]
    }
}

/// Declares a row under its API.
macro_rules! part {
    ($row:ident, $kind:literal, $title:literal, $id:ident) => {
        impl Record for $row {
            const PREFIX: Prefix = keyspace::APIGATEWAYV2_PART;
            const VERSION: u8 = 1;

            fn key(&self) -> Tuple {
                Tuple::of((&self.api_id, $kind, &self.$id))
            }
        }

        impl Part for $row {
            const KIND: &'static str = $kind;
            const TITLE: &'static str = $title;
        }
    };
}

part!(IntegrationRow, "integration", "Integration", id);
part!(RouteRow, "route", "Route", id);
part!(StageRow, "stage", "Stage", name);
part!(DeploymentRow, "deployment", "Deployment", id);

#[cfg(test)]
mod tests {
    use store::layer::table;

    use super::*;

    /// Version 1 of the rows stays readable.
    #[test]
    fn rows_of_version_1() {
        let json = r#"{"api_id":"a","id":"r","key":"GET /x","target":"integrations/i","iam":false,"operation_name":null}"#;
        let row: RouteRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        let json = r#"{"api_id":"a","name":"s","description":null,"auto_deploy":true,"deployment_id":null,"variables":{},
            "created_at_millis":1,"updated_at_millis":1,"tags":{}}"#;
        let stage: StageRow = table::decode(&[&[1], json.as_bytes()].concat()).unwrap();
        assert_eq!(stage.access_log, None);
        assert_eq!((row.key.as_str(), row.target.as_deref()), ("GET /x", Some("integrations/i")));
    }
}
