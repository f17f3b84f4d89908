//! `cloudlet deploy`.

use std::path::PathBuf;

use ::deploy::compile::Template;
use ::deploy::model::Packages;
use ::deploy::project::Project;
use ::deploy::steps::deploy::Outcome;
use ::deploy::steps::{self, Report, Session};
use clap::{Args, Subcommand};
use serde_json::json;

use super::Global;
use super::connect::{Connection, now, seconds_since};
use super::function::Function;
use super::info;
use super::output::Output;
use super::project;

/// Deploys the project.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Deploy {
    #[command(subcommand)]
    command: Option<Command>,
    /// Deploy even when nothing changed.
    #[arg(long)]
    force: bool,
    /// Folder for the packages [default: .serverless].
    #[arg(long, short = 'p', value_name = "DIR")]
    package: Option<PathBuf>,
    /// Deploy this function alone, as `deploy function` does.
    #[arg(long, short = 'f', value_name = "NAME")]
    function: Option<String>,
    /// With `--function`, deploy its settings only.
    #[arg(long, short = 'u', requires = "function", conflicts_with = "force")]
    update_config: bool,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Deploy a single function without its stack: fast, code and plain settings only.
    Function(Function),
}

impl Deploy {
    /// The function that alone is deployed.
    pub(super) fn function(&self) -> Option<Function> {
        match (&self.command, &self.function) {
            (Some(Command::Function(function)), _) => Some(function.clone()),
            (None, Some(name)) => Some(Function {
                function: name.clone(),
                force: self.force,
                update_config: self.update_config,
                package: self.package.clone(),
            }),
            (None, None) => None,
        }
    }

    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        if let Some(function) = self.function() {
            return function.run(global, output).await;
        }
        let start = now();
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open_to_make(global, &connection, output).await?;
        let service = &project.service;
        output.line(&format!("Deploying {} to stage {} ({})", service.name(), service.stage, service.region));
        output.step("Packaging");
        let packages = project.package(&project::package_options(&project, self.package.as_deref(), None))?;
        let template = project.compile(&packages)?;
        template.notices.iter().for_each(|problem| output.notice(problem));
        let outcome = send(&connection, &project, (&packages, &template), self.force, output).await?;
        let time = seconds_since(start);
        match outcome {
            Outcome::Skipped => {
                output.skipped(&format!("No changes to deploy. Deployment skipped. ({time})"))
            }
            Outcome::EmptyChangeSet => {
                output.skipped(&format!("Change set did not include any changes to be deployed. ({time})"));
            }
            Outcome::Deployed => {
                output.success(&format!("Service deployed to stack {} ({time})", service.stack_name()))
            }
        }
        if outcome != Outcome::Skipped || output.is_json() {
            let api = connection.api(&service.region);
            let found = steps::info::info(Session { api: &api, service, report: output }).await?;
            let mut value = info::json(&found);
            value["outcome"] = json!(match outcome {
                Outcome::Deployed => "deployed",
                Outcome::Skipped => "skipped",
                Outcome::EmptyChangeSet => "unchanged",
            });
            info::show(output, &found, Some(&packages), &value, false);
        }
        Ok(())
    }
}

/// Sends a project to a cloud.
pub(crate) async fn send(
    connection: &Connection,
    project: &Project,
    (packages, template): (&Packages, &Template),
    force: bool,
    output: &dyn Report,
) -> anyhow::Result<Outcome> {
    let api = connection.api(&project.service.region);
    let session = Session { api: &api, service: &project.service, report: output };
    let outcome = steps::deploy::deploy(session, packages, template, force).await?;
    if let (Outcome::Deployed, Some(kept)) = (outcome, project.kept_versions()) {
        steps::prune::prune(session, kept).await?;
    }
    Ok(outcome)
}
