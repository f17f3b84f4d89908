//! Sandboxed processes: the one way in which the cloud starts code that it does not trust.
//!
//! The host never forks: it starts its own executable again with posix_spawn as `cloudlet __sandbox`. That helper is
//! a small single-threaded process which receives a [`spec::Spec`] over a socket, builds the sandbox around itself and
//! then runs the program. It stays behind to report how the program ended and to end everything that the program
//! started.
//!
//! Where to start: [`host::Jail::probe`] finds once what this machine allows, [`host::Jail::spawn`] starts a program.
//! One module per concern: [`namespaces`](self) (own file system, processes, ipc, host name), `seccomp` (system calls),
//! `landlock` (files and signals by kernel rules), `limits` (rlimits), `cgroup` (memory and processor of a whole tree),
//! `network` (a loopback interface of its own), `users` (one for each sandbox).
//! What each layer forbids is data at the top of its file. `late` gives a sandbox its files after its program has
//! started, so that programs can boot ahead of time. `companions` runs further programs in the same sandbox.
//!
//! Invariant: `unsafe` code lives in this crate alone, each block with its reason.
//! Invariant: the environment of the program is exactly `Spec::env`; nothing of the host's own is inherited.

#![allow(unsafe_code)] // System calls without a safe wrapper; each block says why it is sound.

pub mod cgroup;
mod companions;
mod helper;
pub mod host;
mod landlock;
mod late;
mod limits;
mod namespaces;
mod network;
mod receive;
mod seccomp;
mod spares;
pub mod spec;
mod users;

/// Becomes the sandbox helper and never returns, when this process was started as one; otherwise does nothing.
///
/// It also runs before `main` in every executable that links this crate (see `helper::BEFORE_MAIN`), so that test
/// binaries can start sandboxes; calling it first in `main` states the intent and costs nothing.
pub fn helper_main() {
    helper::enter_if_asked();
}
