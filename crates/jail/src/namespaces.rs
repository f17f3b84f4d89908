//! Own users, mounts, processes, ipc and host name, and the private file system.
//!
//! Order matters: [`enter`] leaves the host's namespaces, then the caller forks (the child is process 1 of the new
//! process namespace), and that child calls [`build_root`].

use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use rustix::fs::CWD;
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount, mount_change,
    mount_remount, move_mount, open_tree, unmount,
};
use rustix::thread::{UnshareFlags, unshare_unsafe};

use crate::helper::Trouble;
use crate::spec::{Bind, Files, Spec};

/// User and group id inside, Lambda's own (`sbx_user1051`).
pub(crate) const INNER_UID: u32 = 993;
pub(crate) const INNER_GID: u32 = 990;

/// Where the new root is put together. Any folder that surely exists does: its content is out of sight only in our own
/// mount namespace, after every source has been opened.
const WORKSHOP: &[&str] = &["/usr", "/tmp", "/mnt"];

/// Devices that appear in the private /dev.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Leaves the host's namespaces. The process namespace takes effect for the next child.
pub(crate) fn enter(spec: &Spec) -> Result<(), Trouble> {
    let mut flags = UnshareFlags::NEWNS | UnshareFlags::NEWPID | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if spec.layers.user_namespace {
        flags |= UnshareFlags::NEWUSER;
    }
    if spec.network.own {
        flags |= UnshareFlags::NEWNET;
    }
    // SAFETY: FILES is not among the flags, so no thread loses sight of a descriptor; the helper has one thread anyway.
    unsafe { unshare_unsafe(flags) }.map_err(|e| Trouble::new("leave the host's namespaces", e))?;
    if spec.layers.user_namespace {
        // A group map needs setgroups to be off first: user_namespaces(7).
        write("/proc/self/setgroups", "deny")?;
        write("/proc/self/uid_map", &format!("{INNER_UID} {uid} 1"))?;
        write("/proc/self/gid_map", &format!("{INNER_GID} {gid} 1"))?;
    }
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(|e| Trouble::new("make mounts private", e))?;
    rustix::system::sethostname(spec.hostname.as_bytes()).map_err(|e| Trouble::new("set the host name", e))
}

/// Leaves the mount namespace that [`enter`] has made to the helper alone. It goes on to see the host's files, so that
/// it can open trees for [`attach`] after the program has started.
pub(crate) fn leave_to_helper() -> Result<(), Trouble> {
    // SAFETY: as in `enter`.
    unsafe { unshare_unsafe(UnshareFlags::NEWNS) }.map_err(|e| Trouble::new("make own mounts", e))
}

fn write(path: &str, text: &str) -> Result<(), Trouble> {
    fs::write(path, text).map_err(|e| Trouble::io(format!("write {path}"), &e))
}

