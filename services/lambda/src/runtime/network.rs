//! What a function can reach: the host's network, this cloud alone, or nothing.
//!
//! The operator names the widest network (`--network`), and the tag `cloudlet:network` of a function one as wide or
//! narrower. A function that cannot have the host's network gets one of its own, with a loopback interface alone; the
//! sockets in it are the host's (see `jail::spec::Network`). In the network `platform` those are the cloud's own
//! address, the usual ports under which the names of AWS's services are asked, and a name server for those names.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use cloud::Network;
use cloud::sandbox::{Front, Guest};
use jail::spec::{self, Listen};
use tokio::task::JoinSet;

use super::launch::Launch;
use super::names;

/// The tag of a function that names its network.
pub(crate) const TAG: &str = "cloudlet:network";

/// Lambda's own address of the Runtime API, inside.
pub(crate) const RUNTIME_API: SocketAddr = inside(9001);
/// HTTP and HTTPS.
const WEB_PORTS: [u16; 2] = [80, 443];
const NAME_PORT: u16 = 53;

/// Pause after an accept that failed, when file descriptors run out for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const fn inside(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The network of a function with these tags, where `widest` is the operator's. An error says what is wrong.
pub(crate) fn of(tags: &BTreeMap<String, String>, widest: Network) -> Result<Network, String> {
    let Some(text) = tags.get(TAG) else { return Ok(widest) };
    let network: Network = text.parse().map_err(|error| format!("The tag {TAG} is not valid: {error}"))?;
    if network > widest {
        return Err(format!(
            "The tag {TAG} asks for the network `{}`, and functions of this cloud have at most `{}`",
            network.word(),
            widest.word()
        ));
    }
    Ok(network)
}

/// The network that the sandbox of a function is to have.
pub(crate) fn layout(launch: &Launch) -> spec::Network {
    if launch.network == Network::Host {
        return spec::Network::default();
    }
    let stream = |address| Listen { address, datagrams: false };
    let mut listen = Vec::new();
    if launch.needs_api() {
        listen.push(stream(RUNTIME_API));
    }
    if launch.network == Network::Platform {
        let own = port_of(&launch.endpoint);
        listen
            .extend(WEB_PORTS.into_iter().filter(|port| Some(*port) != own).map(|port| stream(inside(port))));
        listen.extend(own.map(|port| stream(inside(port))));
        listen.push(Listen { address: inside(NAME_PORT), datagrams: true });
    }
    spec::Network { own: true, listen, outlets: outlets(launch) }
}

/// How many connections to subscribers of telemetry the host can have at once: one for each API and each extension, and
/// as many for all internal ones together, which nobody knows before.
fn outlets(launch: &Launch) -> usize {
    const APIS: usize = 2;
    if launch.needs_api() { APIS * (launch.extensions.len() + 1) } else { 0 }
}

/// The files that differ in a network of the function's own: who answers names.
pub(crate) fn adapt(launch: &Launch, files: &mut spec::Files) {
    const RESOLVER: &str = "/etc/resolv.conf";
    if launch.network == Network::Platform {
        files.binds.retain(|bind| bind.target.as_os_str() != RESOLVER);
        files.texts.push((RESOLVER.into(), format!("nameserver {}\n", Ipv4Addr::LOCALHOST)));
    }
}

fn port_of(endpoint: &str) -> Option<u16> {
    let (_, port) = endpoint.rsplit_once(':')?;
    port.trim_end_matches('/').parse().ok()
}

/// The sockets of a function's own network, being answered. Dropped, the answers end.
#[derive(Debug, Default)]
pub(crate) struct Served {
    _answers: JoinSet<()>,
}

/// What came back of [`layout`].
pub(crate) struct Opened {
    /// The socket of the Runtime API.
    pub(crate) api: Option<tokio::net::TcpListener>,
    /// The sockets to subscribers of telemetry.
    pub(crate) outlets: Vec<OwnedFd>,
    /// The others.
    pub(crate) served: Served,
}

/// Answers what came back of [`layout`].
pub(crate) fn serve(
    launch: &Launch,
    sockets: Vec<OwnedFd>,
    front: Option<Arc<dyn Front>>,
    guest: &Arc<Guest>,
) -> std::io::Result<Opened> {
    let (mut api, mut served) = (None, JoinSet::new());
    let mut sockets = sockets.into_iter();
    for (wanted, socket) in layout(launch).listen.into_iter().zip(&mut sockets) {
        if wanted.datagrams {
            let socket = std::net::UdpSocket::from(socket);
            socket.set_nonblocking(true)?;
            served.spawn(names::answer(tokio::net::UdpSocket::from_std(socket)?));
            continue;
        }
        let listener = std::net::TcpListener::from(socket);
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        if wanted.address == RUNTIME_API && launch.needs_api() {
            api = Some(listener);
        } else if let Some(front) = &front {
            served.spawn(pass_on(listener, Arc::clone(front), Arc::clone(guest)));
        }
    }
    Ok(Opened { api, outlets: sockets.collect(), served: Served { _answers: served } })
}

async fn pass_on(listener: tokio::net::TcpListener, front: Arc<dyn Front>, guest: Arc<Guest>) {
    loop {
        match listener.accept().await.and_then(|(stream, _)| stream.into_std()) {
            Ok(stream) => front.serve(stream, Arc::clone(&guest)),
            Err(error) => {
                tracing::warn!(%error, "a connection of a function could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::tests::launch;

    #[test]
    fn a_function_may_ask_for_less() {
        let ask = |tag: &str, widest| of(&BTreeMap::from([(TAG.to_string(), tag.to_string())]), widest);
        assert_eq!(of(&BTreeMap::new(), Network::Platform), Ok(Network::Platform));
        assert_eq!(ask("none", Network::Host), Ok(Network::None));
        assert_eq!(ask("platform", Network::Platform), Ok(Network::Platform));
        assert!(ask("host", Network::Platform).unwrap_err().ends_with("have at most `platform`"));
        assert!(ask("lan", Network::Host).unwrap_err().contains("`lan` is no network"));
    }

    #[test]
    fn the_platform_is_reached_at_its_own_address_and_at_the_ports_of_the_web() {
        let ports = |network, runtime| {
            let mut launch = launch(runtime, "x");
            launch.network = network;
            let found = layout(&launch);
            (found.own, found.listen.iter().map(|one| one.address.port()).collect::<Vec<_>>())
        };
        assert_eq!(ports(Network::Host, "nodejs20.x"), (false, vec![]));
        assert_eq!(ports(Network::None, "nodejs20.x"), (true, vec![]));
        assert_eq!(ports(Network::None, "provided.al2023"), (true, vec![9001]));
        let mut launch = launch("nodejs20.x", "x");
        launch.network = Network::None;
        launch.extensions = vec!["agent".to_string()];
        assert_eq!((layout(&launch).listen[0].address.port(), layout(&launch).outlets), (9001, 4));
        assert_eq!(ports(Network::Platform, "nodejs20.x"), (true, vec![80, 443, 4566, 53]));
    }
}
