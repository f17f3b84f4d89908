//! Attacks on the sandbox from inside, with real processes. Run as root and once more as an ordinary user.

#![allow(clippy::unwrap_used)] // Tests may.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use jail::cgroup::GroupLimits;
use jail::host::{Child, Jail, Mode, system_binds};
use jail::spec::{Assignment, Bind, Event, Exit, Files, Layers, Limits, Network, Spec};

const PYTHON: &str = "/usr/bin/python3";

/// Functions for the scripts: `try_(name, fn)` prints the name and either the result or the error's name.
const PRELUDE: &str = r#"
import ctypes, errno, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if libc.syscall(number, *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")
    return "done"
def try_(name, attack):
    try:
        print(name, attack())
    except MemoryError:
        print(name, "MemoryError")
    except OSError as e:
        print(name, errno.errorcode.get(e.errno, e.errno))
"#;

mod layers;

/// Limits of a whole sandbox.
fn group(megabytes: u64, processes: u64) -> GroupLimits {
    GroupLimits { memory_bytes: megabytes << 20, processes, share_megabytes: megabytes }
}

struct Sandbox {
    code: tempfile::TempDir,
    jail: Jail,
    /// The program boots first and gets its code, limits and size of /tmp later.
    late: bool,
}

/// Runs when the code has come. The descriptor is closed, so that both kinds of start look the same inside.
const WAIT: &str = "import os, sys
fd = int(sys.argv.pop())
os.write(1, b'waiting')
os.read(fd, 1)
os.close(fd)
os.chdir('/var/task')
exec(compile(open('attack.py').read(), 'attack.py', 'exec'))";

impl Sandbox {
    fn new() -> Sandbox {
        Sandbox::on(Jail::probe(Mode::Degrade).unwrap())
    }

    fn on(jail: Jail) -> Sandbox {
        let code = tempfile::tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(code.path(), open).unwrap();
        Sandbox { code, jail, late: false }
    }

    /// Both kinds of start: with the code, and ahead of it.
    fn both() -> [Sandbox; 2] {
        [Sandbox::new(), Sandbox { late: true, ..Sandbox::new() }]
    }

    fn spec(&self) -> Spec {
        let task =
            if self.jail.has_private_files() { PathBuf::from("/var/task") } else { self.code.path().into() };
        let mut binds = system_binds();
        binds.push(Bind::new(self.code.path(), "/var/task"));
        Spec {
            program: Some(PYTHON.into()),
            args: vec!["-S".into(), "-E".into(), task.join("attack.py").to_str().unwrap().into()],
            env: vec![("ONLY".into(), "this".into())],
            cwd: task,
            layers: Layers::default(),
            files: Files { binds, tmp_bytes: 16 << 20, ..Files::default() },
            network: Network::default(),
            limits: Limits::default(),
            hostname: "inside".into(),
            companions: Default::default(),
        }
    }

    fn start(&self, script: &str, files: &[OwnedFd], change: impl FnOnce(&mut Spec)) -> Child {
        fs::write(self.code.path().join("attack.py"), format!("{PRELUDE}\n{script}")).unwrap();
        let mut spec = self.spec();
        change(&mut spec);
        if self.late {
            return self.start_ahead(spec, files);
        }
        self.jail.spawn(spec, files, &group(256, 1024)).unwrap()
    }

    fn start_ahead(&self, mut spec: Spec, files: &[OwnedFd]) -> Child {
        let code = spec.files.binds.pop().unwrap();
        let order = Assignment {
            binds: vec![code],
            tmp_bytes: spec.files.tmp_bytes,
            data_bytes: spec.limits.data_bytes.take(),
        };
        spec.files.folders = vec!["/var/task".into(), "/opt".into()];
        spec.files.late = true;
        spec.files.tmp_bytes = 64 << 20;
        spec.cwd = "/".into();
        // The gate comes behind the files.
        spec.args = vec!["-S".into(), "-E".into(), "-c".into(), WAIT.into(), (3 + files.len()).to_string()];
        let processes = spec.limits.processes;
        let mut child = self.jail.spawn(spec, files, &group(512, 1024)).unwrap();
        assert!(matches!(child.next_event().unwrap(), Some(Event::Started { .. })));
        let mut waiting = [0; 7];
        child.stdout.as_mut().unwrap().read_exact(&mut waiting).unwrap();
        assert_eq!(&waiting, b"waiting");
        child.assign(&order, &group(256, processes)).unwrap();
        child
    }

    fn run(&self, script: &str) -> String {
        self.run_with(script, |_| {})
    }

    fn run_with(&self, script: &str, change: impl FnOnce(&mut Spec)) -> String {
        let mut child = self.start(script, &[], change);
        let (mut out, mut err) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        let end = child.wait().unwrap();
        assert_eq!(end, Ok(Exit::Code(0)), "{out}{err}");
        out
    }
}

#[test]
fn everything_is_there_on_this_machine() {
    // The kernel and user of the test run allow every layer but control groups, and all rules of Landlock but those
    // that came with Linux 6.12; if that changes, other tests here would test less than they say.
    let jail = Jail::probe(Mode::Require).unwrap();
    let missing: Vec<_> = jail.missing().iter().map(|missing| missing.layer).collect();
    let missing: Vec<_> = missing.into_iter().filter(|layer| *layer != "control groups").collect();
    let expected: &[&str] = if has_scopes() { &[] } else { &["Landlock scopes"] };
    assert_eq!(missing, expected, "{:?}", jail.missing());
}

/// Whether this kernel's Landlock keeps signals and abstract sockets within a sandbox: Linux 6.12 and later.
fn has_scopes() -> bool {
    let name = rustix::system::uname();
    let mut numbers =
        name.release().to_str().unwrap().split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    let version: (u32, u32) = (numbers.next().unwrap(), numbers.next().unwrap());
    version >= (6, 12)
}

#[test]
fn the_environment_and_the_descriptors_are_built_from_nothing() {
    for sandbox in Sandbox::both() {
        the_environment_of(&sandbox);
    }
}

fn the_environment_of(sandbox: &Sandbox) {
    let out = sandbox.run(
        r#"
import socket
print(dict(os.environ), sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1], socket.gethostname())
print(os.getcwd(), os.getpid() != 1, sorted(os.listdir("/")))
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
"#,
    );
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("{'ONLY': 'this'"), "{out}");
    assert!(!lines[0].contains("PATH") && !lines[0].contains("CARGO"), "{out}");
    assert!(lines[0].ends_with("[0, 1, 2] inside"), "{out}");
    assert!(lines[1].starts_with("/var/task True"), "{out}");
    assert!(
        !lines[1].contains("'root'") && !lines[1].contains("'home'") && !lines[1].contains("'work'"),
        "{out}"
    );
    assert_eq!(lines[2], "0000000000000000", "no capability is left");
}

