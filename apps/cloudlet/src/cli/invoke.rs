//! `cloudlet invoke`.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use ::deploy::api::lambda::{Invocation, Invoked};
use ::deploy::steps::function::known;
use ::deploy::steps::{Session, unusable};
use anyhow::{Context, bail};
use bytes::Bytes;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::Global;
use super::connect::Connection;
use super::local::Local;
use super::logs::format_message;
use super::output::Output;
use super::project;

/// Calls a function.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Invoke {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    event: Event,
    /// Wait for the answer, or not.
    #[arg(long = "type", short = 't', value_enum, default_value_t = Kind::RequestResponse, value_name = "TYPE")]
    kind: Kind,
    /// Show the end of the log.
    #[arg(long, short = 'l')]
    log: bool,
    /// Version or alias.
    #[arg(long, short = 'q')]
    qualifier: Option<String>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Call a function of this folder in a cloud of its own, which is gone afterwards.
    Local(Local),
}

/// Which function is called with what.
#[derive(Args, Clone, Debug)]
pub(crate) struct Event {
    /// The function's key in the configuration.
    #[arg(long, short = 'f', value_name = "NAME", required = true)]
    pub(crate) function: Option<String>,
    /// The event.
    #[arg(long, short = 'd', value_name = "TEXT", conflicts_with = "path")]
    data: Option<String>,
    /// File with the event.
    #[arg(long, short = 'p', value_name = "FILE")]
    path: Option<PathBuf>,
    /// Pass the event on as a text even if it is JSON.
    #[arg(long)]
    raw: bool,
    /// The client context, as JSON.
    #[arg(long, value_name = "JSON", conflicts_with = "context_path")]
    context: Option<String>,
    /// File with the client context.
    #[arg(long, alias = "contextPath", value_name = "FILE")]
    context_path: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[value(name = "RequestResponse", alias = "request-response")]
    RequestResponse,
    #[value(name = "Event", alias = "event")]
    Event,
    #[value(name = "DryRun", alias = "dry-run")]
    DryRun,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
            Self::DryRun => "DryRun",
        }
    }
}

impl Invoke {
    pub(crate) async fn run(&self, global: &Global, output: &Output) -> anyhow::Result<()> {
        if let Some(Command::Local(local)) = &self.command {
            return local.run(global, output).await;
        }
        let connection = Connection::from(global, &project::environment())?;
        let project = project::open(global, &connection).await?;
        let api = connection.api(&project.service.region);
        let session = Session { api: &api, service: &project.service, report: output };
        let mut invocation = self.event.invocation()?;
        invocation.function = known(session, self.event.function.as_deref().unwrap_or_default())?;
        invocation.kind = self.kind.name().to_owned();
        invocation.tail = self.log && self.kind == Kind::RequestResponse;
        invocation.qualifier = self.qualifier.clone();
        let invoked = api.invoke(&invocation).await.map_err(unusable)?;
        show(output, &invoked)
    }
}

impl Event {
    /// The call, without the function's name outside.
    pub(crate) fn invocation(&self) -> anyhow::Result<Invocation> {
        let text = match (&self.data, &self.path) {
            (Some(data), _) => data.clone(),
            (None, Some(path)) => read(path)?,
            (None, None) => stdin()?,
        };
        // Like the framework: JSON is passed on as it is, any other text becomes a JSON string, nothing is `{}`.
        let event = match (text.trim().is_empty(), self.raw) {
            (true, _) => json!({}),
            (false, true) => Value::String(text),
            (false, false) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        };
        let context = match (&self.context, &self.context_path) {
            (Some(context), _) => Some(context.clone()),
            (None, Some(path)) => Some(read(path)?),
            (None, None) => None,
        };
        Ok(Invocation {
            kind: "RequestResponse".to_owned(),
            client_context: context.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
            payload: Bytes::from(event.to_string()),
            ..Invocation::default()
        })
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// What is piped into the command; a terminal is not waited for.
fn stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    if !std::io::stdin().is_terminal() {
        std::io::stdin().read_to_string(&mut text).context("cannot read the event from standard input")?;
    }
    Ok(text)
}

/// Shows what a function answered; an error of the function is an error of the command.
pub(crate) fn show(output: &Output, invoked: &Invoked) -> anyhow::Result<()> {
    if !invoked.payload.is_empty() {
        match serde_json::from_slice::<Value>(&invoked.payload) {
            Ok(value) => output.text(&format!("{value:#}")),
            Err(_) => output.text(&String::from_utf8_lossy(&invoked.payload)),
        }
    }
    if let Some(log) = &invoked.log {
        output.line("--------------------------------------------------------------------");
        log.lines()
            .filter(|line| !line.starts_with("END"))
            .for_each(|line| output.line(&format_message(line)));
    }
    match &invoked.function_error {
        Some(_) => bail!("Invoked function failed"),
        None => Ok(()),
    }
}
