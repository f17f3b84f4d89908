//! Running a cloud in this process: data folder, cloud, listener.

mod body;
mod database;
mod folder;
mod listen;
mod noted;
mod tls;

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use cloud::clock::SystemClock;
use cloud::{Cloud, Config, IamMode, Sandbox};

use crate::services::SERVICES;

pub use database::Database;
pub use folder::default_data;

/// What a cloud is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where data lives; none keeps everything in memory.
    pub data: Option<PathBuf>,
    /// The database with the store; none keeps it in the data folder.
    pub database: Option<Database>,
    /// Where large values live: a folder or `s3://bucket/prefix`; none keeps them in the data folder.
    pub blobs: Option<String>,
    /// The account of the well-known root.
    pub account: String,
    /// The region when a request names none.
    pub region: String,
    /// What happens when access is denied.
    pub iam: IamMode,
    /// How functions are kept.
    pub sandbox: Sandbox,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4566)),
            data: None,
            database: None,
            blobs: None,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            iam: IamMode::Enforce,
            sandbox: Sandbox::default(),
        }
    }
}

impl Options {
    /// Where the state is, for people.
    pub fn place(&self) -> anyhow::Result<String> {
        Ok(match (&self.database, &self.data) {
            (Some(database), _) => format!("data in the database {}", database.shown()?),
            (None, Some(folder)) => format!("data in {}", folder.display()),
            (None, None) => "everything in memory".to_owned(),
        })
    }
}

/// A cloud that runs.
#[derive(Debug)]
pub struct Running {
    cloud: Arc<Cloud>,
    address: SocketAddr,
    listener: listen::Listener,
    notices: Vec<String>,
    // Dropped, and with it removed, when the cloud stops.
    _scratch: Option<tempfile::TempDir>,
    // Held as long as the node runs.
    _lock: Option<File>,
}

impl Running {
    /// The cloud.
    pub fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL for clients.
    pub fn endpoint(&self) -> &str {
        self.cloud.endpoint()
    }

    /// What the operator should know, one line each: layers of the sandbox that this machine does not allow.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Stops listening, finishes what runs, and stops.
    pub async fn stop(self) {
        self.listener.stop().await;
        self.cloud.stop().await;
        if let Err(error) = self.cloud.store().close().await {
            tracing::warn!(%error, "the store did not close as it should");
        }
    }
}

/// Starts a cloud and returns once it answers.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    listen::raise_files_limit();
    let (scratch_guard, scratch) = folder::scratch(options.data.as_deref())?;
    let listener = listen::bind(options.listen)?;
    let search = lambda::Search::begin(options.sandbox);
    let address = listener.address();
    let config = Config {
        account: options.account,
        region: options.region,
        data: options.data.clone(),
        scratch,
        iam: options.iam,
        loopback: address.ip().is_loopback(),
        sandbox: options.sandbox,
    };
    let mut lock = None;
    let cloud = match (&options.database, &options.data) {
        (Some(database), Some(folder)) => {
            lock = Some(database::lock(folder)?);
            let blobs = options.blobs.clone().unwrap_or_else(|| folder.join("blobs").display().to_string());
            let parts = database::open(database, &blobs).await?;
            Cloud::assemble(config, SERVICES, parts).await.context("cannot start on the database")?
        }
        (None, Some(folder)) => Cloud::open(config, SERVICES)
            .await
            .with_context(|| format!("cannot open the data folder `{}`", folder.display()))?,
        (_, None) => Cloud::open(config, SERVICES).await.context("cannot open a store in memory")?,
    };
    cloud.set_listening(address, false);
    let authority =
        tls::Authority::new(folder::kept(cloud.config()).join("tls"), Arc::new(SystemClock::default()));
    cloud.hooks().set_authority(authority.clone());
    let acceptor = authority.acceptor()?;
    let notices = search.end(&cloud).await.map_err(|failure| anyhow::anyhow!("{}", failure.message()))?;
    cloud.start();
    let listener = listener.serve(&cloud, acceptor);
    Ok(Running { cloud, address, listener, notices, _scratch: scratch_guard, _lock: lock })
}
