//! `cloudlet remove`.

use ::deploy::steps::{Session, remove};
use serde_json::json;

use super::Global;
use super::connect::{Connection, now, seconds_since};
use super::output::Output;
use super::project;

pub(crate) async fn run(global: &Global, output: &Output) -> anyhow::Result<()> {
    let start = now();
    let connection = Connection::from(global, &project::environment())?;
    let project = project::open(global, &connection).await?;
    let service = &project.service;
    output.line(&format!("Removing {} from stage {} ({})", service.name(), service.stage, service.region));
    let api = connection.api(&service.region);
    remove::remove(Session { api: &api, service, report: output }).await?;
    let name = service.name();
    output.success(&format!("Service {name} has been successfully removed ({})", seconds_since(start)));
    if output.is_json() {
        output.result(&json!({"removed": service.stack_name()}));
    }
    Ok(())
}
