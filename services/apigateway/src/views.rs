//! What clients see of the rows.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::keys::{self, ApiRow, Flags, ResourceRow, StageRow, Texts};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct RestApi {
    id: String,
    name: String,
    description: Option<String>,
    created_date: Timestamp,
    version: Option<String>,
    warnings: Option<Vec<String>>,
    binary_media_types: Option<Vec<String>>,
    minimum_compression_size: Option<i32>,
    api_key_source: String,
    endpoint_configuration: EndpointConfiguration,
    policy: Option<String>,
    tags: Option<Texts>,
    disable_execute_api_endpoint: bool,
    root_resource_id: String,
    api_status: Option<String>,
    security_policy: Option<String>,
}

#[derive(Clone, Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct EndpointConfiguration {
    pub(crate) types: Option<Vec<String>>,
    pub(crate) ip_address_type: Option<String>,
    pub(crate) vpc_endpoint_ids: Option<Vec<String>>,
}

impl RestApi {
    pub(crate) fn of(row: ApiRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            created_date: seconds(row.created_at_millis),
            version: row.version,
            warnings: None,
            binary_media_types: some_list(row.binary_media_types),
            minimum_compression_size: row.minimum_compression_size,
            api_key_source: row.api_key_source,
            endpoint_configuration: EndpointConfiguration {
                types: Some(row.endpoint_types),
                ip_address_type: Some(row.ip_address_type),
                vpc_endpoint_ids: None,
            },
            // AWS gives the policy back with its quotation marks escaped.
            policy: row.policy.map(|policy| policy.replace('"', "\\\"")),
            tags: row.tags,
            disable_execute_api_endpoint: row.disable_execute_api_endpoint,
            root_resource_id: row.root_resource_id,
            api_status: Some("AVAILABLE".to_owned()),
            security_policy: Some("TLS_1_0".to_owned()),
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Resource {
    id: String,
    parent_id: Option<String>,
    path_part: Option<String>,
    path: String,
    resource_methods: Option<BTreeMap<String, Method>>,
}

impl Resource {
    /// The resource; its methods with all they have when `embed` says so, otherwise their names alone.
    pub(crate) fn of(row: ResourceRow, embed: Option<&[String]>) -> Self {
        let whole = embed.is_some_and(|embed| embed.iter().any(|word| word == "methods"));
        let methods: BTreeMap<_, _> = row
            .methods
            .into_iter()
            .map(|(name, method)| {
                let view = if whole { Method::of(&name, method) } else { Method::default() };
                (name, view)
            })
            .collect();
        Self {
            id: row.id,
            parent_id: row.parent_id,
            path_part: row.path_part,
            path: row.path,
            resource_methods: Some(methods).filter(|methods| !methods.is_empty()),
        }
    }
}

#[derive(Default, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Method {
    http_method: Option<String>,
    authorization_type: Option<String>,
    authorizer_id: Option<String>,
    api_key_required: Option<bool>,
    request_validator_id: Option<String>,
    operation_name: Option<String>,
    request_parameters: Option<Flags>,
    request_models: Option<Texts>,
    method_responses: Option<BTreeMap<String, MethodResponse>>,
    method_integration: Option<Integration>,
    authorization_scopes: Option<Vec<String>>,
}

impl Method {
    pub(crate) fn of(http_method: &str, row: keys::Method) -> Self {
        let responses: BTreeMap<_, _> = row
            .responses
            .into_iter()
            .map(|(status, response)| (status.clone(), MethodResponse::of(status, response)))
            .collect();
        Self {
            http_method: Some(http_method.to_owned()),
            authorization_type: Some(row.authorization_type),
            authorizer_id: row.authorizer_id,
            api_key_required: Some(row.api_key_required),
            request_validator_id: row.request_validator_id,
            operation_name: row.operation_name,
            request_parameters: row.request_parameters,
            request_models: row.request_models,
            method_responses: Some(responses).filter(|responses| !responses.is_empty()),
            method_integration: row.integration.map(Integration::of),
            authorization_scopes: None,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct MethodResponse {
    status_code: String,
    response_parameters: Option<Flags>,
    response_models: Option<Texts>,
}

impl MethodResponse {
    pub(crate) fn of(status_code: String, row: keys::MethodResponse) -> Self {
        Self {
            status_code,
            response_parameters: row.response_parameters,
            response_models: row.response_models,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Integration {
    #[shape(name = "type")]
    kind: String,
    http_method: Option<String>,
    uri: Option<String>,
    connection_type: Option<String>,
    request_parameters: Option<Texts>,
    request_templates: Option<Texts>,
    passthrough_behavior: String,
    content_handling: Option<String>,
    timeout_in_millis: i32,
    cache_namespace: String,
    cache_key_parameters: Vec<String>,
    integration_responses: Option<BTreeMap<String, IntegrationResponse>>,
    response_transfer_mode: Option<String>,
}

impl Integration {
    pub(crate) fn of(row: keys::Integration) -> Self {
        let responses: BTreeMap<_, _> = row
            .responses
            .into_iter()
            .map(|(status, response)| (status.clone(), IntegrationResponse::of(status, response)))
            .collect();
        Self {
            kind: row.kind,
            http_method: row.http_method,
            uri: row.uri,
            connection_type: None,
            request_parameters: None,
            request_templates: row.request_templates,
            passthrough_behavior: row.passthrough_behavior,
            content_handling: row.content_handling,
            timeout_in_millis: row.timeout_millis,
            cache_namespace: row.cache_namespace,
            cache_key_parameters: row.cache_key_parameters,
            integration_responses: Some(responses).filter(|responses| !responses.is_empty()),
            response_transfer_mode: Some(if row.streams { "STREAM" } else { "BUFFERED" }.to_owned()),
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct IntegrationResponse {
    status_code: String,
    selection_pattern: Option<String>,
    response_parameters: Option<Texts>,
    response_templates: Option<Texts>,
    content_handling: Option<String>,
}

impl IntegrationResponse {
    pub(crate) fn of(status_code: String, row: keys::IntegrationResponse) -> Self {
        // An empty template is given back as null by AWS; the member is there with its media type alone.
        Self {
            status_code,
            selection_pattern: row.selection_pattern,
            response_parameters: row.response_parameters,
            response_templates: row.response_templates,
            content_handling: row.content_handling,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Deployment {
    id: String,
    description: Option<String>,
    created_date: Timestamp,
    api_summary: Option<BTreeMap<String, BTreeMap<String, MethodSnapshot>>>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct MethodSnapshot {
    pub(crate) authorization_type: String,
    pub(crate) api_key_required: bool,
}

impl Deployment {
    pub(crate) fn of(
        row: keys::DeploymentRow,
        api_summary: Option<BTreeMap<String, BTreeMap<String, MethodSnapshot>>>,
    ) -> Self {
        Self {
            id: row.id,
            description: row.description,
            created_date: seconds(row.created_at_millis),
            api_summary,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Stage {
    deployment_id: String,
    client_certificate_id: Option<String>,
    stage_name: String,
    description: Option<String>,
    cache_cluster_enabled: bool,
    cache_cluster_status: String,
    method_settings: BTreeMap<String, MethodSetting>,
    variables: Option<Texts>,
    documentation_version: Option<String>,
    tracing_enabled: bool,
    access_log_settings: Option<AccessLogSettings>,
    web_acl_arn: Option<String>,
    tags: Option<Texts>,
    created_date: Timestamp,
    last_updated_date: Timestamp,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct AccessLogSettings {
    format: Option<String>,
    destination_arn: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct MethodSetting {
    metrics_enabled: bool,
    logging_level: Option<String>,
    data_trace_enabled: bool,
    throttling_burst_limit: i32,
    throttling_rate_limit: f64,
    caching_enabled: bool,
    cache_ttl_in_seconds: i32,
    cache_data_encrypted: bool,
    require_authorization_for_cache_control: bool,
    unauthorized_cache_control_header_strategy: String,
}

impl Stage {
    pub(crate) fn of(row: StageRow) -> Self {
        let settings =
            row.method_settings.into_iter().map(|(name, setting)| (name, MethodSetting::of(setting)));
        Self {
            deployment_id: row.deployment_id,
            client_certificate_id: None,
            stage_name: row.name,
            description: row.description,
            cache_cluster_enabled: false,
            cache_cluster_status: "NOT_AVAILABLE".to_owned(),
            method_settings: settings.collect(),
            variables: row.variables,
            documentation_version: None,
            tracing_enabled: row.tracing_enabled,
            access_log_settings: row
                .access_log
                .map(|log| AccessLogSettings { format: log.format, destination_arn: log.destination }),
            web_acl_arn: None,
            tags: row.tags,
            created_date: seconds(row.created_at_millis),
            last_updated_date: seconds(row.updated_at_millis),
        }
    }
}

impl MethodSetting {
    /// The settings that are not kept have AWS's defaults.
    fn of(setting: keys::MethodSetting) -> Self {
        Self {
            metrics_enabled: setting.metrics_enabled,
            logging_level: setting.logging_level,
            data_trace_enabled: setting.data_trace_enabled,
            throttling_burst_limit: setting.burst_limit.unwrap_or(-1),
            throttling_rate_limit: setting.rate_limit.unwrap_or(-1.0),
            caching_enabled: false,
            cache_ttl_in_seconds: 300,
            cache_data_encrypted: false,
            require_authorization_for_cache_control: true,
            unauthorized_cache_control_header_strategy: "SUCCEED_WITH_RESPONSE_HEADER".to_owned(),
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Model {
    id: String,
    name: String,
    description: Option<String>,
    schema: Option<String>,
    content_type: String,
}

impl Model {
    pub(crate) fn of(row: keys::ModelRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            schema: Some(row.schema).filter(|schema| !schema.is_empty()),
            content_type: row.content_type,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct RequestValidator {
    id: String,
    name: Option<String>,
    validate_request_body: bool,
    validate_request_parameters: bool,
}

impl RequestValidator {
    pub(crate) fn of(row: keys::ValidatorRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            validate_request_body: row.body,
            validate_request_parameters: row.parameters,
        }
    }
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Account {
    cloudwatch_role_arn: Option<String>,
    throttle_settings: ThrottleSettings,
    features: Vec<String>,
    api_key_version: String,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
struct ThrottleSettings {
    burst_limit: i32,
    rate_limit: f64,
}

impl Account {
    /// The account's settings; the throttle is AWS's usual one and is not applied.
    pub(crate) fn of(row: Option<keys::AccountRow>) -> Self {
        Self {
            cloudwatch_role_arn: row.and_then(|row| row.cloudwatch_role_arn),
            throttle_settings: ThrottleSettings { burst_limit: 5000, rate_limit: 10_000.0 },
            features: vec!["UsagePlans".to_owned()],
            api_key_version: "4".to_owned(),
        }
    }
}

/// AWS shows whole seconds here.
fn seconds(millis: i64) -> Timestamp {
    Timestamp::from_secs(millis.div_euclid(1000))
}

fn some_list(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}
