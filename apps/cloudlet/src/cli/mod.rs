//! The command line.
//!
//! One file for each command; `connect` knows the endpoint and the keys, `project` opens the project in this folder,
//! `output` says what happens.

mod completions;
mod connect;
mod deploy;
mod dev;
mod doctor;
mod exec;
mod function;
mod inbox;
mod info;
mod inspect;
mod invoke;
mod local;
mod logs;
mod names;
mod output;
mod package;
mod print;
mod project;
mod remove;
mod tail;
mod up;
mod watch;

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};
use tokio::runtime::Runtime;

use self::output::Output;

/// A serverless cloud that you run yourself: the real AWS wire APIs, no Docker, no account.
#[derive(Debug, Parser)]
#[command(name = "cloudlet", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Global {
    /// Stage of the service [default: `provider.stage`, or dev].
    #[arg(long, short = 's', global = true, value_name = "NAME", help_heading = "Global options")]
    stage: Option<String>,
    /// Region of the service [default: `provider.region`, or us-east-1].
    #[arg(long, short = 'r', global = true, value_name = "NAME", help_heading = "Global options")]
    region: Option<String>,
    /// A value for `${param:KEY}`; may be given several times.
    #[arg(long = "param", global = true, value_name = "KEY=VALUE", help_heading = "Global options")]
    params: Vec<String>,
    /// Configuration file in this folder [default: serverless.yml and its kin].
    #[arg(long, short = 'c', global = true, value_name = "FILE", help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Address of the cloud, or `aws` for AWS itself [default: AWS_ENDPOINT_URL, or http://127.0.0.1:4566].
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    endpoint: Option<String>,
    /// Profile in ~/.aws/credentials whose keys are used.
    #[arg(long, alias = "aws-profile", global = true, value_name = "NAME", help_heading = "Global options")]
    profile: Option<String>,
    /// Say more: every event of the stack, every output.
    #[arg(long, short = 'v', global = true, help_heading = "Global options")]
    verbose: bool,
    /// Print the result as JSON.
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the cloud, deploy the project in this folder, and again whenever a file changes.
    Dev(dev::Dev),
    /// Run the cloud.
    #[command(visible_alias = "serve")]
    Up(up::Up),
    /// Deploy the project in this folder to a cloud that runs.
    Deploy(deploy::Deploy),
    /// Remove a deployed service.
    Remove,
    /// Show what a deployed service consists of and where it answers.
    Info(info::Show),
    /// Make the packages and the CloudFormation template, without deploying them.
    Package(package::Package),
    /// Print the configuration with all variables resolved.
    Print(print::Print),
    /// Call a function.
    Invoke(invoke::Invoke),
    /// Show the mails and text messages that the cloud would have sent to people.
    Inbox,
    /// Show the log of a function.
    Logs(logs::Logs),
    /// Show messages of a queue, a topic, a bus or a stream as they come.
    Tail(tail::Tail),
    /// Run a command with the environment that leads AWS SDKs and tools to the cloud.
    Exec(exec::Exec),
    /// Check what this machine can do.
    Doctor,
    /// Print a completion script for a shell.
    Completions(completions::Completions),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    if let Some(name) = global.given().find(|name| meaningless(&command).contains(name)) {
        let text = format!("`{name}` means nothing to this command");
        Arguments::command().error(ErrorKind::ArgumentConflict, text).exit();
    }
    let output = Output::new(global.json, global.verbose);
    let result = match command {
        Command::Up(up) => up.run(),
        Command::Exec(exec) => exec.run(&global, &output),
        Command::Completions(completions) => completions.run(),
        Command::Print(print) => block_on(print.run(&global, &output)),
        Command::Dev(dev) => block_on(dev.run(&global, &output)),
        Command::Deploy(deploy) => block_on(deploy.run(&global, &output)),
        Command::Remove => block_on(remove::run(&global, &output)),
        Command::Info(show) => block_on(info::run(&show, &global, &output)),
        Command::Package(package) => block_on(package.run(&global, &output)),
        Command::Invoke(invoke) => block_on(invoke.run(&global, &output)),
        Command::Inbox => block_on(inbox::run(&global, &output)),
        Command::Logs(logs) => block_on(logs.run(&global, &output)),
        Command::Tail(tail) => block_on(tail.run(&global, &output)),
        Command::Doctor => block_on(doctor::run(&global, &output)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            error
                .downcast_ref::<exec::NotRun>()
                .map_or(ExitCode::FAILURE, |not_run| ExitCode::from(not_run.status))
        }
    }
}