#[test]
fn the_files_of_the_host_cannot_be_read_or_written() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "secret").unwrap();
    for sandbox in Sandbox::both() {
        attack_the_files(&sandbox, secret.path());
    }
}

fn attack_the_files(sandbox: &Sandbox, secret: &Path) {
    let out = sandbox.run(&format!(
        r#"
try_("secret", lambda: open({path:?}).read())
try_("shadow", lambda: open("/etc/shadow").read())
try_("code", lambda: open("/var/task/new", "w"))
try_("own script", lambda: os.utime("/var/task/attack.py"))
try_("system", lambda: open("/usr/bin/new", "w"))
try_("root", lambda: open("/new", "w"))
try_("device", lambda: os.mknod("/tmp/disk", 0o60644, os.makedev(8, 0)))
try_("tmp", lambda: open("/tmp/new", "w").write("mine"))
try_("null", lambda: open("/dev/null", "w").write("gone"))
"#,
        path = secret
    ));
    assert_eq!(
        out,
        "secret ENOENT\nshadow ENOENT\ncode EROFS\nown script EROFS\nsystem EROFS\nroot EROFS\ndevice EPERM\ntmp 4\nnull 4\n"
    );
    assert!(!sandbox.code.path().join("new").exists());
}

#[test]
fn other_processes_cannot_be_seen_signalled_or_traced() {
    for sandbox in Sandbox::both() {
        attack_processes(&sandbox);
    }
}

fn attack_processes(sandbox: &Sandbox) {
    let mut victim = Command::new("sleep").arg("3600").spawn().unwrap();
    let out = sandbox.run(&format!(
        r#"
pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
print("pids", len(pids), 1 in pids, os.getpid() in pids)
try_("signal", lambda: os.kill({victim}, 9))
try_("init", lambda: os.kill(1, 9) or open("/proc/1/stat").read()[:1])
try_("init environ", lambda: open("/proc/1/environ").read())
try_("trace", lambda: call({ptrace}, 16, {victim}, 0, 0))
try_("read memory", lambda: call({readv}, {victim}, 0, 0, 0, 0, 0))
"#,
        victim = victim.id(),
        ptrace = libc::SYS_ptrace,
        readv = libc::SYS_process_vm_readv,
    ));
    assert!(victim.try_wait().unwrap().is_none(), "the victim lives");
    victim.kill().unwrap();
    victim.wait().unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "pids 2 True True");
    assert_eq!(lines[1], "signal ESRCH");
    // Root's init belongs to another user, an ordinary user's init is process 1 of its own namespace: neither dies.
    assert!(lines[2] == "init EPERM" || lines[2] == "init 1", "{out}");
    assert!(lines[3] == "init environ EACCES" || lines[3] == "init environ EPERM", "{out}");
    assert_eq!(lines[4..], ["trace EPERM", "read memory EPERM"]);
}

