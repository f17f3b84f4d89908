//! A PostgreSQL server of a test's own, to be killed and started again, and a line to the database that breaks.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::RngExt;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

use crate::engines::rng;

/// A server that syncs every commit.
pub struct Server {
    folder: TempDir,
    bin: PathBuf,
    running: Option<Child>,
    /// Where it listens besides its socket, and whether with encryption alone.
    port: Option<(u16, bool)>,
}

impl Server {
    /// Makes a server and starts it. None without `CLOUDLET_TEST_POSTGRES`, as for all tests on PostgreSQL.
    pub async fn new() -> Option<Self> {
        let mut server = Self::made()?;
        server.start().await;
        Some(server)
    }

    /// As [`Server::new`], with a port that takes plain connections.
    pub async fn plain_port() -> Option<Self> {
        let mut server = Self::made()?;
        server.port = Some((free_port().await, false));
        server.start().await;
        Some(server)
    }

    /// As [`Server::new`], with a port that takes encrypted connections alone.
    pub async fn encrypted(certificate: &str, key: &str) -> Option<Self> {
        let mut server = Self::made()?;
        server.port = Some((free_port().await, true));
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let file = server.data().join(name);
            std::fs::write(&file, pem).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&file, mode).unwrap();
            if is_root() {
                assert!(Command::new("chown").arg("postgres").arg(&file).status().unwrap().success());
            }
        }
        let allowed =
            "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        std::fs::write(server.data().join("pg_hba.conf"), allowed).unwrap();
        server.start().await;
        Some(server)
    }

    /// Where it listens besides its socket.
    pub fn port(&self) -> Option<u16> {
        self.port.map(|(port, _)| port)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn made() -> Option<Self> {
        if std::env::var_os("CLOUDLET_TEST_POSTGRES").is_none() {
            eprintln!("there is no CLOUDLET_TEST_POSTGRES: the engine on PostgreSQL is left out");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        if is_root() {
            let status = Command::new("chown").arg("postgres").arg(folder.path()).status().unwrap();
            assert!(status.success());
        }
        let server = Server { bin: bin(), folder, running: None, port: None };
        let mut init = server.command("initdb");
        init.args(["-U", "cloudlet", "-A", "trust", "--no-locale", "-D"]).arg(server.data());
        assert!(init.stdout(Stdio::null()).status().unwrap().success());
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn url(&self) -> String {
        let folder = self.folder.path().display();
        match self.port {
            None => format!("postgres://cloudlet@/postgres?host={folder}"),
            Some((port, _)) => format!("postgres://cloudlet@/postgres?host={folder}&port={port}"),
        }
    }

    /// A command of PostgreSQL, which refuses to run as root.
    fn command(&self, name: &str) -> std::process::Command {
        use std::os::unix::process::CommandExt as _;
        let program = self.bin.join(name);
        let mut command = match is_root() {
            true => {
                let mut other = Command::new("setpriv");
                other.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups"]).arg(program);
                other
            }
            false => Command::new(program),
        };
        // Its own group, so that a kill takes the whole server and nothing else.
        command.current_dir(self.folder.path()).process_group(0);
        command
    }

    /// Starts it and waits until it answers.
    pub async fn start(&mut self) {
        for _ in 0..12_000 {
            if self.running.is_none() {
                let mut command = self.command("postgres");
                command.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
                command.args(["-c", "max_connections=200", "-c", "fsync=on"]);
                match self.port {
                    None => command.args(["-c", "listen_addresses="]),
                    Some((port, is_encrypted)) => {
                        let ssl = if is_encrypted { "ssl=on" } else { "ssl=off" };
                        command.args(["-c", "listen_addresses=127.0.0.1,localhost", "-c", ssl]);
                        command.arg("-p").arg(port.to_string())
                    }
                };
                self.running = Some(command.stderr(Stdio::null()).spawn().unwrap());
            }
            if let Ok((client, line)) = tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await {
                drop(client);
                line.await.unwrap();
                return;
            }
            // What a killed server has left may still be there for a moment: then a new one ends at once.
            if self.running.as_mut().is_some_and(|child| child.try_wait().unwrap().is_some()) {
                self.running = None;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not start");
    }

    /// Kills all of its processes at once.
    pub fn kill(&mut self) {
        let Some(mut child) = self.running.take() else { return };
        let group = format!("-{}", child.id());
        assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
        child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Where PostgreSQL's programs are.
fn bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = debian.chain(std::env::split_paths(&path).collect::<Vec<_>>());
    all.find(|folder| folder.join("initdb").exists()).expect("PostgreSQL is installed")
}

/// A line to a server's socket that is cut after a random number of bytes, again and again, in both directions.
pub struct BadLine {
    port: u16,
    cuts: Arc<AtomicI64>,
}

impl BadLine {
    /// `bytes` are the most that pass before a cut.
    pub async fn new(socket: &Path, seed: u64, bytes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (socket, cuts) = (socket.to_owned(), Arc::new(AtomicI64::new(0)));
        let count = cuts.clone();
        tokio::spawn(async move {
            let mut rng = rng(seed);
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = UnixStream::connect(&socket).await else { continue };
                let (client_reads, client_writes) = client.into_split();
                let (server_reads, server_writes) = server.into_split();
                // Enough to set a connection up, then anything: a cut on the way there loses a part of what was asked, one
                // on the way back the answer.
                let (up, down) = match rng.random() {
                    true => (20_000 + rng.random_range(0..bytes), usize::MAX),
                    false => (usize::MAX, 8_000 + rng.random_range(0..bytes / 8)),
                };
                let count = count.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(client_reads, server_writes, up) => {}
                        () = pass(server_reads, client_writes, down) => {}
                    }
                    count.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        BadLine { port, cuts }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn cuts(&self) -> i64 {
        self.cuts.load(Ordering::Relaxed)
    }
}

async fn pass(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, most: usize) {
    let (mut left, mut bytes) = (most, vec![0; 4096]);
    while left > 0 {
        let Ok(read) = from.read(&mut bytes).await else { return };
        let count = read.min(left);
        if read == 0 || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
        left -= count;
    }
}
