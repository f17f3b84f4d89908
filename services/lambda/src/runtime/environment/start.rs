//! The start of an environment: a process of its own, or one that waited.

use std::io;
use std::sync::Arc;

use cloud::Network;

use super::beside::Beside;
use super::{Environment, Lane};
use crate::runtime::ahead::Taken;
use crate::runtime::ahead::waiting::connect;
use crate::runtime::api::Api;
use crate::runtime::interpreters::Wanted;
use crate::runtime::launch::{Credentials, Host, Launch};
use crate::runtime::network::{self, Opened};
use crate::runtime::pipes::Pipes;
use crate::runtime::variables;

/// Starts the sandbox and connects everything to it: that of a process that has waited, if there is one and `ahead` says
/// so.
pub(super) async fn spawn(
    launch: Arc<Launch>,
    host: Arc<Host>,
    log_stream: Arc<str>,
    ahead: bool,
) -> io::Result<Environment> {
    let credentials = host.backend.credentials(&launch).await;
    if ahead && let Some(taken) = host.ahead.take(&launch, &host).await {
        match assigned(taken, &launch, &host, &log_stream, credentials.as_ref()) {
            Ok(environment) => return Ok(environment),
            Err(error) => not_used("assign", &error.to_string()),
        }
    }
    fresh(launch, host, log_stream, credentials.as_ref()).await
}

/// A process that waited is of no use; another one is started.
pub(super) fn not_used(step: &str, error: &str) {
    #[cfg(test)]
    panic!("a process that waited could not be used: {step}: {error}");
    #[cfg(not(test))]
    tracing::warn!(step, error, "a process that waited could not be used; another one is started");
}

/// A process started for the function alone.
async fn fresh(
    launch: Arc<Launch>,
    host: Arc<Host>,
    log_stream: Arc<str>,
    credentials: Option<&Credentials>,
) -> io::Result<Environment> {
    let scratch = match host.jail.has_private_files() {
        true => None,
        false => Some(tempfile::TempDir::new_in(&host.scratch)?),
    };
    let scratch_path = scratch.as_ref().map(|folder| folder.path().to_path_buf());
    let seen = launch.seen(&host, scratch_path.as_deref());
    let mut beside = launch.needs_api().then(|| Beside::new(&launch, &host)).transpose()?.map(Box::new);
    let shared = beside.as_ref().map(|beside| beside.shared());
    let (lane, mut files, address) = match launch.wanted {
        Wanted::Managed(..) => {
            let (pipes, files) = Pipes::new()?;
            let address = match &mut beside {
                Some(_) if launch.network != Network::Host => Some(network::RUNTIME_API.to_string()),
                Some(beside) => Some(beside.listen().await?),
                None => None,
            };
            (Some(Lane::Pipes(pipes)), files, address)
        }
        Wanted::Provided if launch.network == Network::Host => {
            let api = Api::listen(shared.clone()).await?;
            let address = api.address.to_string();
            (Some(Lane::Api(api)), Vec::new(), Some(address))
        }
        Wanted::Provided => (None, Vec::new(), Some(network::RUNTIME_API.to_string())),
    };
    if let Some(beside) = &mut beside {
        files.extend(beside.files()?);
    }
    let env = variables::build(&launch, &seen, credentials, &log_stream, address.as_deref());
    let spec = launch.spec(&host, &seen, env, scratch_path);
    let (inner, limits, guest) = (Arc::clone(&host), launch.group(), launch.guest());
    let entering = Arc::clone(&guest);
    let spawned = tokio::task::spawn_blocking(move || {
        let mut stay = None;
        let enter = |helper, user| stay = Some(inner.guests.enter(helper, user, entering));
        inner.jail.spawn_announced(spec, &files, &limits, enter).map(|child| (child, stay))
    });
    let (mut child, stay) = spawned.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
    let sockets = std::mem::take(&mut child.sockets);
    let Opened { api, outlets, served } = network::serve(&launch, sockets, host.backend.front(), &guest)?;
    if let (Some(shared), Network::None | Network::Platform) = (&shared, launch.network) {
        shared.reach_through(outlets);
    }
    // Without a network inside there is no listener, and the helper tells why the start failed.
    let lane = match (lane, api, &mut beside) {
        (Some(lane), Some(listener), Some(beside)) => {
            beside.open(Api::inside(listener, shared));
            lane
        }
        (Some(lane), ..) => lane,
        (None, Some(listener), _) => Lane::Api(Api::inside(listener, shared)),
        (None, None, _) => Lane::Api(Api::listen(shared).await?),
    };
    let (stdout, stderr, helper) = connect(&mut child)?;
    let mut environment = Environment::of(launch, host, log_stream, lane, child, helper, (stdout, stderr));
    environment.beside = beside;
    (environment.stay, environment.served, environment.scratch) = (stay, served, scratch);
    Ok(environment)
}

/// Makes a process that waited the function's own.
fn assigned(
    taken: Taken,
    launch: &Arc<Launch>,
    host: &Arc<Host>,
    log_stream: &Arc<str>,
    credentials: Option<&Credentials>,
) -> io::Result<Environment> {
    let Taken { waiting, order } = taken;
    // Before any code of the function is there.
    let stay = host.guests.enter(waiting.child.helper_pid(), waiting.child.user(), launch.guest());
    waiting.assign(&order, launch)?;
    let seen = launch.seen(host, None);
    let variables = variables::build(launch, &seen, credentials, log_stream, None);
    let (lane, outputs) = (Lane::Pipes(waiting.pipes), (waiting.stdout, waiting.stderr));
    let (launch, host, log_stream) = (Arc::clone(launch), Arc::clone(host), Arc::clone(log_stream));
    let mut environment =
        Environment::of(launch, host, log_stream, lane, waiting.child, waiting.helper, outputs);
    environment.init = waiting.init;
    environment.late_variables = Some(variables);
    environment.stay = Some(stay);
    Ok(environment)
}

/// `2026/01/31/[$LATEST]` and 32 random digits, as Lambda names its streams.
pub(super) fn stream_name(launch: &Launch, host: &Host) -> Arc<str> {
    let date = crate::time::iso_millis(host.backend.now_millis())[..10].replace('-', "/");
    format!("{date}/[{}]{}", launch.version, host.backend.random_hex(32)).into()
}
