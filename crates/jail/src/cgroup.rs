//! Control groups: memory and process count of a whole tree, where the host may make groups.
//!
//! Version 2 is preferred, version 1 understood. Groups are made in advance and used again, because making one takes
//! milliseconds on version 1. An ordinary user has none unless one was delegated (systemd `Delegate=yes`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The groups below one parent.
#[derive(Debug)]
pub struct Tree {
    version: Version,
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
    One { memory: PathBuf, pids: Option<PathBuf> },
    Two { unified: PathBuf },
}

/// A group that one sandbox uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    name: String,
}

impl Tree {
    /// The delegated group of this process on a version 2 hierarchy mounted at `mount`, when it has what we need.
    /// `membership` is the text of /proc/self/cgroup.
    pub fn delegated(mount: &Path, membership: &str) -> Option<Tree> {
        let own = membership.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let unified = mount.join(own);
        let controllers = fs::read_to_string(unified.join("cgroup.subtree_control")).ok()?;
        let has = |name| controllers.split_ascii_whitespace().any(|controller| controller == name);
        let usable = has("memory") && has("pids") && writable(&unified);
        usable.then(|| Tree::new(Version::Two { unified }))
    }

    /// Groups below folders that the operator named: a version 1 memory folder and, beside it, one for processes.
    pub fn version_one(memory: PathBuf, pids: Option<PathBuf>) -> Option<Tree> {
        let usable = writable(&memory) && pids.as_deref().is_none_or(writable);
        usable.then(|| Tree::new(Version::One { memory, pids }))
    }

    fn new(version: Version) -> Tree {
        Tree { version, free: Mutex::new(Free { groups: Vec::new(), made: 0 }) }
    }

    /// A group with these limits and nobody in it.
    pub fn take(&self, memory_bytes: u64, processes: u64) -> io::Result<Group> {
        let name = {
            let mut free = self.free.lock().expect("no holder of this lock panics");
            free.groups.pop().unwrap_or_else(|| {
                free.made += 1;
                format!("cloudlet-{}-{}", std::process::id(), free.made)
            })
        };
        for (folder, _) in self.folders(&name, memory_bytes, processes) {
            if !folder.is_dir() {
                fs::create_dir(&folder)?;
            }
        }
        let group = Group { name };
        self.limit(&group, memory_bytes, processes)?;
        Ok(group)
    }

    /// Sets the limits of a group, which may be in use.
    pub fn limit(&self, group: &Group, memory_bytes: u64, processes: u64) -> io::Result<()> {
        for (folder, limits) in self.folders(&group.name, memory_bytes, processes) {
            for (file, value) in limits {
                fs::write(folder.join(file), value)?;
            }
        }
        Ok(())
    }

    /// Moves a process into the group; its children follow.
    pub fn add(&self, group: &Group, pid: u32) -> io::Result<()> {
        for (folder, _) in self.folders(&group.name, 0, 0) {
            fs::write(folder.join("cgroup.procs"), pid.to_string())?;
        }
        Ok(())
    }

    /// Whether the kernel ended a process of this group for want of memory since the group was made.
    pub fn out_of_memory(&self, group: &Group) -> bool {
        let (file, key) = match &self.version {
            Version::One { memory, .. } => (memory.join(&group.name).join("memory.oom_control"), "oom_kill"),
            Version::Two { unified } => (unified.join(&group.name).join("memory.events"), "oom_kill"),
        };
        // No such file means that the kernel does not count it.
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .any(|(name, count)| name == key && count.trim() != "0")
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
        for (folder, _) in self.folders(name, 0, 0) {
            fs::remove_dir(folder)?;
        }
        Ok(())
    }

    fn folders(
        &self,
        name: &str,
        memory: u64,
        processes: u64,
    ) -> Vec<(PathBuf, Vec<(&'static str, String)>)> {
        let (memory, processes) = (memory.to_string(), processes.to_string());
        match &self.version {
            Version::Two { unified } => {
                let limits = vec![
                    ("memory.max", memory),
                    ("memory.swap.max", "0".to_string()),
                    ("memory.oom.group", "1".to_string()),
                    ("pids.max", processes),
                ];
                vec![(unified.join(name), limits)]
            }
            Version::One { memory: folder, pids } => {
                let mut folders = vec![(folder.join(name), vec![("memory.limit_in_bytes", memory)])];
                if let Some(pids) = pids {
                    folders.push((pids.join(name), vec![("pids.max", processes)]));
                }
                folders
            }
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let names = std::mem::take(&mut self.free.lock().expect("no holder of this lock panics").groups);
        for name in names {
            // A group that is still busy stays; the operator sees it by its name.
            let _busy = self.remove(&name);
        }
    }
}

fn writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok() && folder.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: PathBuf) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_delegated_group_of_version_two_is_used_and_used_again() {
        let mount = tempfile::tempdir().unwrap();
        let own = mount.path().join("user.slice/cloudlet.service");
        fs::create_dir_all(&own).unwrap();
        assert!(
            Tree::delegated(mount.path(), "0::/user.slice/cloudlet.service\n").is_none(),
            "no controllers yet"
        );
        fs::write(own.join("cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let tree = Tree::delegated(mount.path(), "1:name=x:/\n0::/user.slice/cloudlet.service\n").unwrap();
        let group = tree.take(128 << 20, 1024).unwrap();
        let folder = own.join(&group.name);
        assert_eq!(read(folder.join("memory.max")), "134217728");
        assert_eq!(read(folder.join("pids.max")), "1024");
        assert_eq!(read(folder.join("memory.oom.group")), "1");
        tree.add(&group, 42).unwrap();
        assert_eq!(read(folder.join("cgroup.procs")), "42");
        tree.give_back(group.clone());
        assert_eq!(tree.take(256 << 20, 1024).unwrap(), group);
        assert_eq!(read(folder.join("memory.max")), "268435456");
    }

    #[test]
    fn version_one_has_its_own_file_names_and_counts_kills() {
        let memory = tempfile::tempdir().unwrap();
        let tree = Tree::version_one(memory.path().to_path_buf(), None).unwrap();
        let group = tree.take(64 << 20, 1024).unwrap();
        let folder = memory.path().join(&group.name);
        assert_eq!(read(folder.join("memory.limit_in_bytes")), "67108864");
        assert!(!tree.out_of_memory(&group));
        fs::write(folder.join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
            .unwrap();
        assert!(tree.out_of_memory(&group));
    }
}
