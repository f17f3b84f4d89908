//! Control groups: memory, process count and processor share of a whole tree, where the host may make groups.
//!
//! Version 2 is preferred, version 1 understood; a machine may have both (the controllers of one hierarchy are then
//! not in the other). Groups are used again, because making one and above all moving a process into one takes
//! milliseconds on version 1. An ordinary user has none unless one was delegated (systemd `Delegate=yes`). Version 2
//! gives controllers to the children of a group only while no process is in the group itself
//! (<https://docs.kernel.org/admin-guide/cgroup-v2.html#no-internal-process-constraint>): of a delegated group this
//! process moves into a child first.
//!
//! All groups of a cloud are in one of its own, which has the share of ordinary programs: shares divide only what
//! functions have together.
//!
//! Pages of /tmp count as memory of the group, which Lambda keeps apart. So a group's limit is the wall behind both;
//! the function's own size is held by whoever watches [`Tree::anonymous_bytes`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Memory of a function with one whole processor, in megabytes:
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html> ("At 1,769 MB, a function has the
/// equivalent of one vCPU").
const MEGABYTES_PER_PROCESSOR: u64 = 1769;
/// Our own group at the top of version 2, or the child of a delegated group that this process moves into.
const OWN: &str = "cloudlet";
/// How the names of the groups that hold all others begin; the process id of the cloud follows.
const PREFIX: &str = "cloudlet-";
/// The share of one whole processor: the kernel's default for a group (cgroups v1 cpu.shares, v2 cpu.weight).
const SHARES_ONE: u64 = 1024;
const WEIGHT_ONE: u64 = 100;

/// The groups below one parent, or one for each controller.
#[derive(Debug)]
pub struct Tree {
    version: Version,
    /// The name of the group that holds all others.
    holder: String,
    free: Mutex<Free>,
}

#[derive(Debug)]
struct Free {
    groups: Vec<String>,
    made: u32,
}

/// Which kind of hierarchy, and the folders in which groups are made.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Version {
    One { memory: PathBuf, pids: Option<PathBuf>, cpu: Option<PathBuf> },
    Two { unified: PathBuf, cpu: bool },
}

/// A group that one sandbox uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    name: String,
}

/// What a group may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupLimits {
    /// Memory of all processes, with the pages of their /tmp.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u64,
    /// Memory by which the share of the processors is measured, in megabytes.
    pub share_megabytes: u64,
}

/// A file of a group and what is written into it; some kernels lack the optional ones.
struct Setting {
    file: &'static str,
    value: String,
    optional: bool,
}

fn needed(file: &'static str, value: impl ToString) -> Setting {
    Setting { file, value: value.to_string(), optional: false }
}

fn optional(file: &'static str, value: impl ToString) -> Setting {
    Setting { optional: true, ..needed(file, value) }
}

/// A mounted hierarchy: from mountinfo(5).
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The part of the hierarchy that is mounted.
    root: String,
    at: PathBuf,
    /// `cgroup2` has none here.
    controllers: Vec<String>,
    unified: bool,
}

impl Tree {
    /// The groups that this process may make, if there are any with a memory controller.
    pub fn find() -> Option<Tree> {
        let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
        let mounts = mounts(&fs::read_to_string("/proc/self/mountinfo").ok()?);
        let tree = Tree::two(&mounts, &membership, rustix::process::geteuid().is_root())
            .or_else(|| Tree::one(&mounts, &membership))?;
        tree.remove_stale();
        tree.hold().ok()?; // What looks writable and is not is none of ours.
        Some(tree)
    }

    /// Makes the group that holds all others.
    fn hold(&self) -> io::Result<()> {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        for parent in self.parents() {
            let holder = parent.join(&self.holder);
            make(&holder)?;
            match &self.version {
                Version::Two { cpu, .. } => give_controllers(&holder, *cpu)?,
                Version::One { cpu, .. } if cpu.as_deref() == Some(parent) => {
                    fs::write(holder.join("cpu.shares"), (cores * SHARES_ONE).to_string())?;
                }
                Version::One { .. } => {}
            }
        }
        Ok(())
    }

    /// Version 2: as root a group of ours at the top; else, and in a container, the own group when it was delegated.
    fn two(mounts: &[Mount], membership: &str, root: bool) -> Option<Tree> {
        let mount = mounts.iter().find(|mount| mount.unified)?;
        let own = below(mount, membership.lines().find_map(|line| line.strip_prefix("0::"))?)?;
        // The top alone may have processes and give controllers at once.
        if let Some(cpu) = controllers(&own, "cgroup.subtree_control").filter(|_| writable(&own)) {
            return Some(Tree::new(Version::Two { unified: own, cpu }));
        }
        let top = || {
            let cpu = controllers(&mount.at, "cgroup.subtree_control").filter(|_| writable(&mount.at))?;
            let unified = mount.at.join(OWN);
            make(&unified).ok()?; // A read-only mount is one that we cannot use.
            give_controllers(&unified, cpu).ok()?;
            Some(Tree::new(Version::Two { unified, cpu }))
        };
        root.then(top).flatten().or_else(|| {
            let cpu = open_up(&own)?;
            Some(Tree::new(Version::Two { unified: own, cpu }))
        })
    }

