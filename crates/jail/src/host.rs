//! The host's side: starting programs. What this machine allows is found by `probe`.

mod probe;

use std::io::{self, BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{ChildStderr, ChildStdout, Command, Stdio};
use std::sync::Arc;

use crate::cgroup::{Group, GroupLimits, Tree};
use crate::helper::ARGUMENT;
use crate::receive;
use crate::spares::Spares;
use crate::spec::{Assignment, Bind, Event, Exit, Layers, Spec};
use crate::users::{TakenUser, Users};
use crate::{landlock, namespaces};

pub use probe::{Missing, Mode};

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

/// How sandboxes are made on this machine. Found once, by trying.
#[derive(Debug)]
pub struct Jail {
    layers: Layers,
    missing: Vec<Missing>,
    networks: bool,
    users: Option<Users>,
    groups: Option<Arc<Tree>>,
    spares: Option<Arc<Spares>>,
}

impl Jail {
    /// A jail with exactly these layers, for trying out weaker machines.
    pub fn with_layers(layers: Layers) -> Jail {
        Jail {
            layers,
            missing: Vec::new(),
            networks: layers.namespaces,
            users: None,
            groups: None,
            spares: None,
        }
    }

    /// The same without control groups, for trying out machines that have none.
    #[must_use]
    pub fn without_groups(self) -> Jail {
        Jail { groups: None, spares: None, ..self }
    }

    /// Keeps some helpers that wait in control groups of their own: moving a process into one takes long on version 1.
    pub fn keep_spares(&mut self, count: usize) {
        self.spares = self.groups.as_ref().map(|tree| Spares::new(Arc::clone(tree), count));
    }

    /// Every layer that works, in words for people.
    pub fn present(&self) -> Vec<(&'static str, String)> {
        let mut present = Vec::new();
        if self.layers.namespaces {
            let way = if self.layers.user_namespace { "inside a user namespace" } else { "as root" };
            present.push(("namespaces", way.to_string()));
        }
        if self.networks {
            present.push(("network namespaces", "for functions that ask for them".to_string()));
        }
        if self.layers.landlock {
            let what = if landlock::has_scopes() { "files, signals and abstract sockets" } else { "files" };
            present.push(("Landlock", what.to_string()));
        }
        if self.layers.seccomp {
            present.push(("seccomp", "system calls".to_string()));
        }
        if self.users.is_some() {
            present.push(("users", "one for each environment".to_string()));
        }
        if let Some(tree) = &self.groups {
            present.push(("control groups", tree.words()));
        }
        present
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

    /// Whether a program can have a network of its own.
    pub fn has_networks(&self) -> bool {
        self.networks
    }

    /// Starts a program. `files` become its descriptors 3, 4, …; `limits` are those of the whole sandbox where control
    /// groups exist.
    pub fn spawn(&self, spec: Spec, files: &[OwnedFd], limits: &GroupLimits) -> Result<Child, Error> {
        self.spawn_announced(spec, files, limits, |_helper, _user| {})
    }

    /// The same, and says before the program runs which helper is above it and which user, if any, it has for itself.
    pub fn spawn_announced(
        &self,
        mut spec: Spec,
        files: &[OwnedFd],
        limits: &GroupLimits,
        announce: impl FnOnce(u32, Option<u32>),
    ) -> Result<Child, Error> {
        spec.layers = self.layers;
        let user = match &self.users {
            Some(users) => Some(users.take().ok_or_else(|| io::Error::other("too many sandboxes at once"))?),
            None => None,
        };
        spec.layers.user = user.as_ref().map(|user| user.id);
        name_user(&mut spec);
        let helper = match (self.spares.as_ref().and_then(|spares| spares.take()), &self.groups) {
            (Some(helper), _) => helper,
            (None, Some(tree)) => Helper::in_group(tree)?,
            (None, None) => Helper::start()?,
        };
        if let Some(InGroup { tree, group: Some(group) }) = &helper.group {
            tree.limit(group, limits)?;
        }
        announce(helper.process.id(), spec.layers.user);
        begin(helper, &spec, files, user)
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
    /// The sockets in the program's own network, in the order of [`Network::listen`], then the outlets. None of them when
    /// that network could not be made, which an event tells.
    pub sockets: Vec<OwnedFd>,
    process: std::process::Child,
    control: UnixStream,
    lines: Option<BufReader<UnixStream>>,
    user: Option<TakenUser>,
    group: Option<InGroup>,
}

/// A helper that waits for its spec.
#[derive(Debug)]
pub(crate) struct Helper {
    process: std::process::Child,
    control: UnixStream,
    group: Option<InGroup>,
}

impl Helper {
    fn start() -> Result<Helper, Error> {
        let (control, theirs) = UnixStream::pair()?;
        // Nothing here makes std fall back from posix_spawn to fork: no pre_exec, user, group or root change.
        let process = Command::new("/proc/self/exe")
            .arg0("cloudlet")
            .arg(ARGUMENT)
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Helper { process, control, group: None })
    }

    /// In a group of its own: as it has no children yet, all of them will be in that group.
    pub(crate) fn in_group(tree: &Arc<Tree>) -> Result<Helper, Error> {
        let group = InGroup { tree: Arc::clone(tree), group: Some(tree.take()?) };
        let mut helper = Helper::start()?;
        if let Some(taken) = &group.group
            && let Err(error) = tree.add(taken, helper.process.id())
        {
            helper.dismiss();
            return Err(error.into());
        }
        helper.group = Some(group);
        Ok(helper)
    }

    /// Ends a helper that was not needed.
    pub(crate) fn dismiss(mut self) {
        // It ends when its control socket does; waiting keeps no zombie, and empties its group.
        let _gone = self.control.shutdown(std::net::Shutdown::Both);
        let _already_reaped = self.process.wait();
    }
}

fn begin(
    mut helper: Helper,
    spec: &Spec,
    files: &[OwnedFd],
    user: Option<TakenUser>,
) -> Result<Child, Error> {
    let (stdout, stderr) = (helper.process.stdout.take(), helper.process.stderr.take());
    let lines = Some(BufReader::new(helper.control.try_clone()?));
    let Helper { process, control, group } = helper;
    let sockets = Vec::new();
    let mut child = Child { stdout, stderr, sockets, process, control, lines, user, group };
    let mut files: Vec<_> = files.iter().map(OwnedFd::as_fd).collect();
    if spec.network.own {
        let (ours, theirs) = UnixStream::pair()?;
        files.push(theirs.as_fd());
        receive::send(&child.control, spec, &files)?;
        drop(theirs);
        // The end of the stream says that the network could not be made; the helper's events tell why.
        if let Ok((_count, sockets)) = receive::receive::<usize>(&ours) {
            child.sockets = sockets;
        }
    } else {
        receive::send(&child.control, spec, &files)?;
    }
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
                Event::Started { .. } | Event::Running { .. } => {}
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

    /// Gives a program that waits (see [`Files::late`]) its files and limits; `limits` are those of the whole sandbox
    /// where control groups exist. A byte in the program's gate says that they are in place; after an error or
    /// [`Event::Failed`] the sandbox is of no use.
    pub fn assign(&self, order: &Assignment, limits: &GroupLimits) -> io::Result<()> {
        receive::send(&self.control, order, &[])?;
        // Beside what the helper does now.
        match &self.group {
            Some(InGroup { tree, group: Some(group) }) => tree.limit(group, limits),
            _ => Ok(()),
        }
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

    /// The user of the program, when it has one that nobody else has now.
    pub fn user(&self) -> Option<u32> {
        self.user.as_ref().map(|user| user.id)
    }

    /// Private memory of everything inside, where control groups count it.
    pub fn memory_bytes(&self) -> Option<u64> {
        match &self.group {
            Some(InGroup { tree, group: Some(group) }) => tree.anonymous_bytes(group),
            _ => None,
        }
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