#[test]
fn the_kernel_is_small_inside() {
    for sandbox in Sandbox::both() {
        attack_the_kernel(&sandbox);
    }
}

fn attack_the_kernel(sandbox: &Sandbox) {
    let out = sandbox.run(&format!(
        r#"
try_("mount", lambda: call({mount}, b"none", b"/tmp", b"tmpfs", 0, 0))
try_("user namespace", lambda: call({unshare}, 0x10000000))
try_("clone user namespace", lambda: call({clone}, 0x10000000 | 17, 0, 0, 0, 0))
try_("clone3", lambda: call({clone3}, 0, 0))
try_("io_uring", lambda: call({uring}, 1, 0))
try_("bpf", lambda: call({bpf}, 0, 0, 0))
try_("keys", lambda: call({keyctl}, 0, 0, 0))
try_("userfaultfd", lambda: call({fault}, 0))
try_("other numbering", lambda: call(0x40000000 | 39))
try_("set time", lambda: call({settime}, 0, 0))
try_("fork", lambda: os.waitpid(os.spawnl(os.P_NOWAIT, "/bin/true", "true"), 0)[1])
"#,
        mount = libc::SYS_mount,
        unshare = libc::SYS_unshare,
        clone = libc::SYS_clone,
        clone3 = libc::SYS_clone3,
        uring = libc::SYS_io_uring_setup,
        bpf = libc::SYS_bpf,
        keyctl = libc::SYS_keyctl,
        fault = libc::SYS_userfaultfd,
        settime = libc::SYS_settimeofday,
    ));
    assert_eq!(
        out,
        "mount EPERM\nuser namespace EPERM\nclone user namespace EPERM\nclone3 ENOSYS\nio_uring EPERM\nbpf EPERM\n\
         keys EPERM\nuserfaultfd EPERM\nother numbering ENOSYS\nset time EPERM\nfork 0\n"
    );
}

#[test]
fn processes_memory_files_and_tmp_are_limited() {
    let script = r#"
def fill():
    with open("/tmp/big", "wb", buffering=0) as f:
        while True:
            f.write(bytes(1 << 20))
try_("tmp", fill)
try_("tmp size", lambda: os.stat("/tmp/big").st_size >> 20)
try_("files", lambda: [os.open("/dev/null", 0) for _ in range(2000)])
for fd in range(3, 1024):
    try: os.close(fd)
    except OSError: pass
try_("memory", lambda: len(bytearray(300 << 20)))
children = []
def bomb():
    while len(children) < 200:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
try_("bomb", bomb)
print("children", len(children))
"#;
    for sandbox in Sandbox::both() {
        let out = sandbox.run_with(script, |spec| {
            spec.limits = Limits { processes: 64, data_bytes: Some(128 << 20), ..Limits::default() };
        });
        expect_limits(&out);
    }
}

fn expect_limits(out: &str) {
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[..5],
        ["tmp ENOSPC", "tmp size 16", "files EMFILE", "memory MemoryError", "bomb EAGAIN"],
        "{out}"
    );
    let children: u32 = lines[5].strip_prefix("children ").unwrap().parse().unwrap();
    assert!((32..64).contains(&children), "{out}");
}

/// A program that leaves its session, forks twice, and whose last child holds the write end of a pipe.
const ESCAPER: &str = r#"
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(3, b"ready")
        signal.pause()
    os._exit(0)
signal.pause()
"#;

fn escape_and_end(sandbox: &Sandbox, end: impl FnOnce(&mut Child)) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut child = sandbox.start(ESCAPER, &[OwnedFd::from(writer)], |spec| {
        spec.files.scratch = Some(sandbox.code.path().into());
    });
    let mut ready = [0; 5];
    reader.read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready");
    end(&mut child);
    // The end of the pipe comes only when every process that holds it is gone.
    assert_eq!(reader.read(&mut ready).unwrap(), 0);
}

