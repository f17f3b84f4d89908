//! Resource limits of the program, set just before it starts.

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::helper::Trouble;
use crate::spec::Limits;

/// The stack of the main thread: the usual default, so that an unlimited host does not change the program.
const STACK_BYTES: u64 = 8 << 20;
/// Memory that may be locked: enough for key material, too little to pin the host's memory.
const LOCKED_BYTES: u64 = 64 << 10;

pub(crate) fn apply(limits: &Limits) -> Result<(), Trouble> {
    let table = [
        (Resource::Nofile, Some(limits.files)),
        (Resource::Nproc, Some(limits.processes)),
        (Resource::Core, Some(0)),
        (Resource::Stack, Some(STACK_BYTES)),
        (Resource::Memlock, Some(LOCKED_BYTES)),
        (Resource::Msgqueue, Some(0)),
        (Resource::Data, limits.data_bytes),
        (Resource::Fsize, limits.file_bytes),
    ];
    for (resource, value) in table {
        let Some(value) = value else { continue };
        // A limit of the host that is lower already stays.
        let hard = rustix::process::getrlimit(resource).maximum;
        let value = hard.map_or(value, |hard| hard.min(value));
        setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })
            .map_err(|e| Trouble::new(format!("limit {resource:?}"), e))?;
    }
    if limits.file_bytes.is_some() {
        // A write beyond the limit is to fail with an error that says so, instead of ending the program.
        // SAFETY: SIG_IGN installs no code of ours; the helper has one thread.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    }
    Ok(())
}
