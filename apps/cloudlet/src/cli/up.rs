//! `cloudlet up`: the cloud alone.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use cloud::{IamMode, Network, Sandbox, SandboxMode};
use owo_colors::OwoColorize;

use crate::server::{self, Database, Options, Running};

/// Options of every command that starts a cloud.
#[derive(Args, Clone, Debug)]
pub(crate) struct Up {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(
        long,
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:4566",
        env = "CLOUDLET_LISTEN",
        value_parser = address
    )]
    listen: SocketAddr,
    /// Folder for all data [default: the user's data folder].
    #[arg(long, value_name = "DIR", conflicts_with = "memory", env = "CLOUDLET_DATA")]
    data: Option<PathBuf>,
    /// A PostgreSQL database for all state, which several nodes may share: `postgres://user@host/database`.
    ///
    /// A password can stand in PGPASSWORD instead.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "memory",
        env = "CLOUDLET_STORE",
        hide_env_values = true
    )]
    store: Option<Database>,
    /// With `--store`, where large values live: a folder that all nodes share, or `s3://bucket/prefix`
    /// [default: in the data folder].
    #[arg(long, value_name = "PLACE", requires = "store", env = "CLOUDLET_BLOBS")]
    blobs: Option<String>,
    /// Keep everything in memory: gone when the cloud stops.
    #[arg(long)]
    memory: bool,
    /// What happens when a policy denies a call.
    #[arg(long, value_enum, default_value_t = Iam::Enforce)]
    iam: Iam,
    /// What happens where this machine does not allow a layer of the functions' sandbox.
    #[arg(long, value_enum, default_value_t = Layers::Degrade, env = "CLOUDLET_SANDBOX")]
    sandbox: Layers,
    /// The widest network that functions may have; the tag `cloudlet:network` of a function narrows its own.
    #[arg(long, value_enum, default_value_t = Reach::Host, env = "CLOUDLET_NETWORK")]
    network: Reach,
}

/// What happens when a policy denies a call.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Iam {
    /// The call fails, as on AWS.
    Enforce,
    /// The call goes on and the denial is logged, unless nobody has signed it.
    Audit,
}

/// What happens where this machine does not allow a layer of the sandbox.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Layers {
    /// The cloud does not start.
    Require,
    /// The other layers hold, and a line says what is missing.
    Degrade,
    /// Functions have limits and a clean environment only.
    Off,
}

/// What functions can reach.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reach {
    /// Nothing but themselves.
    None,
    /// This cloud alone, also under the names of AWS's services.
    Platform,
    /// What a program of this machine reaches.
    Host,
}

/// An address; `localhost` is taken for IPv4 loopback, which brings IPv6 loopback with it.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let found =
        text.to_socket_addrs().map_err(|_| "write it as HOST:PORT, such as 127.0.0.1:4566".to_owned())?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| "no address has this name".to_owned())
}

impl Up {
    /// What to start the cloud with.
    pub(crate) fn options(&self) -> anyhow::Result<Options> {
        let data = match (&self.data, self.memory) {
            (Some(folder), _) => Some(folder.clone()),
            (None, true) => None,
            (None, false) => Some(server::default_data()?),
        };
        let iam = match self.iam {
            Iam::Enforce => IamMode::Enforce,
            Iam::Audit => IamMode::Audit,
        };
        let mode = match self.sandbox {
            Layers::Require => SandboxMode::Require,
            Layers::Degrade => SandboxMode::Degrade,
            Layers::Off => SandboxMode::Off,
        };
        let network = match self.network {
            Reach::None => Network::None,
            Reach::Platform => Network::Platform,
            Reach::Host => Network::Host,
        };
        let sandbox = Sandbox { mode, network };
        let (database, blobs) = (self.store.clone(), self.blobs.clone());
        Ok(Options { listen: self.listen, data, database, blobs, iam, sandbox, ..Options::default() })
    }

    /// Runs the cloud until it is told to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let options = self.options()?;
        start_logging();
        super::async_runtime()?.block_on(async {
            let place = options.place()?;
            let running = server::start(options).await?;
            tell_notices(&running);
            anstream::println!("cloudlet is ready at {} ({place})", running.endpoint());
            stop_signal().await?;
            running.stop().await;
            Ok(())
        })
    }
}

/// Says what the operator should know before anything else is said.
pub(crate) fn tell_notices(running: &Running) {
    for notice in running.notices() {
        anstream::eprintln!("{} {notice}", "notice:".yellow());
    }
}

/// Returns once the process is asked to stop.
pub(crate) async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.context("cannot listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}

/// Says which log lines are shown: `info`, `lambda=debug`.
const LOG_VARIABLE: &str = "CLOUDLET_LOG";

/// Sends log lines to standard error: warnings and worse, or what the environment says.
pub(crate) fn start_logging() {
    let wanted = std::env::var(LOG_VARIABLE).unwrap_or_default();
    let default = tracing_subscriber::EnvFilter::new("warn");
    let filter = match wanted.as_str() {
        "" => default,
        wanted => tracing_subscriber::EnvFilter::try_new(wanted).unwrap_or_else(|error| {
            anstream::eprintln!("{} {LOG_VARIABLE} is not used: {error}", "notice:".yellow());
            default
        }),
    };
    // A second subscriber in one process is refused; the first one stays, which is what tests want.
    let _already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init()
        .is_err();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_have_the_name_of_this_machine() {
        let loopback: SocketAddr = "127.0.0.1:4566".parse().unwrap();
        assert_eq!(address("127.0.0.1:4566").unwrap(), loopback);
        assert_eq!(address("localhost:4566").unwrap(), loopback);
        assert_eq!(address("[::1]:1").unwrap(), "[::1]:1".parse().unwrap());
        for wrong in ["4566", "localhost", "localhost:", "localhost:70000"] {
            assert!(address(wrong).unwrap_err().contains("HOST:PORT"), "{wrong}");
        }
    }
}
