//! Each layer by itself: an attack that works without it and fails with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use jail::host::{Jail, Mode};
use jail::spec::{Exit, Layers, Limits, Listen, Network, Spec};

use super::{PRELUDE, Sandbox, group, has_scopes};

/// Each line names an attack; `{…}` is filled in. An attack that works says `done`.
const ATTACKS: &str = r#"
import socket, subprocess, tempfile
def read(path): open(path).read(); return "done"
def write(path): open(path, "w").close(); return "done"
def see():
    victims = [p for p in os.listdir("/proc") if p == str({victim})]
    return "done" if victims else "unseen"
def fill():
    with open(os.path.join({tmp}, "big"), "wb", buffering=0) as f:
        for _ in range(24):
            f.write(bytes(1 << 20))
    return "done"
def child(attack):
    pid = os.fork()
    if pid == 0:
        try:
            attack()
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code:
        raise OSError(code, "")
    return "done"
def own_mount():
    call({unshare}, 0x10000000 | 0x20000)
    call({mount}, b"none", b"/tmp", b"tmpfs", 0, 0)
def traced():
    call({ptrace}, 0, 0, 0, 0)
def bomb():
    children = []
    try:
        while len(children) < 100:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            children.append(pid)
        return "done"
    finally:
        for pid in children:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
def ring():
    try:
        return call({uring}, 1, buffer)
    except OSError as e:
        if e.errno == errno.ENOMEM: return "done" # It came through, and met the limit on locked memory.
        raise
def connect():
    socket.create_connection(("127.0.0.1", {port}), 5).close()
    return "done"
def abstract():
    s = socket.socket(socket.AF_UNIX)
    s.connect("\0{abstract}")
    return "done"
buffer = ctypes.create_string_buffer(4096)
try_("secret", lambda: read({secret}))
try_("host tmp", lambda: write({host_tmp}))
try_("code", lambda: write({code} + "/new"))
try_("see", see)
try_("signal", lambda: os.kill({victim}, 0) or "done")
try_("environ", lambda: read("/proc/{victim}/environ"))
try_("fill", fill)
try_("own mount", lambda: child(own_mount))
try_("ptrace", lambda: child(traced))
try_("memory of others", lambda: call({vm_readv}, *map(ctypes.c_long, (os.getpid(), 0, 0, 0, 0, 0))))
try_("io_uring", ring)
try_("keyctl", lambda: call({keyctl}, 0, -3, 1))
try_("userfaultfd", lambda: call({fault}, 1))
try_("odd socket", lambda: call({socket}, {alg}, 5, 0) if os.path.exists("/proc/net/protocols") else "done")
try_("bomb", bomb)
try_("loopback", connect)
try_("abstract", abstract)
"#;

struct Field {
    secret: tempfile::NamedTempFile,
    scratch: tempfile::TempDir,
    host_tmp: tempfile::TempDir,
    listener: TcpListener,
    abstract_name: String,
    _abstract: std::os::unix::net::UnixListener,
    victim: std::process::Child,
}

impl Drop for Field {
    fn drop(&mut self) {
        self.victim.kill().unwrap();
        self.victim.wait().unwrap();
    }
}

