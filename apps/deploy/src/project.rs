//! A project from its folder to its packages and templates: the parts of this crate in their order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::check;
use crate::compile::{self, Template};
use crate::config::{self, Connect};
use crate::model::{Packages, Service};
use crate::package;
use crate::plugins::Plugins;
use crate::plugins::tool::Bench;
use crate::problem::{Errors, Problem};

/// A project that was read and found right.
#[derive(Debug, Clone)]
pub struct Project {
    /// The service.
    pub service: Service,
    /// What the user should know; it does not stop anything.
    pub notices: Vec<Problem>,
    /// The files that the configuration was read from, relative to the project folder.
    pub files: Vec<PathBuf>,
    environment: BTreeMap<String, String>,
    plugins: Plugins,
}

impl Project {
    /// Reads a project. Everything that is wrong with it is reported here, before anything is made or sent.
    pub async fn open(options: &config::Options, connect: Connect<'_>) -> Result<Self, Errors> {
        let config::Loaded { mut service, environment, files } = config::load(options, connect).await?;
        let (plugins, mut notices) = Plugins::read(&service)?;
        notices.extend(check::check(&service, &plugins.function_keys())?);
        notices.extend(plugins.configure(&mut service, &environment)?);
        Ok(Self { service, notices, files, environment, plugins })
    }

    /// Makes the archives.
    pub fn package(&self, options: &package::Options) -> Result<Packages, Errors> {
        let extra = self.plugins.build(&Bench {
            service: &self.service,
            environment: &self.environment,
            folder: &options.folder,
            only: options.only.as_deref(),
        })?;
        package::build_with(&self.service, options, &extra)
    }

    /// Makes the templates.
    pub fn compile(&self, packages: &Packages) -> Result<Template, Errors> {
        let mut template = compile::compile(&self.service, packages)?;
        self.plugins.finish(&self.service, &mut template.update)?;
        template.notices.extend(package::handlers::missing(&self.service, packages));
        Ok(template)
    }

    /// How many old versions of each function stay after a deployment, where the project wants the others deleted.
    pub fn kept_versions(&self) -> Option<usize> {
        self.plugins.kept_versions(&self.service)
    }
}
