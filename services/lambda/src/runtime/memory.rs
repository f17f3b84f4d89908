//! How much memory a sandbox uses, where the kernel does not limit it as a whole.

use std::fs;

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
    fn this_process_uses_memory() {
        let pid = std::process::id();
        assert_eq!(tree(pid)[0], pid);
        let used = used_kilobytes(pid, u64::MAX);
        assert!(used > 500, "{used}");
        assert!(used_kilobytes(pid, 0) > 100);
        assert!(peak_kilobytes(pid) >= used);
    }
}
