//! What this machine allows, found by trying.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Error, Helper, Jail, begin, system_binds};
use crate::cgroup::Tree;
use crate::landlock;
use crate::spec::{Companions, Exit, Files, Layers, Limits, Network, Spec};
use crate::users::Users;

/// What to do about layers that this machine does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Refuse to start without them.
    Require,
    /// Go on with what there is and say what is missing.
    Degrade,
    /// Only limits and a clean environment.
    Off,
}

impl std::str::FromStr for Mode {
    type Err = String;
    fn from_str(text: &str) -> Result<Mode, String> {
        match text {
            "require" => Ok(Mode::Require),
            "degrade" => Ok(Mode::Degrade),
            "off" => Ok(Mode::Off),
            other => Err(format!("`{other}` is no sandbox mode: use require, degrade or off")),
        }
    }
}

/// A layer that this machine does not allow, in one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The layer.
    pub layer: &'static str,
    /// What the system said.
    pub reason: String,
    /// What functions can do because of it.
    pub consequence: &'static str,
    /// Whether `--sandbox=require` refuses to go on without it.
    pub required: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sandbox: no {} ({}): {}", self.layer, self.reason, self.consequence)
    }
}

impl Jail {
    /// Tries the layers from the strongest set down and says which are missing.
    pub fn probe(mode: Mode) -> Result<Jail, Error> {
        let root = rustix::process::geteuid().is_root();
        let mut jail = Jail::with_layers(Layers::default());
        if mode == Mode::Off {
            jail.missing.push(Missing {
                layer: "sandbox",
                reason: "switched off".to_string(),
                consequence: "functions can do whatever this user can",
                required: false,
            });
            return Ok(jail);
        }
        let users = root.then(Users::find);
        if !jail.find_all(users.as_ref())? {
            jail.find_namespaces(users)?;
            jail.find_networks()?;
            jail.find_kernel_rules()?;
        }
        jail.find_scopes();
        jail.groups = Tree::find().map(Arc::new);
        if jail.groups.is_none() {
            jail.missing.push(Missing {
                layer: "control groups",
                reason: "none is delegated to this process".to_string(),
                consequence: "memory limits hold for each process and are checked a few times a second for all of them",
                required: false,
            });
        }
        match jail.missing.iter().find(|missing| missing.required && mode == Mode::Require) {
            Some(missing) => Err(Error::Required(missing.clone())),
            None => Ok(jail),
        }
    }

    /// Tries all layers at once, which is one attempt on most machines. False where one of them is missing.
    fn find_all(&mut self, users: Option<&Users>) -> Result<bool, Error> {
        let layers = Layers {
            namespaces: true,
            user_namespace: users.is_none(),
            user: users.map(Users::first),
            landlock: true,
            seccomp: true,
        };
        let works = try_out(layers, Network { own: true, ..Network::default() })?.is_ok();
        if works {
            self.layers = layers;
            self.users = users.cloned();
            self.networks = true;
        }
        Ok(works)
    }

    fn find_namespaces(&mut self, users: Option<Users>) -> Result<(), Error> {
        let mut reason = String::new();
        let mut ways = Vec::new();
        if let Some(users) = &users {
            ways.push(Layers { namespaces: true, user: Some(users.first()), ..Layers::default() });
        }
        ways.push(Layers { namespaces: true, user_namespace: true, ..Layers::default() });
        for layers in ways {
            match try_out(layers, Network::default())? {
                Ok(()) => {
                    self.layers = layers;
                    self.users = if layers.user.is_some() { users } else { None };
                    return Ok(());
                }
                Err(why) => reason = why,
            }
        }
        self.missing.push(Missing {
            layer: "namespaces",
            reason,
            consequence: "functions see the host's processes and share its file system, as far as the other layers let them, and their /tmp has no limit but the disk",
            required: true,
        });
        Ok(())
    }

    fn find_networks(&mut self) -> Result<(), Error> {
        let tried = match self.layers.namespaces {
            true => try_out(self.layers, Network { own: true, ..Network::default() })?,
            false => Err("they need the other namespaces".to_string()),
        };
        match tried {
            Ok(()) => self.networks = true,
            Err(reason) => self.missing.push(Missing {
                layer: "network namespaces",
                reason,
                consequence: "functions that ask for the network `none` or `platform` are refused",
                required: false,
            }),
        }
        Ok(())
    }

    fn find_kernel_rules(&mut self) -> Result<(), Error> {
        let with_landlock = Layers { landlock: true, ..self.layers };
        match try_out(with_landlock, Network::default())? {
            Ok(()) => self.layers = with_landlock,
            Err(reason) => {
                let consequence = if self.layers.namespaces {
                    "functions can reach abstract sockets of this machine"
                } else {
                    "functions can read and write what this user can"
                };
                self.missing.push(Missing {
                    layer: "Landlock",
                    reason,
                    consequence,
                    required: !self.layers.namespaces,
                });
            }
        }
        let with_seccomp = Layers { seccomp: true, ..self.layers };
        match try_out(with_seccomp, Network::default())? {
            Ok(()) => self.layers = with_seccomp,
            Err(reason) => self.missing.push(Missing {
                layer: "seccomp",
                reason,
                consequence: "functions can make every system call that this user can",
                required: true,
            }),
        }
        Ok(())
    }

    /// Rules of an older kernel apply, and guard less.
    fn find_scopes(&mut self) {
        if !self.layers.landlock || landlock::has_scopes() {
            return;
        }
        // A process list of its own protects from signals, and a network of its own from sockets.
        let namespaces = self.layers.namespaces;
        self.missing.push(Missing {
            layer: "Landlock scopes",
            reason: "they came with Linux 6.12".to_string(),
            consequence: match namespaces {
                true => "functions of the network `host` can reach abstract sockets of this machine",
                false => {
                    "functions can reach abstract sockets of this machine and signal what this user runs"
                }
            },
            required: !namespaces,
        });
    }
}

/// Runs the layers once around nothing. The outer error is the helper's own.
fn try_out(layers: Layers, network: Network) -> Result<Result<(), String>, Error> {
    let spec = Spec {
        program: None,
        args: Vec::new(),
        env: Vec::new(),
        cwd: PathBuf::from("/"),
        layers,
        files: Files { binds: system_binds(), tmp_bytes: 1 << 20, ..Files::default() },
        network,
        limits: Limits::default(),
        hostname: "sandbox".to_string(),
        companions: Companions::default(),
    };
    let mut child = begin(Helper::start()?, &spec, &[], None)?;
    Ok(match child.wait()? {
        Ok(Exit::Code(0)) => Ok(()),
        Ok(exit) => Err(exit.words()),
        Err(why) => Err(why),
    })
}
