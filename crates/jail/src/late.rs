//! A sandbox that is built before it is known for what: the program boots and waits, and gets its files later.
//!
//! The helper keeps a mount namespace in which the host's files are still visible, and process 1 has one of its own with
//! the private root. On an order of the host the helper opens the trees and passes them, detached and read-only, to
//! process 1, which attaches them to folders that are waiting empty. Nothing of the host is ever visible inside but
//! what was ordered, and the program itself has no part in it.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::{Deserialize, Serialize};

use crate::helper::{self, Trouble};
use crate::spec::{Assignment, Spec};
use crate::{namespaces, receive};

/// What the helper tells process 1; the trees travel beside it, in the order of their targets.
#[derive(Serialize, Deserialize)]
struct Trees {
    targets: Vec<PathBuf>,
    tmp_bytes: u64,
    data_bytes: Option<u64>,
}

/// The connection between the helper and process 1, when the sandbox is one that waits. The helper's end is the first.
pub(crate) fn channel(spec: &Spec) -> Result<Option<(UnixStream, UnixStream)>, Trouble> {
    if !spec.files.late {
        return Ok(None);
    }
    UnixStream::pair().map(Some).map_err(|e| Trouble::io("connect with process 1", &e))
}

/// What tells the program that everything is in its place: a byte in a pipe, whose reading end becomes the descriptor
/// after its others. The result is the end to write into, which the program does not get.
pub(crate) fn gate(files: &mut Vec<OwnedFd>) -> Result<OwnedFd, Trouble> {
    let ends = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC);
    let (gate, opener) = ends.map_err(|e| Trouble::new("pipe", e))?;
    files.push(gate);
    Ok(opener)
}

/// The helper's part: takes the host's order, opens its trees and passes them on. False when the host wants the end.
pub(crate) fn pass_on(control: &UnixStream, init: &UnixStream) -> Result<bool, Trouble> {
    let Ok((order, _)) = receive::receive::<Assignment>(control) else {
        return Ok(false); // The end of the stream.
    };
    let mut trees = Vec::new();
    for bind in &order.binds {
        trees.push(namespaces::open_tree_of(bind)?);
    }
    let targets = order.binds.into_iter().map(|bind| bind.target).collect();
    let message = Trees { targets, tmp_bytes: order.tmp_bytes, data_bytes: order.data_bytes };
    let trees: Vec<_> = trees.iter().map(OwnedFd::as_fd).collect();
    receive::send(init, &message, &trees).map_err(|e| Trouble::io("assign", &e))?;
    Ok(true)
}

/// Process 1's part: waits for the order, carries it out and opens the program's gate; or there will be none.
pub(crate) fn fill(helper: &UnixStream, spec: &Spec, program: Pid, opener: OwnedFd) -> Result<(), Trouble> {
    if helper::watch(helper, program)? {
        return Ok(());
    }
    let Ok((order, trees)) = receive::receive::<Trees>(helper) else {
        return Ok(()); // The helper has ended, and has said why; process 1 ends with it.
    };
    if trees.len() != order.targets.len() {
        return Err(Trouble::text("assign", "a tree got lost".to_string()));
    }
    for (target, tree) in order.targets.iter().zip(&trees) {
        if !spec.files.folders.contains(target) {
            return Err(Trouble::text("assign", format!("{} is no waiting folder", target.display())));
        }
        namespaces::attach(tree, target)?;
    }
    namespaces::resize_tmp(order.tmp_bytes)?;
    if let Some(bytes) = order.data_bytes {
        limit_data(program, bytes, spec.layers.user)?;
    }
    // A program that has ended meanwhile needs no gate.
    let _ended = rustix::io::write(opener, b"!");
    Ok(())
}

/// Limits the memory of the program, which runs. Root without CAP_SYS_RESOURCE, as in many containers, may do that only
/// as the program's own user. (In a process of its own that would cost a fork, and wait while the kernel moves any process
/// of the machine between control groups.)
fn limit_data(program: Pid, bytes: u64, user: Option<u32>) -> Result<(), Trouble> {
    let limit = || {
        let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
        prlimit(Some(program), Resource::Data, limit).map(|_before| ())
    };
    let failed = |error| Trouble::new("limit memory", error);
    match (limit(), user) {
        (Err(Errno::PERM), Some(user)) => helper::as_real_user(user, limit).map_err(failed),
        (done, _) => done.map_err(failed),
    }
}
