//! `cloudlet invoke local`: a function in a cloud of its own.
//!
//! The cloud is made for this one call, in memory and on a port of its own. It holds the service's resources and the
//! one function, so that the call meets the same permissions and the same sandbox as a deployed function does.

use std::net::SocketAddr;

use ::deploy::project::Project;
use ::deploy::steps::Session;
use ::deploy::steps::function::known;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, Value, json};

use super::Global;
use super::connect::Connection;
use super::invoke::{Event, show};
use super::output::Output;
use super::{deploy, project};
use crate::server::{self, Options};

/// Calls a function in a cloud of its own.
#[derive(Args, Clone, Debug)]
pub(crate) struct Local {
    #[command(flatten)]
    event: Event,
    /// A further environment variable of the function.
    #[arg(long = "env", short = 'e', value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

impl Local {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let key = self.event.function.clone().unwrap_or_default();
        let mut invocation = self.event.invocation()?;
        // Variables may ask the cloud that is configured; the function itself runs in the new one.
        let configured = Connection::from(global, &project::environment())?;
        let mut project = project::open(global, &configured).await?;
        let options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            region: project.service.region.clone(),
            ..Options::default()
        };
        let running = server::start(options).await?;
        let result = self.call(&mut project, &key, &mut invocation, running.endpoint()).await;
        running.stop().await;
        show(output, &result?)
    }

    async fn call(
        &self,
        project: &mut Project,
        key: &str,
        invocation: &mut ::deploy::api::lambda::Invocation,
        endpoint: &str,
    ) -> anyhow::Result<::deploy::api::lambda::Invoked> {
        let connection = Connection::local(endpoint)?;
        let quiet = Output::quiet();
        let api = connection.api(&project.service.region);
        invocation.function = known(Session { api: &api, service: &project.service, report: &quiet }, key)?;
        invocation.tail = true;
        self.reduce(&mut project.service.config, key)?;
        let packages = project.package(&project::package_options(project, None, Some(key)))?;
        let template = project.compile(&packages)?;
        deploy::send(&connection, project, (&packages, &template), true, &quiet).await?;
        Ok(api.invoke(invocation).await.map_err(::deploy::problem::Errors::from)?)
    }

    /// Leaves the one function in the configuration, without its events.
    fn reduce(&self, config: &mut Value, key: &str) -> anyhow::Result<()> {
        let mut function = config["functions"][key].take();
        function["events"] = json!([]);
        if !self.variables.is_empty() && !function["environment"].is_object() {
            function["environment"] = json!({});
        }
        for variable in &self.variables {
            let Some((name, value)) = variable.split_once('=') else {
                bail!("`--env {variable}` has no value: write NAME=VALUE");
            };
            function["environment"][name] = json!(value);
        }
        let mut functions = Map::new();
        functions.insert(key.to_owned(), function);
        let all = config.as_object_mut().context("the configuration is no object")?;
        all.insert("functions".to_owned(), Value::Object(functions));
        all.insert("layers".to_owned(), all.get("layers").cloned().unwrap_or_else(|| json!({})));
        Ok(())
    }
}