impl Field {
    fn new() -> Field {
        use std::os::linux::net::SocketAddrExt;
        let abstract_name = format!("cloudlet-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&abstract_name).unwrap();
        let folder = || {
            let folder = tempfile::tempdir().unwrap();
            fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
            folder
        };
        Field {
            secret: tempfile::NamedTempFile::new().unwrap(),
            scratch: folder(),
            host_tmp: folder(),
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            abstract_name,
            _abstract: std::os::unix::net::UnixListener::bind_addr(&address).unwrap(),
            victim: Command::new("sleep").arg("3600").spawn().unwrap(),
        }
    }

    /// What each attack came to with these layers.
    fn attack(&self, layers: Layers, change: impl FnOnce(&mut Spec)) -> BTreeMap<String, String> {
        self.attack_on(Jail::with_layers(layers), change)
    }

    fn attack_on(&self, jail: Jail, change: impl FnOnce(&mut Spec)) -> BTreeMap<String, String> {
        let private = jail.has_private_files();
        let sandbox = Sandbox::on(jail);
        let code = if private { "/var/task".into() } else { sandbox.code.path().display().to_string() };
        let tmp = if private { "/tmp".into() } else { self.scratch.path().display().to_string() };
        let quoted = |text: &dyn std::fmt::Display| format!("{:?}", text.to_string());
        let mut script = ATTACKS.to_string();
        for (name, value) in [
            ("{secret}", quoted(&self.secret.path().display())),
            ("{host_tmp}", quoted(&self.host_tmp.path().join("new").display())),
            ("{code}", quoted(&code)),
            ("{tmp}", quoted(&tmp)),
            ("{victim}", self.victim.id().to_string()),
            ("{port}", self.listener.local_addr().unwrap().port().to_string()),
            ("{abstract}", self.abstract_name.clone()),
            ("{unshare}", libc::SYS_unshare.to_string()),
            ("{mount}", libc::SYS_mount.to_string()),
            ("{ptrace}", libc::SYS_ptrace.to_string()),
            ("{vm_readv}", libc::SYS_process_vm_readv.to_string()),
            ("{uring}", libc::SYS_io_uring_setup.to_string()),
            ("{keyctl}", libc::SYS_keyctl.to_string()),
            ("{fault}", libc::SYS_userfaultfd.to_string()),
            ("{socket}", libc::SYS_socket.to_string()),
            ("{alg}", libc::AF_ALG.to_string()),
        ] {
            script = script.replace(name, &value);
        }
        let out = sandbox.run_with(&script, |spec| {
            spec.files.scratch = Some(self.scratch.path().into());
            change(spec);
        });
        out.lines().map(|line| line.rsplit_once(' ').unwrap()).map(|(a, b)| (a.into(), b.into())).collect()
    }
}

#[track_caller]
fn fails(results: &BTreeMap<String, String>, expected: &[(&str, &str)]) {
    for (attack, error) in expected {
        assert_eq!(results[*attack], *error, "{attack}: {results:?}");
    }
}

fn user_namespace() -> bool {
    !rustix::process::geteuid().is_root()
}

#[test]
fn each_layer_stops_what_works_without_it() {
    let field = Field::new();
    let open = field.attack(Layers::default(), |_| {});
    // AF_ALG may be missing in the kernel, and then nobody has it. The victim of a test that runs as root has powers
    // that the attacker has not.
    let root = rustix::process::geteuid().is_root();
    let tried = |name: &str| name != "odd socket" && !(root && name == "environ");
    let works: Vec<_> = open.iter().filter(|(name, _)| tried(name)).collect();
    assert!(works.iter().all(|(_, result)| *result == "done"), "{open:?}");
    assert_eq!(works.len(), if root { 15 } else { 16 });

    let namespaces =
        Layers { namespaces: true, user_namespace: user_namespace(), user: None, ..Layers::default() };
    let found = field.attack(namespaces, |_| {});
    fails(
        &found,
        &[
            ("secret", "ENOENT"),
            ("host tmp", "ENOENT"),
            ("code", "EROFS"),
            ("see", "unseen"),
            ("signal", "ESRCH"),
            ("environ", "ENOENT"),
            ("fill", "ENOSPC"),
            // What the others are for.
            ("io_uring", "done"),
            ("abstract", "done"),
            ("loopback", "done"),
            ("bomb", "done"),
        ],
    );

    let found = field.attack(namespaces, |spec| spec.network = Network { own: true, ..Network::default() });
    fails(&found, &[("loopback", "ECONNREFUSED"), ("abstract", "ECONNREFUSED")]);

    let found = field.attack(Layers { landlock: true, ..Layers::default() }, |_| {});
    fails(
        &found,
        &[
            ("secret", "EACCES"),
            ("host tmp", "EACCES"),
            ("code", "EACCES"),
            ("fill", "done"),
            ("keyctl", "done"),
        ],
    );
    let within = if has_scopes() { "EPERM" } else { "done" };
    fails(&found, &[("signal", within), ("abstract", within)]);

    let found = field.attack(Layers { seccomp: true, ..Layers::default() }, |_| {});
    fails(
        &found,
        &[
            ("own mount", "EPERM"),
            ("ptrace", "EPERM"),
            ("memory of others", "EPERM"),
            ("io_uring", "EPERM"),
            ("keyctl", "EPERM"),
            ("userfaultfd", "EPERM"),
            ("odd socket", "EPERM"),
            ("secret", "done"),
        ],
    );

    let limits = Limits { file_bytes: Some(16 << 20), ..Limits::default() };
    let found = field.attack(Layers::default(), |spec| spec.limits = limits);
    fails(&found, &[("fill", "EFBIG")]);
}

/// The number of processes is counted for each user, so that an ordinary user's own count here; root has no limit, and
/// root's sandboxes have a user of their own.
#[test]
fn a_fork_bomb_ends_at_the_limit() {
    let field = Field::new();
    let limits = Limits { processes: 64, ..Limits::default() };
    let jail = Jail::probe(Mode::Degrade).unwrap();
    let found = field.attack_on(jail, |spec| spec.limits = limits);
    fails(&found, &[("bomb", "EAGAIN")]);
}

/// Memory that no process has alone, so that no limit of a process stops it.
const SHARED_OUT: &str = r#"
pipes = []
for _ in range(4):
    ready, told = os.pipe()
    if os.fork() == 0:
        block = b"x" * (48 << 20)
        os.write(told, b"!")
        signal.pause()
    os.close(told)
    pipes.append(ready)
print(sum(len(os.read(ready, 1)) for ready in pipes))
"#;

#[test]
fn the_memory_of_a_tree_has_a_wall_where_groups_exist() {
    let jail = Jail::probe(Mode::Degrade).unwrap();
    if !jail.limits_trees() {
        let missing: Vec<_> = jail.missing().iter().map(|missing| missing.layer).collect();
        assert!(missing.contains(&"control groups"), "{missing:?}");
        return;
    }
    let sandbox = Sandbox::on(jail);
    let end = |megabytes: u64| {
        fs::write(sandbox.code.path().join("attack.py"), format!("{PRELUDE}\n{SHARED_OUT}")).unwrap();
        let spec = sandbox.spec();
        let mut child = sandbox.jail.spawn(spec, &[], &group(megabytes, 1024)).unwrap();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let end = child.wait().unwrap();
        (end, child.out_of_memory(), out)
    };
    assert_eq!(end(1024), (Ok(Exit::Code(0)), false, "4\n".to_string()));
    let (_, out_of_memory, _) = end(128);
    assert!(out_of_memory);
}

#[test]
fn spares_wait_in_groups_and_are_used() {
    let mut jail = Jail::probe(Mode::Degrade).unwrap();
    jail.keep_spares(2);
    let sandbox = Sandbox::on(jail);
    for round in 0..4 {
        assert_eq!(sandbox.run(&format!("print({round})")), format!("{round}\n"));
    }
}

#[test]
fn the_host_answers_in_the_network_of_a_sandbox() {
    let jail = Jail::probe(Mode::Require).unwrap();
    assert!(jail.has_networks());
    let sandbox = Sandbox::on(jail);
    let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let script = r#"
import socket
s = socket.create_connection(("127.0.0.1", 443), 5)
print(s.recv(100).decode())
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.sendto(b"ask", ("127.0.0.1", 53))
print(u.recv(100).decode())
try_("elsewhere", lambda: socket.create_connection(("192.0.2.1", 80), 5))
print(len(os.listdir("/proc/self/fd")))
"#;
    let mut child = sandbox.start(script, &[], |spec| {
        let listen = vec![
            Listen { address: address(443), datagrams: false },
            Listen { address: address(53), datagrams: true },
        ];
        spec.network = Network { own: true, listen, outlets: 0 };
    });
    let mut sockets = std::mem::take(&mut child.sockets).into_iter();
    let listener = TcpListener::from(sockets.next().unwrap());
    listener.accept().unwrap().0.write_all(b"hello from the host").unwrap();
    let datagrams = std::net::UdpSocket::from(sockets.next().unwrap());
    let mut buffer = [0; 100];
    let (length, from) = datagrams.recv_from(&mut buffer).unwrap();
    datagrams.send_to(&[&buffer[..length], b"ed"].concat(), from).unwrap();
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap(), Ok(Exit::Code(0)), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..3], ["hello from the host", "asked", "elsewhere ENETUNREACH"]);
    // Its three streams, both sockets and the folder: the way to the host is not among them.
    assert_eq!(lines[3], "6");
}
