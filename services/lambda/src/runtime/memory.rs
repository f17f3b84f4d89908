//! How much memory a sandbox uses, where the kernel does not limit it as a whole.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Processes of one sandbox that are looked at; a sandbox has at most 1,024.
const PROCESSES_MAX: usize = 1024;

/// The process ids of a sandbox: `init` and all of its descendants, `init` first.
pub(crate) fn tree(init: u32) -> Vec<u32> {
    let mut pids = vec![init];
    let mut next = 0;
    while next < pids.len() && pids.len() < PROCESSES_MAX {
        let pid = pids[next];
        next += 1;
        // A process that ended meanwhile has no list.
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        pids.extend(children.split_ascii_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    pids
}

/// The most memory that a process has had, in kilobytes.
pub(crate) fn peak_kilobytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    field(&status, "VmHWM:")
}

/// The memory of a sandbox in kilobytes: resident pages of all processes, shared ones counted once when the plain sum
/// is over `limit`.
pub(crate) fn used_kilobytes(init: u32, limit: u64) -> u64 {
    let pids = tree(init);
    let resident: u64 = pids.iter().map(|pid| field(&read(*pid, "status"), "VmRSS:")).sum();
    if resident <= limit {
        return resident;
    }
    // Slower, a millisecond for a large process, and exact.
    pids.iter().map(|pid| field(&read(*pid, "smaps_rollup"), "Pss:")).sum()
}

/// Files that are looked at to find the size of a folder; a folder with more is full, however small they are.
const FILES_MAX: usize = 65_536;

/// What the files in a folder take up on the disk; looks no further than `limit`.
pub(crate) fn stored_bytes(folder: &Path, limit: u64) -> u64 {
    let (mut bytes, mut files) = (0, 0);
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        // A folder that is gone by now holds nothing.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(data) = entry.metadata() else { continue };
            if data.is_dir() {
                folders.push(entry.path());
            }
            bytes += data.blocks() * BLOCK;
            files += 1;
            if files > FILES_MAX {
                return u64::MAX;
            }
            if bytes > limit {
                return bytes;
            }
        }
    }
    bytes
}

/// The unit of `st_blocks`: stat(2).
const BLOCK: u64 = 512;

fn read(pid: u32, file: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_ascii_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_a_size() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(stored_bytes(folder.path(), u64::MAX), 0);
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/file"), vec![1; 1 << 20]).unwrap();
        assert!(stored_bytes(folder.path(), u64::MAX) >= 1 << 20);
        assert!(stored_bytes(folder.path(), 1000) > 1000);
    }

    #[test]
    fn this_process_uses_memory() {
        let pid = std::process::id();
        assert_eq!(tree(pid)[0], pid);
        let used = used_kilobytes(pid, u64::MAX);
        assert!(used > 500, "{used}");
        assert!(used_kilobytes(pid, 0) > 100);
        assert!(peak_kilobytes(pid) >= used);
    }
}
