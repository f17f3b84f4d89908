use super::*;

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

const LIMITS: GroupLimits = GroupLimits { memory_bytes: 128 << 20, processes: 1024, share_megabytes: 1769 };

fn mounted(root: &str, at: &Path, controllers: &str) -> Mount {
    let controllers = controllers.split(',').map(str::to_string).collect();
    Mount { root: root.to_string(), at: at.to_path_buf(), controllers, unified: false }
}

fn unified(at: &Path) -> Mount {
    Mount { unified: true, ..mounted("/", at, "") }
}

#[test]
fn hierarchies_are_found_among_the_mounts() {
    // Lines as proc_pid_mountinfo(5) describes them, from a machine with both versions.
    let text = "24 1 254:0 / / rw,relatime - ext4 /dev/root rw\n\
                31 24 0:26 /jobs /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n\
                40 24 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
    let found = mounts(text);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        Mount {
            root: "/jobs".into(),
            at: "/sys/fs/cgroup/memory".into(),
            controllers: vec!["rw".into(), "memory".into()],
            unified: false,
        }
    );
    assert_eq!(below(&found[0], "/jobs/7"), Some("/sys/fs/cgroup/memory/7".into()));
    assert_eq!(below(&found[0], "/other"), None);
    assert!(found[1].unified);
}

/// A group of version 2 as the kernel shows it, with the files that its owner may write.
fn group_of_two(folder: &Path, controllers: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("cgroup.controllers"), controllers).unwrap();
    for file in ["cgroup.procs", "cgroup.subtree_control"] {
        fs::write(folder.join(file), "").unwrap();
    }
}

/// Checks everything that was written below a folder against the kernel's own description of each file:
/// <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
fn check_writes(folder: &Path) {
    let number = |text: &str| text.parse::<u64>().is_ok();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            check_writes(&entry.path());
            continue;
        }
        let (name, value) = (entry.file_name().into_string().unwrap(), read(entry.path()));
        let fits = match name.as_str() {
            // "A read-write single value file": bytes or `max`.
            "memory.max" | "memory.swap.max" | "pids.max" => number(&value) || value == "max",
            // "The default value is 0", and 1 ends all processes of the group together.
            "memory.oom.group" => value == "0" || value == "1",
            // "The weight in the range [1, 10000]".
            "cpu.weight" => value.parse().is_ok_and(|weight: u64| (1..=10_000).contains(&weight)),
            // "A PID can be written to migrate the process": one for each write(2).
            "cgroup.procs" => value.is_empty() || number(&value),
            // "Space separated list of controllers prefixed with '+' or '-'".
            "cgroup.subtree_control" => {
                let known = |word: &str| ["+memory", "+pids", "+cpu"].contains(&word);
                value.split_terminator(' ').all(known)
            }
            "cgroup.controllers" | "memory.stat" | "memory.events" => true, // Ours to read alone; the test wrote them.
            other => panic!("the kernel has no file {other}"),
        };
        assert!(fits, "{name}: {value}");
        // "No internal process constraint": a group has processes, or children with controllers.
        let gives = name == "cgroup.subtree_control" && !value.is_empty();
        assert!(!gives || read(folder.join("cgroup.procs")).is_empty(), "{}", folder.display());
    }
}

#[test]
fn a_delegated_group_of_version_two_is_used_and_used_again() {
    let mount = tempfile::tempdir().unwrap();
    let own = mount.path().join("user.slice/cloudlet.service");
    fs::create_dir_all(&own).unwrap();
    let mounts = [unified(mount.path())];
    let membership = "1:name=x:/\n0::/user.slice/cloudlet.service\n";
    assert!(Tree::two(&mounts, membership, false).is_none(), "not delegated");
    group_of_two(&own, "io\n");
    assert!(Tree::two(&mounts, membership, false).is_none(), "delegated without the controllers");
    group_of_two(&own, "cpu io memory pids\n");
    let tree = Tree::two(&mounts, membership, false).unwrap();
    assert_eq!(tree.words(), "version 2: memory, processes, processor shares");
    // This process has left the group, as otherwise the kernel refuses to give controllers to children of it.
    assert_eq!(read(own.join("cloudlet/cgroup.procs")), std::process::id().to_string());
    assert_eq!(read(own.join("cgroup.subtree_control")), "+memory +pids +cpu");
    fs::create_dir(own.join(&tree.holder)).unwrap();
    fs::write(own.join(&tree.holder).join("cgroup.procs"), "").unwrap();
    tree.hold().unwrap();
    let group = tree.take().unwrap();
    tree.limit(&group, &LIMITS).unwrap();
    let folder = own.join(&group.name);
    assert_eq!(read(folder.join("memory.max")), "134217728");
    assert_eq!(read(folder.join("memory.swap.max")), "0");
    assert_eq!(read(folder.join("pids.max")), "1024");
    assert_eq!(read(folder.join("memory.oom.group")), "1");
    assert_eq!(read(folder.join("cpu.weight")), "100");
    tree.add(&group, 42).unwrap();
    assert_eq!(read(folder.join("cgroup.procs")), "42");
    check_writes(&own);
    fs::write(folder.join("memory.stat"), "anon 4096\nfile 99\n").unwrap();
    assert_eq!(tree.anonymous_bytes(&group), Some(4096));
    fs::write(folder.join("memory.events"), "low 0\nhigh 0\nmax 3\noom 1\noom_kill 0\noom_group_kill 0\n")
        .unwrap();
    assert!(!tree.out_of_memory(&group));
    tree.give_back(group.clone());
    assert_eq!(tree.take().unwrap(), group);
    for (megabytes, weight) in [(3538, "200"), (1, "1"), (u64::from(u32::MAX), "10000")] {
        tree.limit(&group, &GroupLimits { memory_bytes: 1, share_megabytes: megabytes, ..LIMITS }).unwrap();
        assert_eq!(read(folder.join("cpu.weight")), weight);
        check_writes(&own);
    }
    fs::write(folder.join("memory.events"), "oom 1\noom_kill 1\n").unwrap();
    assert!(tree.out_of_memory(&group));
}