#[test]
fn killing_ends_everything_inside_even_what_hid() {
    for sandbox in Sandbox::both() {
        escape_and_end(&sandbox, |child| child.kill());
    }
    escape_and_end(&Sandbox::on(Jail::probe(Mode::Off).unwrap()), |child| child.kill());
}

#[test]
fn the_end_of_the_helper_is_the_end_of_the_sandbox() {
    for sandbox in Sandbox::both() {
        escape_and_end(&sandbox, |child| {
            // As when the machine ends the helper for want of memory.
            let helper = child.helper_pid();
            assert!(Command::new("kill").args(["-9", &helper.to_string()]).status().unwrap().success());
        });
    }
}

fn waiting(sandbox: &Sandbox, script: &str) -> Child {
    let spec = Spec {
        program: Some(PYTHON.into()),
        args: vec!["-S".into(), "-E".into(), "-c".into(), script.into()],
        env: Vec::new(),
        cwd: "/".into(),
        layers: Layers::default(),
        files: Files {
            binds: system_binds(),
            tmp_bytes: 1 << 20,
            folders: vec!["/var/task".into()],
            late: true,
            ..Files::default()
        },
        network: Network::default(),
        limits: Limits::default(),
        hostname: "inside".into(),
        companions: Default::default(),
    };
    let mut child = sandbox.jail.spawn(spec, &[], &group(256, 1024)).unwrap();
    assert!(matches!(child.next_event().unwrap(), Some(Event::Started { .. })));
    child
}

#[test]
fn a_waiting_program_gets_only_what_was_ordered_and_only_where() {
    let sandbox = Sandbox::new();
    let order = |source: &Path, target: &str| Assignment {
        binds: vec![Bind::new(source, target)],
        tmp_bytes: 1 << 20,
        data_bytes: None,
    };
    let failed = |mut child: Child, order: &Assignment| {
        child.assign(order, &group(256, 1024)).unwrap();
        child.wait().unwrap().unwrap_err()
    };
    let sleep = "import time; time.sleep(3600)";
    let error = failed(waiting(&sandbox, sleep), &order(sandbox.code.path(), "/etc"));
    assert_eq!(error, "assign: /etc is no waiting folder");
    let error = failed(waiting(&sandbox, sleep), &order(Path::new("/no/such/code"), "/var/task"));
    assert!(error.starts_with("show /no/such/code: No such file"), "{error}");
    // Before the order there is nothing, and a program that ends while it waits is reported as ended.
    let mut child = waiting(&sandbox, "import os, sys; sys.exit(len(os.listdir('/var/task')) + 7)");
    assert_eq!(child.wait().unwrap(), Ok(Exit::Code(7)));
    // A sandbox that nobody needed any more ends like any other.
    let mut child = waiting(&sandbox, sleep);
    child.kill();
    child.reap().unwrap();
}

#[test]
fn ends_and_errors_are_told() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.start("sys.exit(3)", &[], |_| {});
    assert_eq!(child.wait().unwrap(), Ok(Exit::Code(3)));
    let mut child = sandbox.start("os.kill(os.getpid(), 11)", &[], |_| {});
    assert_eq!(child.wait().unwrap(), Ok(Exit::Signal(11)));
    let mut child = sandbox.start("", &[], |spec| spec.program = Some("/usr/bin/no-such-program".into()));
    let error = child.wait().unwrap().unwrap_err();
    assert!(error.starts_with("start /usr/bin/no-such-program: No such file"), "{error}");
    let mut child = sandbox.start("", &[], |spec| spec.files.binds.push(Bind::new("/no/such/code", "/opt")));
    let error = child.wait().unwrap().unwrap_err();
    assert!(error.starts_with("show /no/such/code: No such file"), "{error}");
    let mut child = sandbox.start("", &[], |spec| spec.files.binds.push(Bind::new("/usr", "/var/../../etc")));
    assert!(child.wait().unwrap().unwrap_err().contains("not an absolute path"));
}

#[test]
fn without_namespaces_the_kernel_rules_still_guard_files_and_signals() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "secret").unwrap();
    let jail = Jail::with_layers(Layers { landlock: true, seccomp: true, ..Layers::default() });
    let sandbox = Sandbox::on(jail);
    let scratch = tempfile::tempdir().unwrap();
    let out = sandbox.run_with(
        &format!(
            r#"
try_("secret", lambda: open({secret:?}).read())
try_("code", lambda: open({code:?} + "/new", "w"))
try_("scratch", lambda: open({scratch:?} + "/new", "w").write("mine"))
try_("signal", lambda: os.kill(os.getppid(), 0))
try_("mount", lambda: call({mount}, b"none", b"/tmp", b"tmpfs", 0, 0))
print(open("/proc/self/status").read().split("CapEff:")[1].split()[0])
"#,
            secret = secret.path(),
            code = sandbox.code.path(),
            scratch = scratch.path(),
            mount = libc::SYS_mount,
        ),
        |spec| spec.files.scratch = Some(scratch.path().into()),
    );
    let signal = if has_scopes() { "EPERM" } else { "None" };
    let expected =
        format!("secret EACCES\ncode EACCES\nscratch 4\nsignal {signal}\nmount EPERM\n0000000000000000\n");
    assert_eq!(out, expected);
}