/// Builds the private file system and makes it the root. Called by process 1 of the new process namespace.
pub(crate) fn build_root(files: &Files) -> Result<(), Trouble> {
    let sources = open_sources(files)?;
    let devices = open_devices()?;
    let workshop = WORKSHOP.iter().find(|path| Path::new(path).is_dir());
    let workshop = *workshop
        .ok_or_else(|| Trouble::text("find a place for the root", "no /usr, /tmp or /mnt".into()))?;
    tmpfs(workshop, MountFlags::NOSUID | MountFlags::NODEV, "mode=755,size=1m,nr_inodes=4k")?;
    rustix::process::chdir(workshop).map_err(|e| Trouble::new("enter the new root", e))?;

    for source in sources {
        source.place()?;
    }
    for folder in &files.folders {
        make_dir(&inside(folder)?)?;
    }
    for (path, text) in &files.texts {
        let path = inside(path)?;
        make_parent(&path)?;
        fs::write(&path, text).map_err(|e| Trouble::io(format!("write {}", path.display()), &e))?;
    }
    make_dir(Path::new("tmp"))?;
    tmpfs("tmp", TMP_FLAGS, &tmp_size(files.tmp_bytes))?;
    make_dev(devices)?;
    make_dir(Path::new("proc"))?;
    mount("proc", "proc", "proc", MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC, None)
        .map_err(|e| Trouble::new("mount /proc", e))?;

    rustix::process::pivot_root(".", ".").map_err(|e| Trouble::new("change the root", e))?;
    // Both roots are stacked on the same place now; this takes the old one away from under our feet.
    unmount(".", UnmountFlags::DETACH).map_err(|e| Trouble::new("leave the old root", e))?;
    rustix::process::chdir("/").map_err(|e| Trouble::new("enter the new root", e))?;
    let root = rustix::fs::open(
        "/",
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .map_err(|e| Trouble::new("open the new root", e))?;
    set_attributes(&root, READ_ONLY | libc::MOUNT_ATTR_NODEV, false)
}

const TMP_FLAGS: MountFlags = MountFlags::NOSUID.union(MountFlags::NODEV);

fn tmp_size(bytes: u64) -> String {
    format!("mode=1777,size={bytes},nr_inodes={}", bytes / TMP_BYTES_PER_FILE + 1024)
}

/// Changes the size of the private /tmp. Called by process 1, inside.
pub(crate) fn resize_tmp(bytes: u64) -> Result<(), Trouble> {
    let options = CString::new(tmp_size(bytes)).expect("a number holds no zero byte");
    mount_remount("/tmp", TMP_FLAGS, options.as_c_str()).map_err(|e| Trouble::new("size /tmp", e))
}

/// Opens the tree of a bind for another process. Called by the helper, which sees the host's files.
pub(crate) fn open_tree_of(bind: &Bind) -> Result<OwnedFd, Trouble> {
    let name = || format!("show {}", bind.source.display());
    let real = fs::canonicalize(&bind.source).map_err(|e| Trouble::io(name(), &e))?;
    detached_tree(&real, bind.writable).map_err(|trouble| trouble.at(name()))
}

/// One inode for this many bytes of /tmp, so that a flood of empty files ends before the kernel's memory does.
const TMP_BYTES_PER_FILE: u64 = 4096;

const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;

/// A source that was opened (as a detached mount) or is a symbolic link to repeat.
enum Source {
    Tree { tree: OwnedFd, target: PathBuf, folder: bool },
    Link { to: PathBuf, target: PathBuf },
}

impl Source {
    fn place(self) -> Result<(), Trouble> {
        match self {
            Source::Link { to, target } => {
                make_parent(&target)?;
                symlink(&to, &target).map_err(|e| Trouble::io(format!("link {}", target.display()), &e))
            }
            Source::Tree { tree, target, folder } => {
                if folder {
                    make_dir(&target)?;
                } else {
                    touch(&target)?;
                }
                attach(&tree, &target)
            }
        }
    }
}

/// Opens every source before anything is covered, read-only from the start.
fn open_sources(files: &Files) -> Result<Vec<Source>, Trouble> {
    let mut sources = Vec::new();
    for bind in &files.binds {
        if let Some(source) = open_source(bind)? {
            sources.push(source);
        }
    }
    Ok(sources)
}

fn open_source(bind: &Bind) -> Result<Option<Source>, Trouble> {
    let name = || format!("show {}", bind.source.display());
    let target = inside(&bind.target)?;
    let kind = match fs::symlink_metadata(&bind.source) {
        Ok(kind) => kind,
        Err(e) if bind.optional && e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Trouble::io(name(), &e)),
    };
    // `/lib -> usr/lib` is repeated as a link when it stays at its place; other links are followed.
    if kind.is_symlink() && bind.source == bind.target {
        let to = fs::read_link(&bind.source).map_err(|e| Trouble::io(name(), &e))?;
        let first = to.components().next();
        let short = bind.source.components().count() == 2;
        if short && matches!(first, Some(Component::Normal(_))) {
            return Ok(Some(Source::Link { to, target }));
        }
    }
    let real = match fs::canonicalize(&bind.source) {
        Ok(real) => real,
        Err(e) if bind.optional && e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Trouble::io(name(), &e)),
    };
    let folder = real.is_dir();
    let tree = detached_tree(&real, bind.writable).map_err(|trouble| trouble.at(name()))?;
    Ok(Some(Source::Tree { tree, target, folder }))
}

