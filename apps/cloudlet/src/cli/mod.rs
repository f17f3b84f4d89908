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
use clap::{Args, Parser, Subcommand};
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
    let Arguments { global, command } = Arguments::parse_from(rewrite(std::env::args_os().collect()));
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

/// `deploy -f NAME` has always meant `deploy function -f NAME`.
fn rewrite(mut arguments: Vec<std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let text: Vec<&str> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    let first_option = text.iter().position(|argument| argument.starts_with('-')).unwrap_or(text.len());
    let names_function = text[first_option..].iter().any(|argument| {
        *argument == "-f" || *argument == "--function" || argument.starts_with("--function=")
    });
    if names_function && text[1..first_option] == ["deploy"] {
        arguments.insert(2, "function".into());
    }
    arguments
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
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn deploying_a_function_has_a_short_form() {
        let check = |line: &str, expected: &str| {
            let line = line.split(' ').map(Into::into).collect();
            let parts: Vec<String> =
                rewrite(line).into_iter().map(|part| part.into_string().unwrap()).collect();
            assert_eq!(parts.join(" "), expected);
        };
        check("cloudlet deploy -f hello", "cloudlet deploy function -f hello");
        check(
            "cloudlet deploy --stage x --function=hello",
            "cloudlet deploy function --stage x --function=hello",
        );
        check("cloudlet deploy --force", "cloudlet deploy --force");
        check("cloudlet logs -f hello", "cloudlet logs -f hello");
        check("cloudlet deploy function -f hello", "cloudlet deploy function -f hello");
    }
}
