//! Landlock: kernel rules that a process puts on itself and can never widen again.
//!
//! With a private file system it guards what namespaces do not: abstract sockets and signals of others. Without one it
//! is the only guard of the host's files.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    Scope, path_beneath_rules,
};

use crate::helper::Trouble;
use crate::spec::Files;

/// The newest rules that we know; older kernels apply what they have.
const RULES: ABI = ABI::V6;

/// What an interpreter reads below /proc when the process list of the host must stay hidden.
const PROC_FILES: &[&str] = &[
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/proc/version",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/filesystems",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/kernel/random",
];

/// Device files that a program may use.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// Whether this kernel's rules can also keep signals and abstract sockets within a sandbox. They came with Linux 6.12
/// (<https://docs.kernel.org/userspace-api/landlock.html#previous-limitations>, ABI 6).
pub fn has_scopes() -> bool {
    let strict = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    strict.scope(Scope::from_all(RULES)).is_ok()
}

/// Applies the rules; an error says that the kernel has no Landlock.
pub(crate) fn apply(files: &Files, private_root: bool) -> Result<(), Trouble> {
    let (read, write) = if private_root { inside(files) } else { on_the_host(files) };
    let status = rules(&read, &write).map_err(|e| Trouble::text("landlock", e.to_string()))?;
    match status {
        RulesetStatus::NotEnforced => {
            Err(Trouble::text("landlock", "the kernel has no Landlock".to_string()))
        }
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}

fn inside(files: &Files) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut write = vec![PathBuf::from("/tmp")];
    write.extend(files.binds.iter().filter(|bind| bind.writable).map(|bind| bind.target.clone()));
    (vec![PathBuf::from("/")], write)
}

fn on_the_host(files: &Files) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut read: Vec<PathBuf> = PROC_FILES.iter().map(PathBuf::from).collect();
    read.extend(files.binds.iter().map(|bind| bind.source.clone()));
    let mut write: Vec<PathBuf> = files.scratch.iter().cloned().collect();
    write.extend(files.binds.iter().filter(|bind| bind.writable).map(|bind| bind.source.clone()));
    (read, write)
}

fn rules(read: &[PathBuf], write: &[PathBuf]) -> Result<RulesetStatus, landlock::RulesetError> {
    let devices: Vec<&Path> = DEVICES.iter().map(Path::new).collect();
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(RULES))?
        .scope(Scope::from_all(RULES))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::from_read(RULES)))?
        .add_rules(path_beneath_rules(write, AccessFs::from_all(RULES)))?
        .add_rules(path_beneath_rules(
            devices,
            AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev,
        ))?
        .restrict_self()?;
    Ok(status.ruleset)
}
