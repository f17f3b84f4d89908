//! The stored rows: the only file of the service that knows keys and bytes.
//!
//! An API is a row; its parts are rows of their own under the API's id, so that CloudFormation can make many parts
//! at the same time, and so that one watch hears of every change of an API. A deployment is a copy of the rows that
//! requests are served by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::keyspace::{self, Prefix};
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

/// Texts by name.
pub(crate) type Texts = BTreeMap<String, String>;
/// Truth values by name.
pub(crate) type Flags = BTreeMap<String, bool>;

/// The index of APIs by account and region.
pub(crate) const BY_OWNER: u8 = 1;

/// A REST API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiRow {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) created_at_millis: i64,
    pub(crate) binary_media_types: Vec<String>,
    pub(crate) api_key_source: String,
    pub(crate) endpoint_types: Vec<String>,
    pub(crate) ip_address_type: String,
    pub(crate) policy: Option<String>,
    pub(crate) tags: Option<Texts>,
    pub(crate) disable_execute_api_endpoint: bool,
    pub(crate) root_resource_id: String,
    /// Answers of this size (bytes) and more are compressed; none are without it.
    #[serde(default)]
    pub(crate) minimum_compression_size: Option<i32>,
}

impl Record for ApiRow {
    const PREFIX: Prefix = keyspace::APIGATEWAY_API;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of(&self.id)
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(BY_OWNER, (&self.account, &self.region))]
    }
}

/// A resource with its methods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResourceRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) path_part: Option<String>,
    pub(crate) path: String,
    pub(crate) methods: BTreeMap<String, Method>,
}

/// A method of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Method {
    pub(crate) authorization_type: String,
    pub(crate) authorizer_id: Option<String>,
    pub(crate) api_key_required: bool,
    pub(crate) operation_name: Option<String>,
    pub(crate) request_parameters: Option<Flags>,
    pub(crate) request_models: Option<Texts>,
    pub(crate) request_validator_id: Option<String>,
    pub(crate) responses: BTreeMap<String, MethodResponse>,
    pub(crate) integration: Option<Integration>,
}

/// What a method may answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MethodResponse {
    pub(crate) response_parameters: Option<Flags>,
    pub(crate) response_models: Option<Texts>,
}

/// What stands behind a method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Integration {
    pub(crate) kind: String,
    pub(crate) http_method: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) request_templates: Option<Texts>,
    pub(crate) passthrough_behavior: String,
    pub(crate) content_handling: Option<String>,
    pub(crate) timeout_millis: i32,
    /// Whether the answer is passed on as it comes.
    #[serde(default)]
    pub(crate) streams: bool,
    pub(crate) cache_namespace: String,
    pub(crate) cache_key_parameters: Vec<String>,
    pub(crate) responses: BTreeMap<String, IntegrationResponse>,
}

/// How the answer of an integration becomes the answer of the method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IntegrationResponse {
    pub(crate) selection_pattern: Option<String>,
    pub(crate) response_parameters: Option<Texts>,
    pub(crate) response_templates: Option<Texts>,
    pub(crate) content_handling: Option<String>,
}

/// A deployment, without its copy of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeploymentRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at_millis: i64,
}

/// One row of a deployment's copy of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotRow {
    pub(crate) api_id: String,
    pub(crate) deployment_id: String,
    pub(crate) number: u64,
    pub(crate) part: SnapshotPart,
}

/// What a copy is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SnapshotPart {
    Api(ApiRow),
    Resource(ResourceRow),
    Model(ModelRow),
    Validator(ValidatorRow),
    GatewayResponse(GatewayResponseRow),
    Authorizer(AuthorizerRow),
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StageRow {
    pub(crate) api_id: String,
    pub(crate) name: String,
    pub(crate) deployment_id: String,
    pub(crate) description: Option<String>,
    pub(crate) variables: Option<Texts>,
    pub(crate) method_settings: BTreeMap<String, MethodSetting>,
    pub(crate) tracing_enabled: bool,
    pub(crate) access_log: Option<AccessLog>,
    pub(crate) tags: Option<Texts>,
    pub(crate) created_at_millis: i64,
    pub(crate) updated_at_millis: i64,
}

/// Where a line for each request goes, and what it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessLog {
    pub(crate) destination: Option<String>,
    pub(crate) format: Option<String>,
}

