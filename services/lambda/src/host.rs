//! What all functions of a cloud share on this machine: the sandbox, the runtimes, scratch folders.

use std::path::PathBuf;
use std::sync::Arc;

use cloud::sandbox::{Sandbox, SandboxMode};
use cloud::{Cloud, Failure, Network, aws_names};
use jail::host::{Jail, Mode};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::runner::Runner;
use crate::runtime::ahead::Ahead;
use crate::runtime::compiled::Compiled;
use crate::runtime::guests::Guests;
use crate::runtime::image::Image;
use crate::runtime::interpreters::{self, Interpreter, Language, Wanted};
use crate::runtime::launch::{Backend, Debugging, Host, Launch};
use crate::runtime::sdk;

/// Helpers that wait in control groups: as many starts as are likely to come at once.
const SPARES: usize = 2;

/// Finds out what this machine allows. That takes some ten milliseconds, mostly of waiting, so it is begun before
/// anything else starts.
#[derive(Debug)]
pub struct Search(JoinHandle<Result<Jail, Failure>>);

impl Search {
    /// Begins. A runtime of tokio must be there.
    pub fn begin(sandbox: Sandbox) -> Self {
        Self(tokio::task::spawn_blocking(move || search(sandbox)))
    }

    /// Gives what was found to the functions of a cloud. The lines say what is missing, one for each layer.
    ///
    /// # Errors
    /// A layer is missing, and the operator does not want to go on without it.
    pub async fn end(self, cloud: &Arc<Cloud>) -> Result<Vec<String>, Failure> {
        let jail = self.0.await.map_err(Failure::internal)??;
        let host = Runner::of_cloud(cloud).host_with(Some(jail)).await?;
        Ok(host.jail.missing().iter().map(ToString::to_string).collect())
    }
}

fn search(sandbox: Sandbox) -> Result<Jail, Failure> {
    let mode = match sandbox.mode {
        SandboxMode::Require => Mode::Require,
        SandboxMode::Degrade => Mode::Degrade,
        SandboxMode::Off => Mode::Off,
    };
    Jail::probe(mode).map_err(|error| refused(&error.to_string()))
}

/// Blocks; for some ten milliseconds where it must find out what this machine allows.
pub(crate) fn make(
    sandbox: Sandbox,
    folder: &std::path::Path,
    jail: Option<Jail>,
    backend: Arc<dyn Backend>,
    guests: Arc<Guests>,
) -> Result<Host, Failure> {
    let mut jail = jail.map_or_else(|| search(sandbox), Ok)?;
    let wants_own = sandbox.network < Network::Host;
    if wants_own && !jail.has_networks() {
        let network = sandbox.network.word();
        return Err(refused(&format!("this machine cannot give functions the network `{network}`")));
    }
    jail.keep_spares(SPARES);
    let scratch: PathBuf = folder.join("tmp");
    std::fs::create_dir_all(&scratch).map_err(Failure::internal)?;
    let image = Image::write(&folder.join("runtime")).map_err(Failure::internal)?;
    let compiled = Compiled::new(folder.join("compiled"));
    let (ahead, names) = (Ahead::default(), OnceCell::new());
    Ok(Host { jail, image, backend, scratch, guests, ahead, compiled, names })
}

/// Tells functions where names of AWS lead, before the first of them starts.
pub(crate) async fn tell_names(cloud: &Arc<Cloud>, host: &Arc<Host>) -> Result<(), Failure> {
    let tell = async {
        let (cloud, host) = (Arc::clone(cloud), Arc::clone(host));
        let told = tokio::task::spawn_blocking(move || match aws_names::guide(&cloud)? {
            Some(names) => host.image.write_names(&names).map_err(Failure::internal),
            None => Ok(()),
        });
        told.await.map_err(Failure::internal)?
    };
    host.names.get_or_try_init(|| tell).await.copied()
}

/// What a developer wants to see of a function. A debugger reaches Node.js alone, and in the host's network.
pub(crate) fn debugging(cloud: &Cloud, function: &str, wanted: Wanted, network: Network) -> Debugging {
    let asked = cloud.hooks().debugging();
    let is_node = matches!(wanted, Wanted::Managed(Language::Node, _));
    Debugging {
        source_maps: is_node && asked.follows_source_maps(),
        inspector: is_node && network == Network::Host && asked.is_inspected(function),
    }
}

/// Refuses a function whose network this machine does not allow.
pub(crate) fn check_network(launch: &Launch, host: &Host) -> Result<(), Error> {
    if launch.network == Network::Host || host.jail.has_networks() {
        return Ok(());
    }
    let word = launch.network.word();
    Err(refused(&format!("this machine cannot give functions the network `{word}`")).into())
}

fn refused(why: &str) -> Failure {
    Failure::new("ServiceException", 500, format!("Functions cannot run: {why}"))
}

/// The interpreter of a managed runtime. Asked first, it runs each interpreter of this machine once.
pub(crate) async fn interpreter(runtime: &str, wanted: Wanted) -> Result<Option<Interpreter>, Error> {
    let Wanted::Managed(language, version) = wanted else { return Ok(None) };
    let chosen = if interpreters::are_known(language) {
        interpreters::choose(runtime, language, version)
    } else {
        let name = runtime.to_string();
        let chosen = tokio::task::spawn_blocking(move || interpreters::choose(&name, language, version));
        chosen.await.map_err(Failure::internal)?
    };
    let (interpreter, notice) = chosen.map_err(Error::InvalidParameterValue)?;
    if let Some(notice) = notice {
        tracing::info!("{notice}");
    }
    Ok(Some(interpreter))
}

/// The SDK that the runtime supplies. Without it the function still runs, and says itself what it misses.
pub(crate) async fn install_sdk(
    interpreter: Interpreter,
    language: Language,
    packages: std::collections::BTreeSet<String>,
) -> Option<std::path::PathBuf> {
    let install = tokio::task::spawn_blocking(move || {
        sdk::install(&sdk::cache_folder(), &interpreter, language, &packages)
    });
    match install.await {
        Ok(Ok(folder)) => Some(folder),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the AWS SDK that the runtime supplies could not be installed; a function that needs it will fail");
            None
        }
        Err(error) => {
            tracing::error!(%error, "the installation of the AWS SDK broke off");
            None
        }
    }
}
