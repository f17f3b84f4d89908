//! `cloudlet exec`: a command with the environment that leads AWS SDKs and tools to the cloud.
//!
//! Programs in Node.js and Python reach it under AWS's own names too: see [`names`].

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use ::deploy::problem::Problem;
use anyhow::anyhow;
use clap::Args;

use super::Global;
use super::connect::{Connection, region};
use super::names;
use super::output::Output;
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
    pub(crate) fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        let environment = project::environment();
        let connection = Connection::from(global, &environment)?;
        let (program, arguments) = self.command.split_first().ok_or_else(|| anyhow!("no command"))?;
        let names = names::variables(&connection, &environment).unwrap_or_else(|error| {
            output.notice(&Problem::new(format!("names of AWS do not lead to this cloud: {error:#}")));
            Vec::new()
        });
        // A profile in the environment would win over the keys.
        let error = Command::new(program)
            .args(arguments)
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .envs(connection.variables(&region(global, &environment)))
            .envs(names)
            .exec();
        Err(NotRun::new(program, &error).into())
    }
}

/// A command that could not be run, with the status that a shell gives for it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct NotRun {
    text: String,
    /// 127 for a command that is not there, 126 for one that cannot be run (POSIX, shell command language, 2.8.2).
    pub(crate) status: u8,
}

impl NotRun {
    fn new(program: &OsStr, error: &std::io::Error) -> Self {
        let program = program.to_string_lossy();
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Self { text: format!("there is no command `{program}` on the PATH"), status: 127 }
            }
            _ => Self { text: format!("cannot run `{program}`: {error}"), status: 126 },
        }
    }
}
