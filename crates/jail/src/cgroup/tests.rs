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

#[test]
fn a_delegated_group_of_version_two_is_used_and_used_again() {
    let mount = tempfile::tempdir().unwrap();
    let own = mount.path().join("user.slice/cloudlet.service");
    fs::create_dir_all(&own).unwrap();
    let mounts = [unified(mount.path())];
    let membership = "1:name=x:/\n0::/user.slice/cloudlet.service\n";
    assert!(Tree::two(&mounts, membership, false).is_none(), "no controllers yet");
    fs::write(own.join("cgroup.subtree_control"), "cpu memory pids\n").unwrap();
    let tree = Tree::two(&mounts, membership, false).unwrap();
    assert_eq!(tree.words(), "version 2: memory, processes, processor shares");
    tree.hold().unwrap();
    let group = tree.take().unwrap();
    tree.limit(&group, &LIMITS).unwrap();
    let folder = own.join(&group.name);
    assert_eq!(read(folder.join("memory.max")), "134217728");
    assert_eq!(read(folder.join("pids.max")), "1024");
    assert_eq!(read(folder.join("memory.oom.group")), "1");
    assert_eq!(read(folder.join("cpu.weight")), "100");
    tree.add(&group, 42).unwrap();
    assert_eq!(read(folder.join("cgroup.procs")), "42");
    fs::write(folder.join("memory.stat"), "anon 4096\nfile 99\n").unwrap();
    assert_eq!(tree.anonymous_bytes(&group), Some(4096));
    tree.give_back(group.clone());
    assert_eq!(tree.take().unwrap(), group);
    tree.limit(&group, &GroupLimits { memory_bytes: 1, share_megabytes: 3538, ..LIMITS }).unwrap();
    assert_eq!(read(folder.join("cpu.weight")), "200");
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
