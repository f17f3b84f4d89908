//! The host's side: what this machine allows, and starting programs.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::cgroup::{Group, Tree};
use crate::helper::ARGUMENT;
use crate::namespaces;
use crate::receive;
use crate::spec::{Assignment, Bind, Companions, Event, Exit, Files, Layers, Limits, Spec};

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

/// Why a sandbox cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A required layer is missing.
    #[error("the sandbox is required, but {0}")]
    Required(Missing),
    /// The helper could not be started.
    #[error("cannot start the sandbox helper: {0}")]
    Helper(#[from] io::Error),
}

/// First user id of sandboxes when the host is root: far above what people and services have.
const USERS_FIRST: u32 = 1_879_048_192;
/// The same when the host itself lives in a container that maps only the usual 65 536 ids.
const USERS_FIRST_SMALL: u32 = 61_440;
/// How many sandboxes can have a user of their own at the same time.
const USERS_MAX: u32 = 4_096;

/// How sandboxes are made on this machine. Found once, by trying.
#[derive(Debug)]
pub struct Jail {
    layers: Layers,
    missing: Vec<Missing>,
    users: Option<Users>,
    groups: Option<Arc<Tree>>,
}

/// User ids of sandboxes that run now.
#[derive(Debug)]
struct Users {
    first: u32,
    taken: Arc<Mutex<BTreeSet<u32>>>,
}

