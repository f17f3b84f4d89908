//! What the host tells the helper, and what the helper reports: plain data.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Everything about one sandboxed process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Path of the executable as the program sees it. None tries out the layers and exits with 0: the probe.
    pub program: Option<PathBuf>,
    /// Arguments after the program's name.
    pub args: Vec<String>,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// Working directory as the program sees it.
    pub cwd: PathBuf,
    /// Which layers to put around the program.
    pub layers: Layers,
    /// The file system that the program sees.
    pub files: Files,
    /// The network that the program sees.
    pub network: Network,
    /// Resource limits.
    pub limits: Limits,
    /// Host name inside.
    pub hostname: String,
    /// Programs beside the program.
    pub companions: Companions,
}

/// Programs that run in the same sandbox beside the program, started before it. When there are some, the program waits
/// until a byte is written into its gate, and the two last files that [`crate::host::Jail::spawn`] gets are the pipe
/// into which the companions print and the gate's reading end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Companions {
    /// Paths of the executables as they see them.
    pub programs: Vec<PathBuf>,
    /// The whole environment of each.
    pub env: Vec<(String, String)>,
}

/// The layers of a sandbox. [`crate::host::Jail`] fills this in from what the machine allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layers {
    /// Own user, mount, process, ipc and uts namespaces with a file system built from [`Files`].
    pub namespaces: bool,
    /// Create the namespaces inside an own user namespace: needed when the host is not root.
    pub user_namespace: bool,
    /// Kernel rules on files, signals and abstract sockets.
    pub landlock: bool,
    /// The list of forbidden system calls.
    pub seccomp: bool,
    /// Switch to this user and group: only when the host is root.
    pub user: Option<u32>,
}

/// The network that the program sees: the host's by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// One of its own, with a loopback interface alone. Needs the namespaces.
    pub own: bool,
    /// Sockets in it that the host accepts from: see [`crate::host::Child::sockets`].
    pub listen: Vec<Listen>,
    /// How many more there are, each for one connection of the host to what the program listens on. They come behind
    /// the others.
    pub outlets: usize,
}

/// A socket in the sandbox's own network, held by the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// Where it listens, inside.
    pub address: SocketAddr,
    /// UDP instead of TCP.
    pub datagrams: bool,
}

/// The file system that the program sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// Trees and files of the host that appear inside, read-only.
    pub binds: Vec<Bind>,
    /// Small files written into the private root, such as /etc/passwd. `{uid}` and `{gid}` in a text become the ids of
    /// the program.
    pub texts: Vec<(PathBuf, String)>,
    /// Size of the private /tmp.
    pub tmp_bytes: u64,
    /// Folder of the host that stands in for /tmp when there is no private file system.
    pub scratch: Option<PathBuf>,
    /// Folders that are there, and empty, when nothing is bound to them.
    pub folders: Vec<PathBuf>,
    /// Whether more is bound to [`Files::folders`] once the program runs: see [`crate::host::Child::assign`]. The program
    /// is then given one descriptor more, behind its others: its gate, from which it reads a byte when that is done, and
    /// the end when it never will be. Needs the namespaces.
    pub late: bool,
}

/// What a program is given that was started before it was known what for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Trees of the host that appear, read-only, in folders of [`Files::folders`].
    pub binds: Vec<Bind>,
    /// Size of the private /tmp.
    pub tmp_bytes: u64,
    /// Writable private memory of each process; None leaves it open.
    pub data_bytes: Option<u64>,
}

/// One tree or file of the host, shown inside; read-only unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Where it is on the host.
    pub source: PathBuf,
    /// Where it appears.
    pub target: PathBuf,
    /// An absent source is skipped instead of being an error.
    pub optional: bool,
    /// Programs inside may change it.
    #[serde(default)]
    pub writable: bool,
}

impl Bind {
    /// A tree that must be there, shown at another place.
    pub fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Bind {
        Bind { source: source.into(), target: target.into(), optional: false, writable: false }
    }

    /// A tree that is shown at its own place when the host has it.
    pub fn optional(path: impl Into<PathBuf>) -> Bind {
        let path = path.into();
        Bind { source: path.clone(), target: path, optional: true, writable: false }
    }

    /// A folder that must be there and that programs inside may change.
    pub fn writable(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Bind {
        Bind { writable: true, ..Bind::new(source, target) }
    }
}

/// Resource limits. Lambda's own numbers are the defaults:
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> (1,024 file descriptors, 1,024
/// processes and threads).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Open file descriptors.
    pub files: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Writable private memory of each process; None leaves it open.
    pub data_bytes: Option<u64>,
    /// Size of each file that is written; None leaves it open.
    pub file_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { files: 1024, processes: 1024, data_bytes: None, file_bytes: None }
    }
}

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// It returned this exit status.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
}

impl Exit {
    /// The words in which Lambda reports it: `exit status 1`, `signal: killed`.
    pub fn words(self) -> String {
        match self {
            Exit::Code(code) => format!("exit status {code}"),
            Exit::Signal(signal) => format!("signal: {}", signal_name(signal)),
        }
    }
}

/// Go's names of signals, which Lambda prints.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        other => return format!("signal {other}"),
    };
    name.to_string()
}

/// What the helper says over the control socket, one JSON text a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The process that is first inside the sandbox, as the host numbers it; the program is its child.
    Started {
        /// Process id on the host.
        init: u32,
        /// Whether `init` is only the parent of the program.
        program_is_child: bool,
    },
    /// A layer could not be built; the program did not run.
    Failed {
        /// What was being done.
        step: String,
        /// The error of the system.
        error: String,
    },
    /// The process of the program, as the sandbox numbers it, when it has companions.
    Running {
        /// Process id inside.
        program: u32,
    },
    /// A companion could not be started.
    CompanionFailed {
        /// Its place in [`Companions::programs`].
        index: usize,
        /// What was being done.
        step: String,
        /// The error of the system.
        error: String,
    },
    /// A companion ended.
    CompanionExited {
        /// Its place in [`Companions::programs`].
        index: usize,
        /// How.
        exit: Exit,
    },
    /// The program ended.
    Exited(Exit),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_told_in_the_words_of_lambda() {
        // "Runtime exited with error: exit status 1", "... signal: killed": AWS Lambda docs, Node.js troubleshooting.
        assert_eq!(Exit::Code(1).words(), "exit status 1");
        assert_eq!(Exit::Signal(9).words(), "signal: killed");
        assert_eq!(Exit::Signal(11).words(), "signal: segmentation fault");
        assert_eq!(Exit::Signal(60).words(), "signal: signal 60");
    }
}
