//! `cloudlet up`: the cloud alone.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use cloud::IamMode;

use crate::server::{self, Options};

/// Options of every command that starts a cloud.
#[derive(Args, Clone, Debug)]
pub(crate) struct Up {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4566", env = "CLOUDLET_LISTEN")]
    listen: SocketAddr,
    /// Folder for all data [default: the user's data folder].
    #[arg(long, value_name = "DIR", conflicts_with = "memory", env = "CLOUDLET_DATA")]
    data: Option<PathBuf>,
    /// Keep everything in memory: gone when the cloud stops.
    #[arg(long)]
    memory: bool,
    /// What happens when a policy denies a call.
    #[arg(long, value_enum, default_value_t = Iam::Enforce)]
    iam: Iam,
}

/// What happens when a policy denies a call.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Iam {
    /// The call fails, as on AWS.
    Enforce,
    /// The call goes on and the denial is logged.
    Audit,
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
        Ok(Options { listen: self.listen, data, iam, ..Options::default() })
    }

    /// Runs the cloud until it is told to stop.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let options = self.options()?;
        start_logging();
        let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
        runtime.block_on(async {
            let place = match &options.data {
                Some(folder) => format!("data in {}", folder.display()),
                None => "everything in memory".to_owned(),
            };
            let running = server::start(options).await?;
            anstream::println!("cloudlet is ready at {} ({place})", running.endpoint());
            stop_signal().await?;
            running.stop().await;
            Ok(())
        })
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

/// Sends log lines to standard error; `CLOUDLET_LOG` says which (`warn` by default).
pub(crate) fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CLOUDLET_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second subscriber in one process is refused; the first one stays, which is what tests want.
    let _already_set = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init()
        .is_err();
}