impl Jail {
    /// Tries the layers from the strongest set down and says which are missing.
    pub fn probe(mode: Mode) -> Result<Jail, Error> {
        let root = rustix::process::geteuid().is_root();
        let mut jail = Jail { layers: Layers::default(), missing: Vec::new(), users: None, groups: None };
        if mode == Mode::Off {
            jail.missing.push(Missing {
                layer: "sandbox",
                reason: "switched off".to_string(),
                consequence: "functions can do whatever this user can",
                required: false,
            });
            return Ok(jail);
        }
        let users = root.then(|| Users { first: first_user(), taken: Arc::default() });
        jail.find_namespaces(users)?;
        jail.find_kernel_rules()?;
        jail.groups = find_groups().map(Arc::new);
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

    fn find_namespaces(&mut self, users: Option<Users>) -> Result<(), Error> {
        let mut reason = String::new();
        let mut ways = Vec::new();
        if let Some(users) = &users {
            ways.push(Layers { namespaces: true, user: Some(users.first), ..Layers::default() });
        }
        ways.push(Layers { namespaces: true, user_namespace: true, ..Layers::default() });
        for layers in ways {
            match try_out(layers)? {
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

    fn find_kernel_rules(&mut self) -> Result<(), Error> {
        let with_landlock = Layers { landlock: true, ..self.layers };
        match try_out(with_landlock)? {
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
        match try_out(with_seccomp)? {
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

    /// A jail with exactly these layers, for trying out weaker machines.
    pub fn with_layers(layers: Layers) -> Jail {
        Jail { layers, missing: Vec::new(), users: None, groups: None }
    }

    /// The layers that are missing, one line each.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// The layers that every sandbox gets.
    pub fn layers(&self) -> Layers {
        self.layers
    }

    /// Whether programs get a file system of their own; otherwise they see the host's paths and need a scratch folder.
    pub fn has_private_files(&self) -> bool {
        self.layers.namespaces
    }

    /// Whether a program can be started before its files are known: see [`Child::assign`]. Landlock alone cannot, as
    /// its rules can never be widened.
    pub fn can_assign(&self) -> bool {
        self.layers.namespaces
    }

    /// Whether the kernel limits the memory of a whole sandbox.
    pub fn limits_trees(&self) -> bool {
        self.groups.is_some()
    }

    /// Starts a program. `files` become its descriptors 3, 4, …; `memory_bytes` is the limit of the whole sandbox
    /// where control groups exist.
    pub fn spawn(&self, mut spec: Spec, files: &[OwnedFd], memory_bytes: u64) -> Result<Child, Error> {
        spec.layers = self.layers;
        let user = match &self.users {
            Some(users) => Some(users.take().ok_or_else(|| io::Error::other("too many sandboxes at once"))?),
            None => None,
        };
        spec.layers.user = user.as_ref().map(|user| user.id);
        name_user(&mut spec);
        let group = match &self.groups {
            Some(tree) => {
                let group = tree.take(memory_bytes, spec.limits.processes)?;
                Some(InGroup { tree: Arc::clone(tree), group: Some(group) })
            }
            None => None,
        };
        start(&spec, files, user, group)
    }
}

/// Puts the program's user and group id into the texts that ask for them: only here they are known.
fn name_user(spec: &mut Spec) {
    let (uid, gid) = match spec.layers.user {
        Some(user) => (user, user),
        None => (namespaces::INNER_UID, namespaces::INNER_GID),
    };
    for (_, text) in &mut spec.files.texts {
        *text = text.replace("{uid}", &uid.to_string()).replace("{gid}", &gid.to_string());
    }
}

impl Users {
    fn take(&self) -> Option<TakenUser> {
        let mut taken = self.taken.lock().expect("no holder of this lock panics");
        let id = (self.first..self.first + USERS_MAX).find(|id| !taken.contains(id))?;
        taken.insert(id);
        Some(TakenUser { id, taken: Arc::clone(&self.taken) })
    }
}

/// A user id in use; free again when dropped.
#[derive(Debug)]
struct TakenUser {
    id: u32,
    taken: Arc<Mutex<BTreeSet<u32>>>,
}

impl Drop for TakenUser {
    fn drop(&mut self) {
        self.taken.lock().expect("no holder of this lock panics").remove(&self.id);
    }
}

#[derive(Debug)]
struct InGroup {
    tree: Arc<Tree>,
    group: Option<Group>,
}

impl Drop for InGroup {
    fn drop(&mut self) {
        if let Some(group) = self.group.take() {
            self.tree.give_back(group);
        }
    }
}

/// A running sandbox. Dropping it ends everything inside.
#[derive(Debug)]
pub struct Child {
    /// The program's standard output.
    pub stdout: Option<ChildStdout>,
    /// The program's standard error.
    pub stderr: Option<ChildStderr>,
    process: std::process::Child,
    control: UnixStream,
    lines: Option<BufReader<UnixStream>>,
    _user: Option<TakenUser>,
    group: Option<InGroup>,
}

fn start(
    spec: &Spec,
    files: &[OwnedFd],
    user: Option<TakenUser>,
    group: Option<InGroup>,
) -> Result<Child, Error> {
    let (control, theirs) = UnixStream::pair()?;
    // Nothing here makes std fall back from posix_spawn to fork: no pre_exec, user, group or root change.
    let mut process = Command::new("/proc/self/exe")
        .arg0("cloudlet")
        .arg(ARGUMENT)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (process.stdout.take(), process.stderr.take());
    let lines = Some(BufReader::new(control.try_clone()?));
    let child = Child { stdout, stderr, process, control, lines, _user: user, group };
    // The helper waits for its spec, so all of its children will be in the group.
    if let Some(InGroup { tree, group: Some(group) }) = &child.group {
        tree.add(group, child.process.id())?;
    }
    let files: Vec<_> = files.iter().map(OwnedFd::as_fd).collect();
    receive::send(&child.control, spec, &files)?;
    Ok(child)
}

impl Child {
    /// The next thing that the helper says; None when it is gone. Blocks.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&line).map(Some).map_err(io::Error::other)
    }

    /// The stream on which the helper writes one [`Event`] a line, for a caller that waits in its own way.
    pub fn events(&mut self) -> io::Result<UnixStream> {
        self.lines = None;
        self.control.try_clone()
    }

    /// Waits for the end; an error of the sandbox itself is an `Err` with its text. Blocks.
    pub fn wait(&mut self) -> io::Result<Result<Exit, String>> {
        let mut exit = None;
        let mut failure = None;
        while let Some(event) = self.next_event()? {
            match event {
                Event::Started { .. } | Event::Assigned | Event::Running { .. } => {}
                Event::CompanionFailed { .. } | Event::CompanionExited { .. } => {}
                Event::Failed { step, error } => failure = Some(format!("{step}: {error}")),
                Event::Exited(ended) => exit = Some(ended),
            }
        }
        self.process.wait()?;
        Ok(match (failure, exit) {
            (Some(failure), _) => Err(failure),
            (None, Some(exit)) => Ok(exit),
            (None, None) => Err("the sandbox ended without a word".to_string()),
        })
    }

    /// Gives a program that waits (see [`Files::late`]) its files and limits; `memory_bytes` and `processes` are those of
    /// the whole sandbox where control groups exist. [`Event::Assigned`] says that they are in place; after an error or
    /// [`Event::Failed`] the sandbox is of no use.
    pub fn assign(&self, order: &Assignment, memory_bytes: u64, processes: u64) -> io::Result<()> {
        if let Some(InGroup { tree, group: Some(group) }) = &self.group {
            tree.limit(group, memory_bytes, processes)?;
        }
        receive::send(&self.control, order, &[])
    }

    /// Process id of the helper. It stays valid until the helper is reaped by this value.
    pub fn helper_pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends everything inside. Returns at once; [`Child::reap`] waits until it is done.
    pub fn kill(&self) {
        // The helper takes the end of the stream as the order. It may be gone already.
        let _gone = self.control.shutdown(std::net::Shutdown::Write);
    }

    /// Waits until the helper, and with it everything inside, is gone. Blocks for about a millisecond after `kill`.
    pub fn reap(&mut self) -> io::Result<()> {
        self.process.wait().map(|_status| ())
    }

    /// Whether the kernel ended something inside for want of memory.
    pub fn out_of_memory(&self) -> bool {
        match &self.group {
            Some(InGroup { tree, group: Some(group) }) => tree.out_of_memory(group),
            _ => false,
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        if !matches!(self.process.try_wait(), Ok(Some(_))) {
            // The helper ends by itself within a millisecond; waiting keeps no zombie and frees the user id in time.
            let _already_reaped = self.process.wait();
        }
    }
}

/// Asks a program to end (SIGTERM), by its process id inside the sandbox; `tree` are the processes of that sandbox as the
/// host numbers them. A program that is gone needs no asking.
pub fn terminate(tree: &[u32], program: u32) -> io::Result<()> {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    for pid in tree {
        let Some(pid) = i32::try_from(*pid).ok().and_then(Pid::from_raw) else { continue };
        // The handle first: the number behind it cannot become another process any more.
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { continue };
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
        let inner = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        let inner = inner.and_then(|ids| ids.split_ascii_whitespace().last()).and_then(|id| id.parse().ok());
        if inner == Some(program) {
            return Ok(pidfd_send_signal(&handle, Signal::TERM)?);
        }
    }
    Ok(())
}

/// Runs the layers once around nothing. The outer error is the helper's own.
fn try_out(layers: Layers) -> Result<Result<(), String>, Error> {
    let spec = Spec {
        program: None,
        args: Vec::new(),
        env: Vec::new(),
        cwd: PathBuf::from("/"),
        layers,
        files: Files { binds: system_binds(), tmp_bytes: 1 << 20, ..Files::default() },
        limits: Limits::default(),
        hostname: "sandbox".to_string(),
        companions: Companions::default(),
    };
    let mut child = start(&spec, &[], None, None)?;
    Ok(match child.wait()? {
        Ok(Exit::Code(0)) => Ok(()),
        Ok(exit) => Err(exit.words()),
        Err(why) => Err(why),
    })
}

/// What every program needs of the host: libraries, certificates, name resolution. Nothing that names its users.
pub fn system_binds() -> Vec<Bind> {
    const PATHS: &[&str] = &[
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib32",
        "/lib64",
        "/nix/store",
        "/etc/alternatives",
        "/etc/ca-certificates",
        "/etc/ca-certificates.conf",
        "/etc/crypto-policies",
        "/etc/gai.conf",
        "/etc/host.conf",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/localtime",
        "/etc/mime.types",
        "/etc/nsswitch.conf",
        "/etc/pki",
        "/etc/protocols",
        "/etc/resolv.conf",
        "/etc/services",
        "/etc/ssl/certs",
        "/etc/ssl/openssl.cnf",
    ];
    PATHS.iter().map(Bind::optional).collect()
}

/// Ids above the usual range when the host's own user namespace maps them all.
fn first_user() -> u32 {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let all = map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(|number| number.parse::<u32>().unwrap_or(0));
        numbers.next() == Some(0) && numbers.nth(1).is_some_and(|length| length > USERS_FIRST + USERS_MAX)
    });
    if all { USERS_FIRST } else { USERS_FIRST_SMALL }
}

fn find_groups() -> Option<Tree> {
    let membership = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    Tree::delegated(std::path::Path::new("/sys/fs/cgroup"), &membership)
}
