//! `cloudlet deploy function`.

use std::path::PathBuf;

use ::deploy::steps::function::{Wanted, deploy, known};
use ::deploy::steps::{Report, Session};
use clap::Args;
use serde_json::json;

use super::Global;
use super::connect::{Connection, now, seconds_since};
use super::output::{Output, size};
use super::project;

/// Deploys a single function.
#[derive(Args, Clone, Debug)]
pub(crate) struct Function {
    /// The function's key in the configuration.
    #[arg(long, short = 'f', value_name = "NAME")]
    pub(super) function: String,
    /// Deploy the code even when it did not change.
    #[arg(long)]
    pub(super) force: bool,
    /// Deploy settings only: handler, timeout, memory, environment and their like.
    #[arg(long, short = 'u', conflicts_with = "force")]
    pub(super) update_config: bool,
    /// Folder for the package [default: .serverless].
    #[arg(long, short = 'p', value_name = "DIR")]
    pub(super) package: Option<PathBuf>,
}

impl Function {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let start = now();
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open(global, &connection).await?;
        let service = &project.service;
        let api = connection.api(&service.region);
        let session = Session { api: &api, service, report: output };
        let key = self.function.as_str();
        let name = known(session, key)?;
        let stage = &service.stage;
        output.line(&format!("Deploying function {key} to stage {stage} ({})", service.region));
        let mut packages = Default::default();
        if !self.update_config {
            output.step("Packaging");
            let options = project::package_options(&project, self.package.as_deref(), Some(key));
            packages = project.package(&options)?;
        }
        let package = packages.functions.get(key);
        let wanted = match (self.force, self.update_config) {
            (true, _) => Wanted::Forced,
            (_, true) => Wanted::Configuration,
            _ => Wanted::Differences,
        };
        let updated = deploy(session, key, package, wanted).await?;
        let time = seconds_since(start);
        if updated.code {
            let size = package.map_or_else(String::new, |package| format!(", {}", size(package.size_bytes)));
            output.success(&format!("Function code deployed ({time}{size})"));
        } else if !self.update_config {
            output.skipped(&format!("Code did not change. Function deployment skipped. ({time})"));
        }
        match updated.configuration {
            true => output.success(&format!("Function configuration updated ({time})")),
            false if self.update_config => output.skipped(&format!(
                "Function configuration did not change, and the update was skipped. Settings that need the stack are \
                 deployed with `cloudlet deploy`. ({time})"
            )),
            false => {}
        }
        if output.is_json() {
            output.result(
                &json!({"function": name, "code": updated.code, "configuration": updated.configuration}),
            );
        }
        Ok(())
    }
}
