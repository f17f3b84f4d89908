//! `cloudlet package`.

use std::fs;
use std::path::PathBuf;

use ::deploy::steps::Report;
use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::Global;
use super::connect::{Connection, now, seconds_since};
use super::output::{Output, size};
use super::project;

/// The names of the framework, which other tools look for.
const CREATE_NAME: &str = "cloudformation-template-create-stack.json";
const UPDATE_NAME: &str = "cloudformation-template-update-stack.json";

/// Makes packages and templates.
#[derive(Args, Clone, Debug)]
pub(crate) struct Package {
    /// Folder for packages and templates [default: .serverless].
    #[arg(long, short = 'p', value_name = "DIR")]
    package: Option<PathBuf>,
}

impl Package {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let start = now();
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open_to_make(global, &connection, output).await?;
        let service = &project.service;
        output.line(&format!(
            "Packaging {} for stage {} ({})",
            service.name(),
            service.stage,
            service.region
        ));
        output.step("Packaging");
        let options = project::package_options(&project, self.package.as_deref(), None);
        let packages = project.package(&options)?;
        let template = project.compile(&packages)?;
        template.notices.iter().for_each(|problem| output.notice(problem));
        for (name, value) in [(CREATE_NAME, &template.create), (UPDATE_NAME, &template.update)] {
            let file = options.folder.join(name);
            fs::write(&file, format!("{value:#}\n"))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        output.success(&format!("Service packaged ({})", seconds_since(start)));
        let mut files: Vec<_> = packages.functions.values().chain(packages.layers.values()).collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        files.dedup_by(|one, other| one.file == other.file);
        if output.is_json() {
            let file = |package: &&::deploy::model::Package| json!({"file": package.file, "sha256": package.sha256, "size": package.size_bytes});
            output.result(&json!({
                "folder": options.folder,
                "template": options.folder.join(UPDATE_NAME),
                "packages": files.iter().map(file).collect::<Vec<_>>(),
            }));
        } else {
            for package in files {
                output.text(&format!("{} ({})", package.file.display(), size(package.size_bytes)));
            }
            output.text(&options.folder.join(UPDATE_NAME).display().to_string());
        }
        Ok(())
    }
}
