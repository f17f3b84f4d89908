//! How functions are kept: what the operator chose, and who of those that connect is a function.
//!
//! The cloud does not run functions itself. The service that does registers a [`Guests`] here, so that access
//! decisions know a connection of a function from one of a program of this machine; the listener registers a
//! [`Front`], so that connections from the networks of functions are served like all others.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::Failure;
use crate::debugging::Debugging;

/// What the operator chose for functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sandbox {
    /// What happens where this machine does not allow a layer of the sandbox.
    pub mode: SandboxMode,
    /// The widest network that a function may have.
    pub network: Network,
}

/// What happens where this machine does not allow a layer of the sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SandboxMode {
    /// No function runs, and the cloud does not start.
    Require,
    /// The others hold, and a line at the start says what is missing.
    #[default]
    Degrade,
    /// Limits and a clean environment only.
    Off,
}

/// What a function can reach. The order is from narrow to wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Network {
    /// Nothing but itself.
    None,
    /// This cloud, under its own address and under the names of AWS's services.
    Platform,
    /// What a program of this machine reaches.
    #[default]
    Host,
}

impl Network {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Platform => "platform",
            Self::Host => "host",
        }
    }
}

impl FromStr for Network {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::None, Self::Platform, Self::Host]
            .into_iter()
            .find(|network| network.word() == text)
            .ok_or_else(|| format!("`{text}` is no network of functions: use none, platform or host"))
    }
}

/// A function that runs in a sandbox.
#[derive(Debug, PartialEq, Eq)]
pub struct Guest {
    /// The function's name.
    pub function: String,
    /// The ARN of its execution role.
    pub role: String,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A program of this machine, or of another one.
    Outside,
    /// A function.
    Guest(Arc<Guest>),
    /// Functions run, and nobody else could be found at the other end.
    Unknown,
}

/// Knows the functions that run now.
#[async_trait]
pub trait Guests: Send + Sync {
    /// Who holds the socket at `peer` that is connected to `local`.
    async fn who(&self, peer: SocketAddr, local: SocketAddr) -> Who;
}

/// Serves connections that were accepted elsewhere: in the networks of functions.
pub trait Front: Send + Sync {
    /// Serves one connection in the background. It comes from `guest`.
    fn serve(&self, stream: std::net::TcpStream, guest: Arc<Guest>);
}

/// A connection, as the listener knows it: an extension of every request that comes over it.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Ends>);

#[derive(Debug)]
struct Ends {
    /// Both addresses; none for a connection from a function's own network.
    addresses: Option<(SocketAddr, SocketAddr)>,
    /// Asked once, when a request first needs to know.
    who: OnceCell<Who>,
}

impl Connection {
    /// A connection to a socket of this machine.
    pub fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        Self(Arc::new(Ends { addresses: Some((peer, local)), who: OnceCell::new() }))
    }

    /// A connection from a function's own network.
    pub fn of_guest(guest: Arc<Guest>) -> Self {
        Self(Arc::new(Ends { addresses: None, who: OnceCell::from(Who::Guest(guest)) }))
    }

    /// Who is at its other end.
    pub async fn who(&self, hooks: &Hooks) -> Who {
        let ask = async {
            match (self.0.addresses, hooks.guests.get()) {
                (Some((peer, local)), Some(guests)) => guests.who(peer, local).await,
                _ => Who::Outside,
            }
        };
        self.0.who.get_or_init(|| ask).await.clone()
    }
}

/// Who signs the listener's own certificates.
pub trait Authority: Send + Sync {
    /// Its certificate in PEM, made when it is first asked for.
    fn pem(&self) -> Result<Arc<str>, Failure>;
}

/// What others registered.
#[derive(Default)]
pub struct Hooks {
    guests: OnceLock<Arc<dyn Guests>>,
    front: OnceLock<Arc<dyn Front>>,
    authority: OnceLock<Arc<dyn Authority>>,
    debugging: Debugging,
}

impl Hooks {
    /// What a developer wants to see of functions.
    pub fn debugging(&self) -> &Debugging {
        &self.debugging
    }

    /// Registers who knows the functions that run. The first one stays.
    pub fn set_guests(&self, guests: Arc<dyn Guests>) {
        if self.guests.set(guests).is_err() {
            tracing::warn!("a second service runs functions; connections of its functions are not known");
        }
    }

    /// Registers who serves connections of functions' own networks. The first one stays.
    pub fn set_front(&self, front: Arc<dyn Front>) {
        if self.front.set(front).is_err() {
            tracing::warn!("the cloud has a second listener; functions reach the first");
        }
    }

    /// Who serves connections of functions' own networks; none in a cloud without a listener.
    pub fn front(&self) -> Option<&Arc<dyn Front>> {
        self.front.get()
    }

    /// Registers who signs the listener's own certificates. The first one stays.
    pub fn set_authority(&self, authority: Arc<dyn Authority>) {
        if self.authority.set(authority).is_err() {
            tracing::warn!("the cloud has a second certificate authority; functions trust the first");
        }
    }

    /// Whether the listener answers under names of AWS, to which functions are then led.
    pub fn has_authority(&self) -> bool {
        self.authority.get().is_some()
    }

    /// The certificate, in PEM, with which the listener's own certificates are signed; none in a cloud without a
    /// listener. Blocks for some milliseconds when it is made now.
    pub fn authority(&self) -> Result<Option<Arc<str>>, Failure> {
        self.authority.get().map(|authority| authority.pem()).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_an_order_and_a_word() {
        assert!(Network::None < Network::Platform && Network::Platform < Network::Host);
        for network in [Network::None, Network::Platform, Network::Host] {
            assert_eq!(network.word().parse(), Ok(network));
        }
        assert!("lan".parse::<Network>().unwrap_err().contains("none, platform or host"));
    }

    struct One;

    #[async_trait]
    impl Guests for One {
        async fn who(&self, _peer: SocketAddr, _local: SocketAddr) -> Who {
            Who::Unknown
        }
    }

    #[tokio::test]
    async fn a_connection_asks_once() {
        let any = SocketAddr::from(([127, 0, 0, 1], 1));
        let hooks = Hooks::default();
        let before = Connection::new(any, any);
        assert_eq!(before.who(&hooks).await, Who::Outside);
        hooks.set_guests(Arc::new(One));
        assert_eq!(before.who(&hooks).await, Who::Outside);
        assert_eq!(Connection::new(any, any).who(&hooks).await, Who::Unknown);
        let guest = Arc::new(Guest { function: "f".into(), role: "r".into() });
        assert_eq!(Connection::of_guest(guest.clone()).who(&hooks).await, Who::Guest(guest));
    }
}