    /// Version 1: groups below the own one in each hierarchy.
    fn one(mounts: &[Mount], membership: &str) -> Option<Tree> {
        let own = |controller: &str| {
            let mount = mounts.iter().find(|mount| mount.controllers.iter().any(|one| one == controller))?;
            let path = membership.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                controllers.split(',').any(|one| one == controller).then_some(path)
            })?;
            below(mount, path).filter(|folder| writable(folder))
        };
        Some(Tree::new(Version::One { memory: own("memory")?, pids: own("pids"), cpu: own("cpu") }))
    }

    fn new(version: Version) -> Tree {
        // A number of its own for each, as tests have several in one process.
        static TREES: AtomicU32 = AtomicU32::new(1);
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        let holder = format!("{PREFIX}{}-{number}", std::process::id());
        Tree { version, holder, free: Mutex::new(Free { groups: Vec::new(), made: 0 }) }
    }

    /// Which version, and what it controls, in words for people.
    pub fn words(&self) -> String {
        let (version, pids, cpu) = match &self.version {
            Version::One { pids, cpu, .. } => (1, pids.is_some(), cpu.is_some()),
            Version::Two { cpu, .. } => (2, true, *cpu),
        };
        let mut words = format!("version {version}: memory");
        for (name, there) in [("processes", pids), ("processor shares", cpu)] {
            if there {
                words.push_str(", ");
                words.push_str(name);
            }
        }
        words
    }

    /// A group with nobody in it. [`Tree::limit`] says what it may use.
    pub fn take(&self) -> io::Result<Group> {
        let name = {
            let mut free = self.free.lock().expect("no holder of this lock panics");
            free.groups.pop().unwrap_or_else(|| {
                free.made += 1;
                format!("{}/{}", self.holder, free.made)
            })
        };
        for parent in self.parents() {
            make(&parent.join(&name))?;
        }
        Ok(Group { name })
    }

    /// Sets what a group may use, also while it is in use.
    pub fn limit(&self, group: &Group, limits: &GroupLimits) -> io::Result<()> {
        for (parent, settings) in self.settings(limits) {
            for Setting { file, value, optional } in settings {
                match fs::write(parent.join(&group.name).join(file), value) {
                    Err(error) if !optional => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Moves a process into the group; its children follow.
    pub fn add(&self, group: &Group, pid: u32) -> io::Result<()> {
        for parent in self.parents() {
            fs::write(parent.join(&group.name).join("cgroup.procs"), pid.to_string())?;
        }
        Ok(())
    }

    /// Whether the kernel ended a process of this group for want of memory since the group was made.
    pub fn out_of_memory(&self, group: &Group) -> bool {
        let file = match &self.version {
            Version::One { memory, .. } => memory.join(&group.name).join("memory.oom_control"),
            Version::Two { unified, .. } => unified.join(&group.name).join("memory.events"),
        };
        // No such file means that the kernel does not count it.
        value_in(&file, "oom_kill").is_some_and(|count| count != 0)
    }

    /// Private memory of all processes of the group, without the pages of files and of /tmp.
    pub fn anonymous_bytes(&self, group: &Group) -> Option<u64> {
        match &self.version {
            Version::One { memory, .. } => {
                value_in(&memory.join(&group.name).join("memory.stat"), "total_rss")
            }
            Version::Two { unified, .. } => value_in(&unified.join(&group.name).join("memory.stat"), "anon"),
        }
    }

    /// Gives a group back once everything in it has ended. One that is still busy is left for [`Drop`].
    pub fn give_back(&self, group: Group) {
        // A used group is removed rather than reused when it has counted a kill, so that the count starts at zero.
        let removed = self.out_of_memory(&group) && self.remove(&group.name).is_ok();
        if !removed {
            self.free.lock().expect("no holder of this lock panics").groups.push(group.name);
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        for parent in self.parents() {
            fs::remove_dir(parent.join(name))?;
        }
        Ok(())
    }

    /// Removes the groups of clouds that were killed.
    fn remove_stale(&self) {
        for parent in self.parents() {
            let Ok(entries) = fs::read_dir(parent) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
                let owner = owner.and_then(|rest| rest.split_once('-')).map(|(pid, _)| pid);
                if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                    // Somebody in it may still be ending; the next start finds it again.
                    let inner = fs::read_dir(entry.path()).into_iter().flatten().flatten();
                    let _busy = inner
                        .filter(|inner| inner.path().is_dir())
                        .try_for_each(|inner| fs::remove_dir(inner.path()));
                    let _busy = fs::remove_dir(entry.path());
                }
            }
        }
    }

    fn parents(&self) -> Vec<&Path> {
        match &self.version {
            Version::Two { unified, .. } => vec![unified],
            Version::One { memory, pids, cpu } => {
                let others = [pids, cpu].into_iter().flatten();
                [memory].into_iter().chain(others).map(PathBuf::as_path).collect()
            }
        }
    }

    fn settings(&self, limits: &GroupLimits) -> Vec<(&Path, Vec<Setting>)> {
        let (memory, processes) = (limits.memory_bytes, limits.processes);
        let share = |one: u64| limits.share_megabytes * one / MEGABYTES_PER_PROCESSOR;
        match &self.version {
            Version::Two { unified, cpu } => {
                let mut settings = vec![
                    needed("memory.max", memory),
                    optional("memory.swap.max", 0),
                    optional("memory.oom.group", 1),
                    needed("pids.max", processes),
                ];
                if *cpu {
                    settings.push(needed("cpu.weight", share(WEIGHT_ONE).clamp(1, 10_000)));
                }
                vec![(unified, settings)]
            }
            Version::One { memory: folder, pids, cpu } => {
                // Memory and swap together may never be less than memory: up first, down last.
                let settings = vec![
                    optional("memory.memsw.limit_in_bytes", -1),
                    needed("memory.limit_in_bytes", memory),
                    optional("memory.memsw.limit_in_bytes", memory),
                ];
                let mut all = vec![(folder.as_path(), settings)];
                if let Some(pids) = pids {
                    all.push((pids, vec![needed("pids.max", processes)]));
                }
                if let Some(cpu) = cpu {
                    all.push((cpu, vec![needed("cpu.shares", share(SHARES_ONE).max(2))]));
                }
                all
            }
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let names = std::mem::take(&mut self.free.lock().expect("no holder of this lock panics").groups);
        for name in names {
            // A group that is still busy stays; the next start removes it.
            let _busy = self.remove(&name);
        }
        let _busy = self.remove(&self.holder);
    }
}

/// Whether a list of controllers has those of memory and processes; and if so, whether that of processor shares, too.
fn controllers(folder: &Path, list: &str) -> Option<bool> {
    let controllers = fs::read_to_string(folder.join(list)).ok()?;
    let has = |name| controllers.split_ascii_whitespace().any(|controller| controller == name);
    (has("memory") && has("pids")).then(|| has("cpu"))
}

/// Lets the children of a group be limited.
fn give_controllers(folder: &Path, cpu: bool) -> io::Result<()> {
    let wanted = if cpu { "+memory +pids +cpu" } else { "+memory +pids" };
    fs::write(folder.join("cgroup.subtree_control"), wanted)
}

/// Makes a delegated group, in which this process is alone, the parent of groups. None when it is not delegated, or
/// others are in it.
fn open_up(own: &Path) -> Option<bool> {
    let cpu = controllers(own, "cgroup.controllers")?;
    let files = ["cgroup.procs", "cgroup.subtree_control"].map(|file| own.join(file));
    let may_write = |path: &PathBuf| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    if !writable(own) || !files.iter().all(may_write) {
        return None;
    }
    let child = own.join(OWN);
    make(&child).ok()?;
    let pid = std::process::id().to_string();
    let opened = fs::write(child.join("cgroup.procs"), &pid).and_then(|()| give_controllers(own, cpu));
    if opened.is_err() {
        // As it was: somebody else is in the group, which may then have no children with controllers.
        let _still_there = fs::write(own.join("cgroup.procs"), &pid).and_then(|()| fs::remove_dir(&child));
        return None;
    }
    Some(cpu)
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok() && folder.is_dir()
}

/// The folder of a group; none when the mounted part of the hierarchy does not have it.
fn below(mount: &Mount, path: &str) -> Option<PathBuf> {
    let rest = match mount.root.as_str() {
        "/" => path,
        root => path.strip_prefix(root)?,
    };
    Some(mount.at.join(rest.trim_start_matches('/')))
}

fn mounts(mountinfo: &str) -> Vec<Mount> {
    let one = |line: &str| {
        let (front, back) = line.split_once(" - ")?;
        let front: Vec<&str> = front.split(' ').collect();
        let back: Vec<&str> = back.split(' ').collect();
        let unified = match *back.first()? {
            "cgroup2" => true,
            "cgroup" => false,
            _ => return None,
        };
        let options = if unified { "" } else { back.get(2)? };
        Some(Mount {
            root: (*front.get(3)?).to_string(),
            at: PathBuf::from(front.get(4)?),
            controllers: options.split(',').map(str::to_string).collect(),
            unified,
        })
    };
    mountinfo.lines().filter_map(one).collect()
}

/// The number after a name, in a file of names and numbers.
fn value_in(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let mut pairs = text.lines().filter_map(|line| line.split_once(' '));
    pairs.find(|(found, _)| *found == name).and_then(|(_, value)| value.trim().parse().ok())
}

#[cfg(test)]
mod tests;
