//! API Gateway, version 1: REST APIs.
//!
//! `keys.rs` holds the stored rows, `tree.rs`, `rules.rs`, `stages.rs` and `models.rs`
//! the rules, `ops/` one file for each operation, `plane/` what is served to the world. Custom domains, VPC links,
//! client certificates, documentation, imports and exports are not there: their operations are unknown.
//!
//! Start with `plane/mod.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod api;
mod authorizers;
mod endpoint;
mod error;
mod keys;
mod limits;
mod models;
mod ops;
mod patch;
mod plane;
mod policy;
mod responses;
mod rules;
mod snapshot;
mod stack;
mod stages;
mod tagging;
mod tree;
mod usage;
mod views;

/// The service's table of contents.
pub static APIGATEWAY: Service = Service {
    name: "apigateway",
    title: "API Gateway",
    signing_name: "apigateway",
    protocols: &[Protocol::RestJson],
    operations: &[
        entry::<ops::CreateApiKey>(),
        entry::<ops::CreateAuthorizer>(),
        entry::<ops::CreateDeployment>(),
        entry::<ops::CreateModel>(),
        entry::<ops::CreateRequestValidator>(),
        entry::<ops::CreateResource>(),
        entry::<ops::CreateRestApi>(),
        entry::<ops::CreateStage>(),
        entry::<ops::CreateUsagePlan>(),
        entry::<ops::CreateUsagePlanKey>(),
        entry::<ops::DeleteApiKey>(),
        entry::<ops::DeleteAuthorizer>(),
        entry::<ops::DeleteDeployment>(),
        entry::<ops::DeleteGatewayResponse>(),
        entry::<ops::DeleteIntegration>(),
        entry::<ops::DeleteIntegrationResponse>(),
        entry::<ops::DeleteMethod>(),
        entry::<ops::DeleteMethodResponse>(),
        entry::<ops::DeleteModel>(),
        entry::<ops::DeleteRequestValidator>(),
        entry::<ops::DeleteResource>(),
        entry::<ops::DeleteRestApi>(),
        entry::<ops::DeleteStage>(),
        entry::<ops::DeleteUsagePlan>(),
        entry::<ops::DeleteUsagePlanKey>(),
        entry::<ops::GetAccount>(),
        entry::<ops::GetApiKey>(),
        entry::<ops::GetApiKeys>(),
        entry::<ops::GetAuthorizer>(),
        entry::<ops::GetAuthorizers>(),
        entry::<ops::GetDeployment>(),
        entry::<ops::GetDeployments>(),
        entry::<ops::GetGatewayResponse>(),
        entry::<ops::GetGatewayResponses>(),
        entry::<ops::GetIntegration>(),
        entry::<ops::GetIntegrationResponse>(),
        entry::<ops::GetMethod>(),
        entry::<ops::GetMethodResponse>(),
        entry::<ops::GetModel>(),
        entry::<ops::GetModels>(),
        entry::<ops::GetRequestValidator>(),
        entry::<ops::GetRequestValidators>(),
        entry::<ops::GetResource>(),
        entry::<ops::GetResources>(),
        entry::<ops::GetRestApi>(),
        entry::<ops::GetRestApis>(),
        entry::<ops::GetStage>(),
        entry::<ops::GetStages>(),
        entry::<ops::GetTags>(),
        entry::<ops::GetUsagePlan>(),
        entry::<ops::GetUsagePlanKey>(),
        entry::<ops::GetUsagePlanKeys>(),
        entry::<ops::GetUsagePlans>(),
        entry::<ops::PutGatewayResponse>(),
        entry::<ops::PutIntegration>(),
        entry::<ops::PutIntegrationResponse>(),
        entry::<ops::PutMethod>(),
        entry::<ops::PutMethodResponse>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateAccount>(),
        entry::<ops::UpdateApiKey>(),
        entry::<ops::UpdateAuthorizer>(),
        entry::<ops::UpdateDeployment>(),
        entry::<ops::UpdateGatewayResponse>(),
        entry::<ops::UpdateIntegration>(),
        entry::<ops::UpdateIntegrationResponse>(),
        entry::<ops::UpdateMethod>(),
        entry::<ops::UpdateMethodResponse>(),
        entry::<ops::UpdateModel>(),
        entry::<ops::UpdateRequestValidator>(),
        entry::<ops::UpdateResource>(),
        entry::<ops::UpdateRestApi>(),
        entry::<ops::UpdateStage>(),
        entry::<ops::UpdateUsagePlan>(),
    ],
    resources: &[
        &stack::RestApi,
        &stack::Resource,
        &stack::Method,
        &stack::Deployment,
        &stack::Stage,
        &stack::Model,
        &stack::RequestValidator,
        &stack::GatewayResponse,
        &stack::Account,
        &stack::Authorizer,
        &stack::ApiKey,
        &stack::UsagePlan,
        &stack::UsagePlanKey,
    ],
    jobs: &[],
    plane: Some(&plane::RestPlane),
    words: Words { validation_code: "ValidationException", denied_code: "AccessDeniedException" },
};

#[cfg(test)]
mod tests;
