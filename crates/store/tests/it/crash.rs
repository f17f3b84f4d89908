//! Killing the process: what was acknowledged is there, what was not is there whole or not at all.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use rand::RngExt;
use store::{Error, Key, Scan, Stamp, Store, Val, begin, snapshot};

use crate::engines::{rng, seeds};

/// Names the data folder to a child process.
pub const CHILD: &str = "STORE_TEST_CHILD";
/// Where a child writes its acknowledgements; standard output when it is not set.
pub const ACKS: &str = "STORE_TEST_ACKS";
/// How many transactions each task of a child makes.
pub const TURNS: &str = "STORE_TEST_TURNS";
/// Tasks of a child that write side by side.
pub const TASKS: u32 = 8;
/// Rows of one transaction.
const ROWS: u32 = 5;

/// Not a test by itself: the process that gets killed. It writes transactions of several rows and
/// acknowledges each with a line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let turns: u32 = std::env::var(TURNS).map_or(u32::MAX, |turns| turns.parse().unwrap());
    let store = store::sqlite::open(Path::new(&folder)).unwrap();
    let acks: Arc<dyn Fn(&str) + Send + Sync> = match std::env::var(ACKS) {
        Ok(path) => {
            let file = std::fs::File::options().append(true).create(true).open(path).unwrap();
            Arc::new(move |line| (&file).write_all(line.as_bytes()).unwrap())
        }
        // Nobody may listen any more when this process is about to be killed.
        Err(_) => Arc::new(|line| drop(std::io::stdout().write_all(line.as_bytes()))),
    };
    // The harness has begun a line of its own.
    acks("\nready\n");
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let (store, acks) = (store.clone(), acks.clone());
        tasks.push(tokio::spawn(async move {
            let first = next_turn(&store, task).await.unwrap();
            for turn in first..first.saturating_add(turns) {
                // Checkpoints at certain moments, besides those that the engine makes by itself. A full
                // disk may refuse one; the commits then say so.
                if turn % 8 == task {
                    drop(store.maintain().await);
                }
                match write(&store, task, turn).await {
                    Ok(()) => acks(&format!("ack {task} {turn}\n")),
                    Err(error) => return acks(&format!("error {error}\n")),
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    acks("end\n");
    // No clean end: the folder stays as a crash would leave it.
    std::process::exit(0);
}

fn row(task: u32, turn: u32, number: u32) -> Key {
    format!("row/{task}/{turn:06}/{number}").into()
}

/// What a row must hold; its size differs so that rows move between pages.
fn content(task: u32, turn: u32, number: u32) -> Val {
    let word = format!("{task}.{turn}.{number};");
    word.repeat(1 + (turn as usize * 7 + number as usize * 13) % 60).into()
}

/// The turn after the last one of a task that is stored.
pub async fn next_turn(store: &Arc<dyn Store>, task: u32) -> Result<u32, Error> {
    let view = snapshot(store).await?;
    let last = Scan::prefix(format!("row/{task}/")).reverse(true).limit(1);
    let rows = view.scan(last).await?.rows;
    Ok(rows.first().map_or(0, |(key, _)| place(key).1 + 1))
}

fn place(key: &Key) -> (u32, u32) {
    let text = std::str::from_utf8(key).unwrap();
    let mut parts = text.split('/').skip(1).map(|part| part.parse().unwrap());
    (parts.next().unwrap(), parts.next().unwrap())
}

/// One transaction: its rows, a counter, an entry of a log, and the row of a turn before it removed
/// and written again under another key.
pub async fn write(store: &Arc<dyn Store>, task: u32, turn: u32) -> Result<(), Error> {
    let mut tx = begin(store).await?;
    for number in 0..ROWS {
        tx.put(row(task, turn, number), content(task, turn, number))?;
    }
    tx.add(format!("count/{task}"), 1)?;
    tx.append("log/", "", format!("{task}.{turn}"))?;
    tx.delete(format!("moving/{task}/{}", turn.wrapping_sub(1)))?;
    tx.put(format!("moving/{task}/{turn}"), "x")?;
    tx.commit().await.map(|_| ())
}

/// What is wrong with a store after a crash; nothing if every acknowledged transaction is there
/// and every transaction is whole.
pub async fn damage(store: &Arc<dyn Store>, acked: &[(u32, u32)]) -> Vec<String> {
    let looked = look(store, acked).await;
    looked.unwrap_or_else(|error| vec![format!("it cannot be read: {error}")])
}

async fn look(store: &Arc<dyn Store>, acked: &[(u32, u32)]) -> Result<Vec<String>, Error> {
    let mut wrong = Vec::new();
    let view = snapshot(store).await?;
    let mut turns: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    let mut scan = Scan::prefix("row/");
    loop {
        let page = view.scan(scan.clone()).await?;
        for (key, val) in &page.rows {
            let (task, turn) = place(key);
            let number = turns.entry((task, turn)).or_default();
            if *val != content(task, turn, *number) || *key != row(task, turn, *number) {
                wrong.push(format!("row {key:?} has another content"));
            }
            *number += 1;
        }
        let Some(next) = page.next else { break };
        scan = scan.resume(next);
    }
    for (place, rows) in &turns {
        if *rows != ROWS {
            wrong.push(format!("{place:?} has {rows} rows"));
        }
    }
    wrong.extend(
        acked
            .iter()
            .filter(|place| !turns.contains_key(place))
            .map(|place| format!("{place:?} was acknowledged and is lost")),
    );
    let log = view.scan(Scan::prefix("log/").limit(usize::MAX)).await?.rows;
    let stamps: Vec<_> = log.iter().map(|(key, _)| Stamp(key[4..].try_into().unwrap())).collect();
    if log.len() != turns.len() || !stamps.is_sorted_by(|one, two| one < two) {
        wrong.push(format!("the log has {} entries for {} turns", log.len(), turns.len()));
    }
    for task in 0..TASKS {
        let count = view.get_counter(&format!("count/{task}").into()).await?;
        let mine: Vec<_> = turns.keys().filter(|(one, _)| *one == task).map(|(_, turn)| *turn).collect();
        if count != mine.len() as i64 || mine != (0..mine.len() as u32).collect::<Vec<_>>() {
            wrong.push(format!("task {task} counts {count} and has {}", mine.len()));
        }
        let moving = view.scan(Scan::prefix(format!("moving/{task}/"))).await?.rows;
        let last = mine.last().map(|turn| Key::from(format!("moving/{task}/{turn}")));
        if moving.iter().map(|(key, _)| key).ne(last.iter()) {
            wrong.push(format!("task {task} has moved to {moving:?}"));
        }
    }
    Ok(wrong)
}

/// The command that runs [`child`] on a folder.
pub fn child_command(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "crash::child", "--nocapture", "--test-threads=1"]);
    command.env(CHILD, folder).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command
}

struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }

    /// The next line that the child says, skipping those of the test harness.
    fn next(&mut self) -> Option<String> {
        let ours = ["ready", "ack ", "error ", "end"];
        self.lines.by_ref().map(Result::unwrap).find(|line| ours.iter().any(|word| line.starts_with(word)))
    }

    /// Kills it and returns what it still said.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.next()).collect()
    }
}

