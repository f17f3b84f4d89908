//! Running a cloud in this process: data folder, cloud, listener.

mod body;
mod folder;
mod listen;
mod noted;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use cloud::{Cloud, Config, IamMode};

use crate::services::SERVICES;

pub use folder::default_data;

/// What a cloud is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where data lives; none keeps everything in memory.
    pub data: Option<PathBuf>,
    /// The account of the well-known root.
    pub account: String,
    /// The region when a request names none.
    pub region: String,
    /// What happens when access is denied.
    pub iam: IamMode,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4566)),
            data: None,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            iam: IamMode::Enforce,
        }
    }
}

/// A cloud that runs.
#[derive(Debug)]
pub struct Running {
    cloud: Arc<Cloud>,
    address: SocketAddr,
    listener: listen::Listener,
    // Dropped, and with it removed, when the cloud stops.
    _scratch: Option<tempfile::TempDir>,
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

    /// Stops listening, finishes what runs, and stops.
    pub async fn stop(self) {
        self.listener.stop().await;
        self.cloud.stop().await;
    }
}

/// Starts a cloud and returns once it answers.
pub async fn start(options: Options) -> anyhow::Result<Running> {
    listen::raise_files_limit();
    let (scratch_guard, scratch) = folder::scratch(options.data.as_deref())?;
    let listener = listen::bind(options.listen)?;
    let address = listener.address();
    let config = Config {
        account: options.account,
        region: options.region,
        data: options.data.clone(),
        scratch,
        iam: options.iam,
        loopback: address.ip().is_loopback(),
    };
    let cloud = Cloud::open(config, SERVICES).await.with_context(|| match &options.data {
        Some(folder) => format!("cannot open the data folder `{}`", folder.display()),
        None => "cannot open a store in memory".to_owned(),
    })?;
    cloud.set_listening(address, false);
    cloud.start();
    let listener = listener.serve(cloud.clone());
    Ok(Running { cloud, address, listener, _scratch: scratch_guard })
}