/// The settings of a method in a stage that are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct MethodSetting {
    pub(crate) metrics_enabled: bool,
    pub(crate) logging_level: Option<String>,
    pub(crate) data_trace_enabled: bool,
    pub(crate) burst_limit: Option<i32>,
    pub(crate) rate_limit: Option<f64>,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ModelRow {
    pub(crate) api_id: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) schema: String,
    pub(crate) content_type: String,
}

/// A request validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ValidatorRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) body: bool,
    pub(crate) parameters: bool,
}

/// An authorizer: a function that decides who may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizerRow {
    pub(crate) api_id: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) auth_type: Option<String>,
    pub(crate) uri: String,
    pub(crate) identity_source: Option<String>,
    pub(crate) validation_expression: Option<String>,
    pub(crate) ttl_seconds: i32,
}

/// A gateway response that is not the default one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GatewayResponseRow {
    pub(crate) api_id: String,
    pub(crate) kind: String,
    pub(crate) status: Option<String>,
    pub(crate) parameters: Texts,
    pub(crate) templates: Texts,
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApiKeyRow {
    pub(crate) owner: String,
    pub(crate) id: String,
    pub(crate) value: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) enabled: bool,
    /// `<api>/<stage>`: what keys were bound to before there were usage plans.
    pub(crate) stage_keys: Vec<String>,
    pub(crate) tags: Option<Texts>,
    pub(crate) created_at_millis: i64,
    pub(crate) updated_at_millis: i64,
}

/// A usage plan: the stages that its keys open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct UsagePlanRow {
    pub(crate) owner: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) product_code: Option<String>,
    /// Ids of APIs and names of stages.
    pub(crate) api_stages: Vec<(String, String)>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) tags: Option<Texts>,
}

/// Requests in a second, as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throttle {
    pub(crate) rate_limit: f64,
    pub(crate) burst_limit: i32,
}

/// Requests in a day, week or month, as they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quota {
    pub(crate) limit: i32,
    pub(crate) offset: i32,
    pub(crate) period: Option<String>,
}

/// A key in a usage plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UsagePlanKeyRow {
    pub(crate) owner: String,
    pub(crate) plan_id: String,
    pub(crate) key_id: String,
}

/// What keys and usage plans belong to, in the place of an API: an account in a region. Ids of APIs have no `@`.
pub(crate) fn owner(account: &str, region: &str) -> String {
    format!("{account}@{region}")
}

/// The settings of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) cloudwatch_role_arn: Option<String>,
}

/// Makes a row a part of its API: kinds are told apart by a word in the key.
macro_rules! part {
    ($row:ty, $kind:literal, |$self:ident| $id:expr) => {
        part!($row, $kind, api_id, |$self| $id);
    };
    ($row:ty, $kind:literal, $owner:ident, |$self:ident| $id:expr) => {
        impl Record for $row {
            const PREFIX: Prefix = keyspace::APIGATEWAY_PART;
            const VERSION: u8 = 1;

            fn key(&self) -> Tuple {
                let $self = self;
                Tuple::of((&$self.$owner, $kind, $id))
            }
        }

        impl Part for $row {
            const KIND: &'static str = $kind;
        }
    };
}

/// A row under the id of its API, or under its account.
pub(crate) trait Part: Record {
    /// The word in its key.
    const KIND: &'static str;
}

part!(ResourceRow, "resource", |row| &row.id);
part!(DeploymentRow, "deployment", |row| &row.id);
part!(SnapshotRow, "snapshot", |row| (&row.deployment_id, row.number));
part!(StageRow, "stage", |row| &row.name);
part!(ModelRow, "model", |row| &row.name);
part!(ValidatorRow, "validator", |row| &row.id);
part!(AuthorizerRow, "authorizer", |row| &row.id);
part!(ApiKeyRow, "key", owner, |row| &row.id);
part!(UsagePlanRow, "plan", owner, |row| &row.id);
part!(UsagePlanKeyRow, "plankey", owner, |row| (&row.plan_id, &row.key_id));
part!(GatewayResponseRow, "response", |row| &row.kind);

impl Record for AccountRow {
    const PREFIX: Prefix = keyspace::APIGATEWAY_ACCOUNT;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region))
    }
}

#[cfg(test)]
mod tests {
    use store::layer::table::decode;

    use super::*;