/// Reads `ack TASK TURN`; a line that was cut by the crash is none.
pub fn ack(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.strip_prefix("ack ")?.split(' ').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[tokio::test]
async fn a_killed_process_has_lost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut acked = Vec::new();
    for seed in seeds(12) {
        let mut running = Running::start(child_command(folder.path()));
        assert_eq!(running.next().as_deref(), Some("ready"));
        for _ in 0..rng(seed).random_range(1..400) {
            acked.extend(running.next().as_deref().and_then(ack));
        }
        let mut said = running.kill();
        // The last line may be cut.
        said.pop();
        acked.extend(said.iter().filter_map(|line| ack(line)));
        let store = store::sqlite::open(folder.path()).unwrap();
        assert_eq!(damage(&store, &acked).await, [""; 0], "after {} acks", acked.len());
        store.close().await.unwrap();
    }
    assert!(acked.len() > 1000, "only {} transactions were acknowledged", acked.len());
}

/// A disk without room: commits fail with a reason, those before are kept, and once there is room
/// the store goes on.
#[tokio::test]
async fn a_full_disk_is_a_clear_error_and_loses_nothing() {
    for disk in [Disk::SmallMount, Disk::FileLimit] {
        let folder = tempfile::tempdir().unwrap();
        let Some(command) = disk.command(folder.path()) else { continue };
        let mut running = Running::start(command);
        let Some(first) = running.next() else {
            assert_eq!(disk, Disk::SmallMount, "it needs a right that this process has not");
            eprintln!("this process may not mount: the full disk is tested with a file limit alone");
            continue;
        };
        assert_eq!(first, "ready");
        let (mut acked, mut errors) = (Vec::new(), Vec::new());
        while let Some(line) = running.next() {
            match ack(&line) {
                Some(place) => acked.push(place),
                None if line.starts_with("error ") => errors.push(line),
                None => break,
            }
        }
        running.child.wait().unwrap();
        assert!(acked.len() > 10, "{disk:?}: {} acks", acked.len());
        assert_eq!(errors.len(), TASKS as usize, "{disk:?}: every task met the end");
        for error in errors {
            let clear = error.contains("the disk is full") || error.contains("disk I/O error");
            assert!(clear, "{disk:?}: {error}");
        }
        let store = store::sqlite::open(&disk.data(folder.path())).unwrap();
        assert_eq!(damage(&store, &acked).await, [""; 0], "{disk:?}");
        let turn = next_turn(&store, 0).await.unwrap();
        write(&store, 0, turn).await.unwrap();
    }
}

/// Two ways to run out of disk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Disk {
    /// A file system of its own with 3 MB, in a mount namespace that ends with the child; the data
    /// are copied out at its end.
    SmallMount,
    /// A limit on the size of a file, which needs no rights.
    FileLimit,
}

impl Disk {
    fn data(self, folder: &Path) -> PathBuf {
        folder.join(if self == Disk::SmallMount { "copy" } else { "data" })
    }

    fn command(self, folder: &Path) -> Option<Command> {
        let script = match self {
            Disk::SmallMount => {
                "mkdir data copy && mount -t tmpfs -o size=3m tmpfs data || exit 1
                 \"$@\"; cp data/* copy/"
            }
            Disk::FileLimit => "trap '' XFSZ; ulimit -f 2048; exec \"$@\"",
        };
        let mut command = match self {
            Disk::SmallMount => {
                let mut unshare = Command::new("unshare");
                unshare.args(["--mount", "--map-root-user", "sh", "-c", script, "sh"]);
                unshare
            }
            Disk::FileLimit => {
                let mut shell = Command::new("bash");
                shell.args(["-c", script, "bash"]);
                shell
            }
        };
        let inner = child_command(&folder.join("data"));
        command.arg(inner.get_program()).args(inner.get_args());
        command.env(CHILD, folder.join("data")).env(TURNS, "3000").current_dir(folder);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        Some(command)
    }
}
