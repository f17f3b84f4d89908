//! Lambda: functions.
//!
//! `runtime/` runs them: sandboxed processes, log lines, pools. `runner.rs` keeps in memory what an invocation needs.
//! `mappings.rs` and what is below it are event source mappings.
//! `keys.rs` holds the stored rows, `ops/` one file for each operation, `plane.rs` function URLs, `stack.rs` the
//! CloudFormation types. Start with `ops/invoke.rs`.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod admission;
mod code;
mod concurrency;
mod config;
mod cors;
mod destinations;
mod direct;
mod error;
mod event_invoke;
mod events;
pub mod exec;
mod function;
mod host;
mod jobs;
mod keys;
mod layers;
mod limits;
mod lineage;
mod logging;
mod logs;
mod mappings;
mod names;
mod ops;
mod plane;
mod policy;
mod provisioning;
mod roles;
mod runner;
mod runtime;
mod shapes;
mod stack;
mod surroundings;
mod time;
mod unzip;
mod upload;
mod urls;

pub use host::Search;

/// The service's table of contents.
pub static LAMBDA: Service = Service {
    name: "lambda",
    title: "Lambda",
    signing_name: "lambda",
    protocols: &[Protocol::RestJson],
    operations: &[
        entry::<ops::AcceptEvent>(),
        entry::<ops::AddLayerVersionPermission>(),
        entry::<ops::AddPermission>(),
        entry::<ops::CreateAlias>(),
        entry::<ops::CreateCodeSigningConfig>(),
        entry::<ops::CreateEventSourceMapping>(),
        entry::<ops::CreateFunction>(),
        entry::<ops::CreateFunctionUrlConfig>(),
        entry::<ops::DeleteAlias>(),
        entry::<ops::DeleteEventSourceMapping>(),
        entry::<ops::DeleteFunction>(),
        entry::<ops::DeleteFunctionConcurrency>(),
        entry::<ops::DeleteFunctionEventInvokeConfig>(),
        entry::<ops::DeleteFunctionUrlConfig>(),
        entry::<ops::DeleteLayerVersion>(),
        entry::<ops::DeleteProvisionedConcurrencyConfig>(),
        entry::<ops::GetAccountSettings>(),
        entry::<ops::GetAlias>(),
        entry::<ops::GetEventSourceMapping>(),
        entry::<ops::GetFunction>(),
        entry::<ops::GetFunctionCodeSigningConfig>(),
        entry::<ops::GetFunctionConcurrency>(),
        entry::<ops::GetFunctionConfiguration>(),
        entry::<ops::GetFunctionEventInvokeConfig>(),
        entry::<ops::GetFunctionRecursionConfig>(),
        entry::<ops::GetFunctionUrlConfig>(),
        entry::<ops::GetLayerVersion>(),
        entry::<ops::GetLayerVersionByArn>(),
        entry::<ops::GetLayerVersionPolicy>(),
        entry::<ops::GetPolicy>(),
        entry::<ops::GetProvisionedConcurrencyConfig>(),
        entry::<ops::GetRuntimeManagementConfig>(),
        entry::<ops::Invoke>(),
        entry::<ops::InvokeWithResponseStream>(),
        entry::<ops::ListAliases>(),
        entry::<ops::ListEventSourceMappings>(),
        entry::<ops::ListFunctionEventInvokeConfigs>(),
        entry::<ops::ListFunctionUrlConfigs>(),
        entry::<ops::ListFunctions>(),
        entry::<ops::ListLayerVersions>(),
        entry::<ops::ListLayers>(),
        entry::<ops::ListProvisionedConcurrencyConfigs>(),
        entry::<ops::ListTags>(),
        entry::<ops::ListVersionsByFunction>(),
        entry::<ops::PublishLayerVersion>(),
        entry::<ops::PublishVersion>(),
        entry::<ops::PutFunctionCodeSigningConfig>(),
        entry::<ops::PutFunctionConcurrency>(),
        entry::<ops::PutFunctionEventInvokeConfig>(),
        entry::<ops::PutFunctionRecursionConfig>(),
        entry::<ops::PutProvisionedConcurrencyConfig>(),
        entry::<ops::PutRuntimeManagementConfig>(),
        entry::<ops::RemoveLayerVersionPermission>(),
        entry::<ops::RemovePermission>(),
        entry::<ops::RunBatch>(),
        entry::<ops::RunEvent>(),
        entry::<ops::SendResult>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateAlias>(),
        entry::<ops::UpdateEventSourceMapping>(),
        entry::<ops::UpdateFunctionCode>(),
        entry::<ops::UpdateFunctionConfiguration>(),
        entry::<ops::UpdateFunctionEventInvokeConfig>(),
        entry::<ops::UpdateFunctionUrlConfig>(),
    ],
    resources: stack::RESOURCES,
    jobs: &[jobs::SWEEP, jobs::FOLDERS],
    plane: Some(&plane::LambdaPlane),
    words: Words::JSON,
};

#[cfg(test)]
mod tests;