/// The same attacks as an ordinary user: this test starts this test binary again without root.
#[test]
fn an_ordinary_user_gets_the_same_sandbox() {
    if !rustix::process::geteuid().is_root() {
        return; // This is the second run.
    }
    let exe = std::env::current_exe().unwrap();
    let copy = tempfile::tempdir().unwrap();
    // The build folder may be closed to other users.
    let exe_copy = copy.path().join("it");
    fs::copy(&exe, &exe_copy).unwrap();
    fs::set_permissions(copy.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid", "1500", "--regid", "1500", "--clear-groups"])
        .arg(&exe_copy)
        .args(["--test-threads", "1"])
        .env("TMPDIR", "/tmp")
        .current_dir(Path::new("/"))
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("test the_files_of_the_host_cannot_be_read_or_written ... ok"), "{out}");
}

/// Waits for an event that `wanted` takes.
fn event<T>(child: &mut Child, wanted: impl Fn(&Event) -> Option<T>) -> T {
    loop {
        let next = child.next_event().unwrap().expect("the helper speaks on");
        assert!(!matches!(next, Event::Failed { .. } | Event::CompanionFailed { .. }), "{next:?}");
        if let Some(found) = wanted(&next) {
            return found;
        }
    }
}

#[test]
fn companions_run_beside_the_program_and_before_it() {
    for jail in [Jail::probe(Mode::Degrade).unwrap(), Jail::with_layers(Layers::default())] {
        let sandbox = Sandbox::on(jail);
        let folder = if sandbox.jail.has_private_files() {
            "/var/task".into()
        } else {
            sandbox.code.path().to_path_buf()
        };
        for (name, text) in [
            ("stays", "#!/bin/sh\necho stays $BESIDE $ONLY\nexec sleep 3600\n"),
            ("ends", "#!/bin/sh\nexit 5\n"),
        ] {
            let path = sandbox.code.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let (reader, writer) = std::io::pipe().unwrap();
        let (gate, mut opener) = std::io::pipe().unwrap();
        let files: Vec<OwnedFd> = vec![writer.into(), gate.into()];
        let script = "import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print('program', os.environ.get('BESIDE'), os.path.exists('/proc/self/fd/3'), flush=True)
time.sleep(3600)";
        let mut child = sandbox.start(script, &files, |spec| {
            spec.companions.programs = vec![folder.join("stays"), folder.join("ends")];
            spec.companions.env = vec![("BESIDE".into(), "yes".into())];
        });
        drop(files);
        let mut line = String::new();
        BufReader::new(reader).read_line(&mut line).unwrap();
        assert_eq!(line, "stays yes\n");
        let init = event(&mut child, |event| match event {
            Event::Started { init, .. } => Some(*init),
            _ => None,
        });
        let mut program = 0;
        let exit = event(&mut child, |event| match event {
            Event::CompanionExited { index: 1, exit } => Some(*exit),
            _ => None,
        });
        assert_eq!(exit, Exit::Code(5));
        opener.write_all(b"!").unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        line.clear();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "program None False\n");
        let tree: Vec<u32> = descendants(init);
        for pid in &tree {
            let name = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
            if name.contains("attack.py") {
                let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
                let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap();
                program = ids.split_ascii_whitespace().last().unwrap().parse().unwrap();
            }
        }
        jail::host::terminate(&tree, program).unwrap();
        let exit = event(&mut child, |event| match event {
            Event::Exited(exit) => Some(*exit),
            _ => None,
        });
        assert_eq!(exit, Exit::Code(3));
        let stays = tree.iter().find(|pid| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with("sleep"))
        });
        let stays = *stays.expect("the companion outlives the program");
        child.kill();
        child.reap().unwrap();
        assert!(!fs::exists(format!("/proc/{stays}")).unwrap(), "nothing is left");
    }
}

fn descendants(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let mut all = vec![pid];
    for child in children.split_ascii_whitespace() {
        all.extend(descendants(child.parse().unwrap()));
    }
    all
}
