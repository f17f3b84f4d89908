//! API Gateway, second API: HTTP APIs.
//!
//! `keys.rs` holds the stored rows, `rules.rs` what is refused, `views.rs` what the API shows, `ops/` the operations,
//! `plane/` the HTTP that the world sees. Route matching and event formats are in `lang/proxyevent`.
//!
//! Differs from AWS: WebSocket APIs, authorizers other than IAM, private integrations and parameter mappings are
//! refused; custom domains are not there yet.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod api;
mod error;
mod keys;
mod limits;
mod ops;
mod plane;
mod rules;
mod stack;
mod views;

/// The service's table of contents.
pub static APIGATEWAYV2: Service = Service {
    name: "apigatewayv2",
    title: "API Gateway HTTP APIs",
    signing_name: "apigateway",
    protocols: &[Protocol::RestJson],
    operations: &[
        entry::<ops::CreateApi>(),
        entry::<ops::CreateDeployment>(),
        entry::<ops::CreateIntegration>(),
        entry::<ops::CreateRoute>(),
        entry::<ops::CreateStage>(),
        entry::<ops::DeleteAccessLogSettings>(),
        entry::<ops::DeleteApi>(),
        entry::<ops::DeleteCorsConfiguration>(),
        entry::<ops::DeleteDeployment>(),
        entry::<ops::DeleteIntegration>(),
        entry::<ops::DeleteRoute>(),
        entry::<ops::DeleteStage>(),
        entry::<ops::GetApi>(),
        entry::<ops::GetApis>(),
        entry::<ops::GetDeployment>(),
        entry::<ops::GetDeployments>(),
        entry::<ops::GetIntegration>(),
        entry::<ops::GetIntegrations>(),
        entry::<ops::GetRoute>(),
        entry::<ops::GetRoutes>(),
        entry::<ops::GetStage>(),
        entry::<ops::GetStages>(),
        entry::<ops::GetTags>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateApi>(),
        entry::<ops::UpdateIntegration>(),
        entry::<ops::UpdateRoute>(),
        entry::<ops::UpdateStage>(),
    ],
    resources: &[&stack::Api, &stack::Deployment, &stack::Integration, &stack::Route, &stack::Stage],
    jobs: &[],
    plane: Some(&plane::HttpPlane),
    words: Words { validation_code: "BadRequestException", denied_code: "AccessDeniedException" },
};