/// A copy of the mounts at `path` that is not attached anywhere.
fn detached_tree(path: &Path, writable: bool) -> Result<OwnedFd, Trouble> {
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let tree = open_tree(CWD, path, flags).map_err(|e| Trouble::new("open the tree", e))?;
    let access = if writable { 0 } else { libc::MOUNT_ATTR_RDONLY };
    set_attributes(&tree, access | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV, true)?;
    Ok(tree)
}

fn open_devices() -> Result<Vec<(OwnedFd, &'static str)>, Trouble> {
    let mut devices = Vec::new();
    for name in DEVICES {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let tree = open_tree(CWD, format!("/dev/{name}"), flags)
            .map_err(|e| Trouble::new(format!("/dev/{name}"), e))?;
        devices.push((tree, *name));
    }
    Ok(devices)
}

fn make_dev(devices: Vec<(OwnedFd, &'static str)>) -> Result<(), Trouble> {
    make_dir(Path::new("dev"))?;
    // A file system of its own because the root forbids devices.
    tmpfs("dev", MountFlags::NOSUID | MountFlags::NOEXEC, "mode=755,size=64k,nr_inodes=64")?;
    for (tree, name) in devices {
        let path = Path::new("dev").join(name);
        touch(&path)?;
        attach(&tree, &path)?;
    }
    for (name, to) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{to}"), Path::new("dev").join(name))
            .map_err(|e| Trouble::io(format!("link /dev/{name}"), &e))?;
    }
    let dev = rustix::fs::open(
        "dev",
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .map_err(|e| Trouble::new("open /dev", e))?;
    set_attributes(&dev, READ_ONLY, false)
}

/// The path below the new root, which is the working directory. Only absolute paths without `..` are paths inside.
fn inside(path: &Path) -> Result<PathBuf, Trouble> {
    let mut parts = path.components();
    let absolute = parts.next() == Some(Component::RootDir);
    let rest: PathBuf = parts.clone().collect();
    if !absolute || rest.as_os_str().is_empty() || !parts.all(|part| matches!(part, Component::Normal(_))) {
        return Err(Trouble::text(
            format!("show something at {}", path.display()),
            "not an absolute path".to_string(),
        ));
    }
    Ok(rest)
}

fn make_dir(path: &Path) -> Result<(), Trouble> {
    fs::create_dir_all(path).map_err(|e| Trouble::io(format!("make folder {}", path.display()), &e))
}

fn make_parent(path: &Path) -> Result<(), Trouble> {
    path.parent().map_or(Ok(()), make_dir)
}

fn touch(path: &Path) -> Result<(), Trouble> {
    make_parent(path)?;
    fs::write(path, "").map_err(|e| Trouble::io(format!("make file {}", path.display()), &e))
}

fn tmpfs(target: &str, flags: MountFlags, options: &str) -> Result<(), Trouble> {
    let options = CString::new(options)
        .map_err(|_| Trouble::text(format!("mount {target}"), "an option holds a zero byte".to_string()))?;
    mount("tmpfs", target, "tmpfs", flags, Some(options.as_c_str()))
        .map_err(|e| Trouble::new(format!("mount {target}"), e))
}

pub(crate) fn attach(tree: &OwnedFd, target: &Path) -> Result<(), Trouble> {
    move_mount(tree.as_fd(), "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .map_err(|e| Trouble::new(format!("attach {}", target.display()), e))
}

/// mount_setattr(2), Linux 5.12: adds attributes and never takes one away, so that what the host locked stays locked.
fn set_attributes(tree: &OwnedFd, attributes: u64, recursive: bool) -> Result<(), Trouble> {
    const EMPTY: &CStr = c"";
    let change = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: `change` and EMPTY outlive the call, and the size given is that of `change`.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            EMPTY.as_ptr(),
            flags,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(Trouble::io("make a tree read-only", &std::io::Error::last_os_error()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_absolute_paths_lead_inside() {
        assert_eq!(inside(Path::new("/var/task")).unwrap(), PathBuf::from("var/task"));
        for bad in ["var/task", "/", "/var/../etc", "", "../x"] {
            assert!(inside(Path::new(bad)).is_err(), "{bad}");
        }
    }
}
