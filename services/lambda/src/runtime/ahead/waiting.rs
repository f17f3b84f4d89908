//! One process that has booted in its sandbox and waits for a function.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use jail::cgroup::GroupLimits;
use jail::spec::{Assignment, Event};
use serde_json::json;
use tokio::time::timeout;

use super::kind::{Kind, Prepared};
use crate::runtime::frames;
use crate::runtime::helper::Helper;
use crate::runtime::launch::{Host, Launch, SITE_PACKAGES};
use crate::runtime::output::Output;
use crate::runtime::pipes::Pipes;

/// An interpreter that takes longer than this to boot is not waited for. It takes 20 to 300 ms.
const BOOT_TIME_MAX: Duration = Duration::from_secs(30);
/// The descriptor of its gate (see `jail::spec::Files::late`), behind those of the two pipes.
const GATE: u32 = 5;
/// A sandbox while it waits, where control groups exist: boto3 takes 40 MB, and whoever is waited for comes first.
const WAITING: GroupLimits = GroupLimits { memory_bytes: 256 << 20, processes: 64, share_megabytes: 128 };

/// A booted process without a function. It serves exactly one function version, ever.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) child: jail::host::Child,
    pub(crate) helper: Helper,
    pub(crate) pipes: Pipes,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    /// The first process of the sandbox, and whether the program is its child.
    pub(crate) init: Option<(u32, bool)>,
    /// Python: the modules that it has loaded.
    pub(crate) loaded: BTreeSet<String>,
}

impl Waiting {
    /// Starts a process of a kind and waits until it waits.
    pub(crate) async fn boot(kind: &Kind, host: &Arc<Host>) -> io::Result<Waiting> {
        let (pipes, files) = Pipes::new()?;
        let (jail, spec) = (Arc::clone(host), kind.spec.clone());
        let spawned = tokio::task::spawn_blocking(move || jail.jail.spawn(spec, &files, &WAITING));
        let mut child = spawned.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
        let (stdout, stderr, helper) = connect(&mut child)?;
        let mut waiting =
            Waiting { child, helper, pipes, stdout, stderr, init: None, loaded: BTreeSet::new() };
        let prepared = timeout(BOOT_TIME_MAX, waiting.prepare(kind.prepared)).await;
        prepared.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        Ok(waiting)
    }

    async fn prepare(&mut self, prepared: Prepared) -> io::Result<()> {
        let mut order = match prepared {
            Prepared::Bare => json!({}),
            Prepared::Modules => json!({"modules": true}),
            Prepared::Sdk => json!({"path": SITE_PACKAGES, "modules": ["boto3"]}),
        };
        order["gate"] = GATE.into();
        self.pipes.send(&frames::prepare(&order)).await?;
        let mut waits = false;
        // What the helper says of the start is heard here, even where the process was quicker: what it says later is the
        // end.
        while !waits || self.init.is_none() {
            tokio::select! {
                frame = self.pipes.next(), if !waits => match frame? {
                    Some(frame) if frame.kind == frames::Kind::Waiting => {
                        let body = frame.body.unwrap_or_default();
                        self.loaded = serde_json::from_slice(&body).unwrap_or_default();
                        waits = true;
                    }
                    _ => return Err(io::Error::other("the process does not wait")),
                },
                event = self.helper.next() => self.heard(event)?,
            }
        }
        Ok(())
    }

    fn heard(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Started { init, program_is_child } => self.init = Some((init, program_is_child)),
            // Companions never run beside a process that waits.
            Event::Running { .. } | Event::CompanionFailed { .. } | Event::CompanionExited { .. } => {}
            Event::Failed { step, error } => return Err(io::Error::other(format!("{step}: {error}"))),
            Event::Exited(exit) => return Err(io::Error::other(exit.words())),
        }
        Ok(())
    }

    /// Gives the process its function's files and limits. It goes on when it has them, whatever it is sent meanwhile; its
    /// helper tells what goes wrong.
    pub(crate) fn assign(&self, order: &Assignment, launch: &Launch) -> io::Result<()> {
        self.child.assign(order, &launch.group())
    }

    /// Whether the process has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.helper.has_spoken()
    }

    /// Ends the process off the async threads: it takes a millisecond.
    pub(crate) fn end(self) {
        self.child.kill();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || drop(self))),
            Err(_) => drop(self),
        }
    }
}

/// The output pipes and the helper's events of a new sandbox.
pub(crate) fn connect(child: &mut jail::host::Child) -> io::Result<(Output, Output, Helper)> {
    let output = |pipe: Option<OwnedFd>| Output::new(pipe.ok_or_else(|| io::Error::other("no output pipe"))?);
    let stdout = output(child.stdout.take().map(OwnedFd::from))?;
    let stderr = output(child.stderr.take().map(OwnedFd::from))?;
    Ok((stdout, stderr, Helper::new(child.events()?)?))
}
