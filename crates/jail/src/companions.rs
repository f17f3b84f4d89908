//! Programs that run in the sandbox beside the program: Lambda's external extensions.
//!
//! They start first; the program itself waits until the host opens its gate. Two descriptors come behind those of the
//! program: where all companions write what they print, and the gate. The end of a companion is told, and changes
//! nothing; after the end of the program the companions go on until the host ends the sandbox.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitOptions, WaitStatus, pidfd_open, wait, waitpid};

use crate::helper::{self, Trouble};
use crate::spec::{Event, Exit, Spec};

/// Companions that were started.
pub(crate) struct Companions {
    gate: OwnedFd,
    pids: Vec<Pid>,
}

/// Starts the companions, if the spec has some, and takes their descriptors off `files`.
pub(crate) fn start(
    control: &UnixStream,
    spec: &Spec,
    files: &mut Vec<OwnedFd>,
) -> Result<Option<Companions>, Trouble> {
    if spec.companions.programs.is_empty() {
        return Ok(None);
    }
    let lost = || Trouble::text("start", "the descriptors of the companions are missing".to_string());
    let gate = files.pop().ok_or_else(lost)?;
    let output = files.pop().ok_or_else(lost)?;
    let mut pids = Vec::new();
    for (index, program) in spec.companions.programs.iter().enumerate() {
        match helper::fork()? {
            None => {
                let own = Spec {
                    program: Some(program.clone()),
                    args: Vec::new(),
                    env: spec.companions.env.clone(),
                    ..spec.clone()
                };
                let trouble = match helper::write_to(&output) {
                    Ok(()) => {
                        let Err(trouble) = helper::become_program(&own, &[]);
                        trouble
                    }
                    Err(trouble) => trouble,
                };
                let Trouble { step, error } = trouble;
                helper::tell(control, &Event::CompanionFailed { index, step, error });
                helper::leave(helper::CANNOT_START);
            }
            Some(child) => pids.push(child),
        }
    }
    Ok(Some(Companions { gate, pids }))
}

impl Companions {
    /// Waits, in the program's process, until the host opens the gate. False when it never will.
    pub(crate) fn wait_for_gate(&self) -> bool {
        let mut byte = [0];
        loop {
            match rustix::io::read(&self.gate, &mut byte) {
                Err(Errno::INTR) => {}
                Ok(1) => return true,
                _ => return false,
            }
        }
    }

    fn told(&self, program: Pid, pid: Pid, exit: Exit) -> Option<Event> {
        if pid == program {
            return Some(Event::Exited(exit));
        }
        let index = self.pids.iter().position(|companion| *companion == pid)?;
        Some(Event::CompanionExited { index, exit })
    }

    /// Process 1's part: reaps and tells until nobody is left. The helper ends it before, when the host wants that.
    pub(crate) fn reap(&self, control: &UnixStream, program: Pid) {
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) => {
                    if let Some(event) = self.told(program, pid, exit(status)) {
                        helper::tell(control, &event);
                    }
                }
                Ok(None) | Err(Errno::INTR) => {}
                Err(_) => return, // ECHILD: nobody is left.
            }
        }
    }

    /// The same without namespaces, where the helper is the parent: until the host closes the control socket.
    pub(crate) fn watch(&self, control: &UnixStream, program: Pid) -> Result<(), Trouble> {
        let mut handles = Vec::new();
        for pid in self.pids.iter().copied().chain([program]) {
            let handle =
                pidfd_open(pid, PidfdFlags::empty()).map_err(|e| Trouble::new("watch a program", e))?;
            handles.push((pid, handle));
        }
        loop {
            let mut waiting: Vec<_> = handles
                .iter()
                .map(|(_, handle)| PollFd::from_borrowed_fd(handle.as_fd(), PollFlags::IN))
                .collect();
            waiting.push(PollFd::from_borrowed_fd(control.as_fd(), PollFlags::IN));
            match poll(&mut waiting, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(Trouble::new("watch the programs", e)),
            }
            let ended = waiting.iter().position(|one| !one.revents().is_empty());
            drop(waiting);
            match ended {
                Some(index) if index < handles.len() => {
                    let (pid, _) = handles.remove(index);
                    if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::empty())
                        && let Some(event) = self.told(program, pid, exit(status))
                    {
                        helper::tell(control, &event);
                    }
                }
                Some(_) => return Ok(()),
                None => {} // A signal.
            }
        }
    }
}

fn exit(status: WaitStatus) -> Exit {
    match status.terminating_signal() {
        Some(signal) => Exit::Signal(signal),
        None => Exit::Code(status.exit_status().unwrap_or(helper::CANNOT_START)),
    }
}