/// The global options that mean nothing to a command: who gives one expects something of it.
fn meaningless(command: &Command) -> &'static [&'static str] {
    match command {
        Command::Up(_) => {
            &["--stage", "--region", "--param", "--config", "--endpoint", "--profile", "--json"]
        }
        Command::Dev(_) => &["--endpoint"],
        Command::Inbox | Command::Tail(_) | Command::Exec(_) | Command::Doctor => {
            &["--stage", "--param", "--config"]
        }
        _ => &[],
    }
}

impl Global {
    /// The names of those options that were given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            ("--stage", self.stage.is_some()),
            ("--region", self.region.is_some()),
            ("--param", !self.params.is_empty()),
            ("--config", self.config.is_some()),
            ("--endpoint", self.endpoint.is_some()),
            ("--profile", self.profile.is_some()),
            ("--json", self.json),
        ];
        all.into_iter().filter_map(|(name, is_given)| is_given.then_some(name))
    }
}

/// The runtime of everything that is not written for one thread: a worker thread fewer than there are processors, since
/// functions, clients and the thread that writes to the store want to run as well. On two processors that is a fifth less
/// processor time for a request through a gateway (`docs/performance.md`). `TOKIO_WORKER_THREADS` sets another number.
fn async_runtime() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        builder.worker_threads(processors.saturating_sub(1).max(1));
    }
    builder.enable_all().build().context("cannot start the async runtime")
}

fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = async_runtime()?;
    let result = runtime.block_on(work);
    // Reads of a terminal cannot be cancelled; they must not hold the process back.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn deploying_a_function_has_a_short_form() {
        for line in [
            "cloudlet deploy -f hello",
            "cloudlet deploy -fhello --force",
            "cloudlet --stage x deploy --function=hello",
        ] {
            let command = Arguments::try_parse_from(line.split(' ')).unwrap().command;
            assert!(matches!(command, Command::Deploy(deploy) if deploy.function().is_some()), "{line}");
        }
        let command = Arguments::try_parse_from(["cloudlet", "deploy", "--force"]).unwrap().command;
        assert!(matches!(command, Command::Deploy(deploy) if deploy.function().is_none()));
        assert!(Arguments::try_parse_from(["cloudlet", "deploy", "-u"]).is_err());
        assert!(Arguments::try_parse_from(["cloudlet", "deploy", "-f", "x", "function", "-f", "x"]).is_err());
    }

    /// `cloudlet dev --endpoint URL` deployed to a cloud of its own.
    #[test]
    fn an_option_without_a_meaning_is_noticed() {
        let check = |line: &str, expected: Option<&str>| {
            let Arguments { global, command } = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(global.given().find(|name| meaningless(&command).contains(name)), expected, "{line}");
        };
        check("cloudlet dev --endpoint http://127.0.0.1:1", Some("--endpoint"));
        check("cloudlet dev --stage prod", None);
        check("cloudlet up --region eu-west-1", Some("--region"));
        check("cloudlet --stage prod exec -- env", Some("--stage"));
        check("cloudlet exec --endpoint http://127.0.0.1:1 -- env --stage", None);
        check("cloudlet deploy --stage prod --endpoint http://127.0.0.1:1 --json", None);
    }
}
