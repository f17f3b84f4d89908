//! What the API shows of the stored rows.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::keys::{self, ApiRow, DeploymentRow, IntegrationRow, RouteRow, StageRow, Texts};

/// Cross-origin settings.
#[derive(Clone, Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Cors {
    allow_credentials: Option<bool>,
    allow_headers: Option<Vec<String>>,
    allow_methods: Option<Vec<String>>,
    allow_origins: Option<Vec<String>>,
    expose_headers: Option<Vec<String>>,
    #[shape(range = -1..=86400)]
    max_age: Option<i32>,
}

/// An API.
#[derive(Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Api {
    api_endpoint: String,
    api_id: String,
    api_key_selection_expression: String,
    cors_configuration: Option<Cors>,
    #[shape(format = "iso8601")]
    created_date: Timestamp,
    description: Option<String>,
    disable_execute_api_endpoint: bool,
    ip_address_type: String,
    name: String,
    protocol_type: String,
    route_selection_expression: String,
    tags: Texts,
    version: Option<String>,
}

/// An integration.
#[derive(Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Integration {
    connection_type: String,
    description: Option<String>,
    integration_id: String,
    integration_method: String,
    integration_type: String,
    integration_uri: String,
    payload_format_version: String,
    timeout_in_millis: i32,
}

/// A route.
#[derive(Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Route {
    api_key_required: bool,
    authorization_type: String,
    operation_name: Option<String>,
    route_id: String,
    route_key: String,
    target: Option<String>,
}

/// A stage.
#[derive(Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Stage {
    access_log_settings: Option<AccessLogSettings>,
    auto_deploy: Option<bool>,
    #[shape(format = "iso8601")]
    created_date: Timestamp,
    default_route_settings: RouteSettings,
    deployment_id: Option<String>,
    description: Option<String>,
    last_deployment_status_message: Option<String>,
    #[shape(format = "iso8601")]
    last_updated_date: Timestamp,
    route_settings: BTreeMap<String, RouteSettings>,
    stage_name: String,
    stage_variables: Texts,
    tags: Texts,
}

/// The settings of an access log.
#[derive(Clone, Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct AccessLogSettings {
    pub(crate) destination_arn: Option<String>,
    pub(crate) format: Option<String>,
}

/// Settings of routes.
#[derive(Clone, Debug, Default, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct RouteSettings {
    pub(crate) data_trace_enabled: Option<bool>,
    pub(crate) detailed_metrics_enabled: Option<bool>,
    pub(crate) logging_level: Option<String>,
    pub(crate) throttling_burst_limit: Option<i32>,
    pub(crate) throttling_rate_limit: Option<f64>,
}

/// A deployment.
#[derive(Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Deployment {
    auto_deployed: bool,
    #[shape(format = "iso8601")]
    created_date: Timestamp,
    deployment_id: String,
    deployment_status: String,
    description: Option<String>,
}

impl Cors {
    /// What is stored of the settings.
    pub(crate) fn into_row(self) -> keys::Cors {
        keys::Cors {
            allow_credentials: self.allow_credentials,
            allow_headers: self.allow_headers,
            allow_methods: self.allow_methods,
            allow_origins: self.allow_origins,
            expose_headers: self.expose_headers,
            max_age_seconds: self.max_age,
        }
    }

    fn of(row: keys::Cors) -> Self {
        Self {
            allow_credentials: row.allow_credentials,
            allow_headers: row.allow_headers,
            allow_methods: row.allow_methods,
            allow_origins: row.allow_origins,
            expose_headers: row.expose_headers,
            max_age: row.max_age_seconds,
        }
    }
}

impl Api {
    /// An API, with its address at this cloud.
    pub(crate) fn of(cx: &Cx, row: ApiRow) -> Self {
        Self {
            api_endpoint: endpoint(cx, &row.id),
            api_id: row.id,
            api_key_selection_expression: "$request.header.x-api-key".to_owned(),
            cors_configuration: row.cors.map(Cors::of),
            created_date: Timestamp::from_millis(row.created_at_millis),
            description: row.description,
            disable_execute_api_endpoint: row.disabled,
            ip_address_type: "ipv4".to_owned(),
            name: row.name,
            protocol_type: "HTTP".to_owned(),
            route_selection_expression: "$request.method $request.path".to_owned(),
            tags: row.tags,
            version: row.version,
        }
    }
}

/// The address of an API at this cloud: `http://<id>.execute-api.localhost:4566`.
pub(crate) fn endpoint(cx: &Cx, id: &str) -> String {
    let endpoint = cx.cloud().endpoint();
    let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let port = authority.rsplit_once(':').map_or(String::new(), |(_, port)| format!(":{port}"));
    format!("{scheme}://{id}.execute-api.localhost{port}")
}

impl From<IntegrationRow> for Integration {
    fn from(row: IntegrationRow) -> Self {
        Self {
            connection_type: "INTERNET".to_owned(),
            description: row.description,
            integration_id: row.id,
            integration_method: row.method.unwrap_or_else(|| "POST".to_owned()),
            integration_type: "AWS_PROXY".to_owned(),
            integration_uri: row.uri,
            payload_format_version: row.payload_format,
            timeout_in_millis: row.timeout_millis,
        }
    }
}

impl From<RouteRow> for Route {
    fn from(row: RouteRow) -> Self {
        Self {
            api_key_required: false,
            authorization_type: if row.iam { "AWS_IAM" } else { "NONE" }.to_owned(),
            operation_name: row.operation_name,
            route_id: row.id,
            route_key: row.key,
            target: row.target,
        }
    }
}

impl From<StageRow> for Stage {
    fn from(row: StageRow) -> Self {
        let deployed = row.deployment_id.as_ref().filter(|_| row.auto_deploy);
        Self {
            access_log_settings: row.access_log.map(|log| AccessLogSettings {
                destination_arn: Some(log.destination),
                format: Some(log.format),
            }),
            auto_deploy: row.auto_deploy.then_some(true),
            created_date: Timestamp::from_millis(row.created_at_millis),
            default_route_settings: RouteSettings {
                detailed_metrics_enabled: Some(row.detailed_metrics),
                ..RouteSettings::default()
            },
            last_deployment_status_message: deployed
                .map(|id| format!("Successfully deployed stage with deployment ID '{id}'")),
            deployment_id: row.deployment_id,
            description: row.description,
            last_updated_date: Timestamp::from_millis(row.updated_at_millis),
            route_settings: BTreeMap::new(),
            stage_name: row.name,
            stage_variables: row.variables,
            tags: row.tags,
        }
    }
}

impl From<DeploymentRow> for Deployment {
    fn from(row: DeploymentRow) -> Self {
        Self {
            auto_deployed: row.auto,
            created_date: Timestamp::from_millis(row.created_at_millis),
            deployment_id: row.id,
            deployment_status: "DEPLOYED".to_owned(),
            description: row.description,
        }
    }
}
