//! `cloudlet exec`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::anyhow;
use clap::Args;

use super::Global;
use super::connect::Connection;
use super::project;

/// Runs a command with the environment of the cloud.
#[derive(Args, Clone, Debug)]
pub(crate) struct Exec {
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Exec {
    /// Becomes the command; returns only when that is not possible.
    pub(crate) fn run(&self, global: &Global) -> anyhow::Result<()> {
        let environment = project::environment();
        let connection = Connection::from(global, &environment)?;
        let region = global
            .region
            .clone()
            .or_else(|| environment.get("AWS_REGION").cloned())
            .or_else(|| environment.get("AWS_DEFAULT_REGION").cloned())
            .unwrap_or_else(|| "us-east-1".to_owned());
        let (program, arguments) = self.command.split_first().ok_or_else(|| anyhow!("no command"))?;
        // A profile in the environment would win over the keys.
        let error = Command::new(program)
            .args(arguments)
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .envs(connection.variables(&region))
            .exec();
        Err(anyhow!("cannot run {}: {error}", program.to_string_lossy()))
    }
}