#[test]
fn a_delegated_group_that_cannot_be_opened_is_left_as_it_was() {
    let mount = tempfile::tempdir().unwrap();
    let own = mount.path().join("session.scope");
    group_of_two(&own, "memory pids\n");
    // Stands for the kernel's EBUSY while others are in the group: no file that can be written.
    fs::remove_file(own.join("cgroup.subtree_control")).unwrap();
    fs::create_dir(own.join("cgroup.subtree_control")).unwrap();
    assert!(Tree::two(&[unified(mount.path())], "0::/session.scope\n", false).is_none());
    assert_eq!(read(own.join("cgroup.procs")), std::process::id().to_string(), "this process is back");
}

#[test]
fn root_makes_a_group_at_the_top_of_version_two() {
    let mount = tempfile::tempdir().unwrap();
    fs::create_dir_all(mount.path().join("session")).unwrap();
    fs::write(mount.path().join("cgroup.subtree_control"), "memory pids\n").unwrap();
    let mounts = [unified(mount.path())];
    assert!(Tree::two(&mounts, "0::/session\n", false).is_none(), "not for an ordinary user");
    let tree = Tree::two(&mounts, "0::/session\n", true).unwrap();
    assert_eq!(tree.words(), "version 2: memory, processes");
    assert_eq!(read(mount.path().join("cloudlet/cgroup.subtree_control")), "+memory +pids");
    // In a container the top is a group like others, and the program may be alone in it.
    let mount = tempfile::tempdir().unwrap();
    group_of_two(mount.path(), "memory pids\n");
    let tree = Tree::two(&[unified(mount.path())], "0::/\n", true).unwrap();
    assert_eq!(tree.version, Version::Two { unified: mount.path().to_path_buf(), cpu: false });
    assert_eq!(read(mount.path().join("cloudlet/cgroup.procs")), std::process::id().to_string());
    check_writes(mount.path());
}

#[test]
fn version_one_has_its_own_file_names_and_counts_kills() {
    let (memory, cpu) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(memory.path().join("job")).unwrap();
    let mounts = [mounted("/", memory.path(), "rw,memory"), mounted("/", cpu.path(), "rw,cpu,cpuacct")];
    let tree = Tree::one(&mounts, "4:memory:/job\n1:cpu,cpuacct:/\n8:pids:/\n").unwrap();
    assert_eq!(tree.words(), "version 1: memory, processor shares");
    tree.hold().unwrap();
    let group = tree.take().unwrap();
    tree.limit(&group, &LIMITS).unwrap();
    let folder = memory.path().join("job").join(&group.name);
    assert_eq!(read(folder.join("memory.limit_in_bytes")), "134217728");
    assert_eq!(read(cpu.path().join(&group.name).join("cpu.shares")), "1024");
    let together: usize = read(cpu.path().join(&tree.holder).join("cpu.shares")).parse().unwrap();
    assert_eq!(together, 1024 * std::thread::available_parallelism().unwrap().get());
    assert!(!tree.out_of_memory(&group));
    fs::write(folder.join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n").unwrap();
    assert!(tree.out_of_memory(&group));
    assert!(Tree::one(&mounts[1..], "4:memory:/job\n1:cpu,cpuacct:/\n").is_none(), "no memory controller");
}

#[test]
fn groups_of_a_killed_cloud_are_removed() {
    let memory = tempfile::tempdir().unwrap();
    let stale = memory.path().join(format!("cloudlet-{}-1", u32::MAX));
    let own = memory.path().join(format!("cloudlet-{}-1", std::process::id()));
    for folder in [&stale.join("7"), &own, &memory.path().join("other")] {
        fs::create_dir_all(folder).unwrap();
    }
    let tree = Tree::one(&[mounted("/", memory.path(), "memory")], "4:memory:/\n").unwrap();
    tree.remove_stale();
    assert!(!stale.exists() && own.exists() && memory.path().join("other").exists());
}