    #[test]
    fn rows_of_version_1_still_read() {
        let resource = br#"{"api_id":"a","id":"r","parent_id":null,"path_part":null,"path":"/","methods":{"GET":{
            "authorization_type":"NONE","authorizer_id":null,"api_key_required":false,"operation_name":null,
            "request_parameters":null,"request_models":null,"request_validator_id":null,
            "responses":{"200":{"response_parameters":{"method.response.header.x":true},"response_models":null}},
            "integration":{"kind":"MOCK","http_method":null,"uri":null,"request_templates":null,
            "passthrough_behavior":"WHEN_NO_MATCH","content_handling":null,"timeout_millis":29000,
            "cache_namespace":"r","cache_key_parameters":[],"responses":{"200":{"selection_pattern":null,
            "response_parameters":null,"response_templates":null,"content_handling":null}}}}}}"#;
        let row: ResourceRow = decode(&[&[1], &resource[..]].concat()).expect("version 1");
        assert_eq!(
            row.methods["GET"].integration.as_ref().map(|integration| integration.kind.as_str()),
            Some("MOCK")
        );
        let snapshot =
            br#"{"api_id":"a","deployment_id":"d","number":0,"part":{"Validator":{"api_id":"a","id":"v",
            "name":"n","body":true,"parameters":false}}}"#;
        let row: SnapshotRow = decode(&[&[1], &snapshot[..]].concat()).expect("version 1");
        assert!(matches!(row.part, SnapshotPart::Validator(validator) if validator.body));
        let stage = br#"{"api_id":"a","name":"dev","deployment_id":"d","description":null,"variables":null,
            "method_settings":{"*/*":{"metrics_enabled":true,"logging_level":"INFO","data_trace_enabled":false}},
            "tracing_enabled":false,"tags":null,"created_at_millis":1,"updated_at_millis":2}"#;
        let row: StageRow = decode(&[&[1], &stage[..]].concat()).expect("version 1");
        assert_eq!(row.updated_at_millis, 2);
        let api = br#"{"id":"a","account":"0","region":"r","name":"n","description":null,"version":null,
            "created_at_millis":1,"binary_media_types":["*/*"],"api_key_source":"HEADER","endpoint_types":["EDGE"],
            "ip_address_type":"ipv4","policy":null,"tags":null,"disable_execute_api_endpoint":false,
            "root_resource_id":"r"}"#;
        let row: ApiRow = decode(&[&[1], &api[..]].concat()).expect("version 1");
        assert_eq!(row.binary_media_types, ["*/*"]);
        type Reads = fn(&[u8]) -> bool;
        let others: [(&str, Reads); 9] = [
            (
                r#"{"owner":"0@r","id":"k","value":"v","name":null,"description":null,"customer_id":null,"enabled":true,
                "stage_keys":["a/s"],"tags":null,"created_at_millis":1,"updated_at_millis":1}"#,
                |b| decode::<ApiKeyRow>(b).is_ok(),
            ),
            (
                r#"{"owner":"0@r","id":"p","name":"n","description":null,"product_code":null,"api_stages":[["a","s"]],
                "throttle":{"rate_limit":1.5,"burst_limit":2},"quota":{"limit":1,"offset":0,"period":"DAY"},"tags":null}"#,
                |b| decode::<UsagePlanRow>(b).is_ok(),
            ),
            (r#"{"owner":"0@r","plan_id":"p","key_id":"k"}"#, |b| decode::<UsagePlanKeyRow>(b).is_ok()),
            (r#"{"api_id":"a","id":"d","description":null,"created_at_millis":1}"#, |b| {
                decode::<DeploymentRow>(b).is_ok()
            }),
            (
                r#"{"api_id":"a","name":"m","id":"i","description":null,"schema":"{}","content_type":"x"}"#,
                |b| decode::<ModelRow>(b).is_ok(),
            ),
            (r#"{"api_id":"a","id":"v","name":null,"body":true,"parameters":true}"#, |b| {
                decode::<ValidatorRow>(b).is_ok()
            }),
            (
                r#"{"api_id":"a","id":"t","name":"n","kind":"TOKEN","auth_type":null,"uri":"arn:x",
                "identity_source":null,"validation_expression":null,"ttl_seconds":300}"#,
                |b| decode::<AuthorizerRow>(b).is_ok(),
            ),
            (r#"{"api_id":"a","kind":"DEFAULT_4XX","status":null,"parameters":{},"templates":{}}"#, |b| {
                decode::<GatewayResponseRow>(b).is_ok()
            }),
            (r#"{"account":"0","region":"r","cloudwatch_role_arn":null}"#, |b| {
                decode::<AccountRow>(b).is_ok()
            }),
        ];
        for (json, reads) in others {
            assert!(reads(&[&[1], json.as_bytes()].concat()), "{json}");
        }
    }
}
