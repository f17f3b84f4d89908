//! Power loss: the disk keeps what was synced, and of the rest whatever it likes.
//!
//! A child process runs with a small library that records every change of the data folder in one
//! order. The recorder's journal is then played to a random point; writes that were not synced by
//! then are kept, dropped or torn by pages, names that were not synced are kept up to a random one.
//! The store must open on what is left and have every transaction acknowledged before that point.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::crash::{ACKS, TASKS, TURNS, ack, child_command, damage};
use crate::engines::{rng, seeds};

/// The unit in which a disk keeps or drops what was not synced.
const PAGE: usize = 4096;
/// The file of acknowledgements: not part of the disk, it tells when each was given.
const ACK_FILE: &str = "acks";

/// One record of the journal.
#[derive(Clone, Debug)]
enum Record {
    Create(String),
    Write(String, usize, Vec<u8>),
    Truncate(String, usize),
    Sync(String),
    Unlink(String),
    Rename(String, String),
}

fn read_journal(path: &Path) -> Vec<Record> {
    let bytes = std::fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at_checked(length)?;
        rest = left;
        Some(taken.to_vec())
    };
    while let Some(header) = take(40) {
        let field = |index: usize| {
            usize::try_from(u64::from_ne_bytes(header[index * 8..][..8].try_into().unwrap())).unwrap()
        };
        let name = String::from_utf8(take(field(1)).unwrap()).unwrap();
        let data = take(field(4)).unwrap();
        records.push(match field(0) {
            1 => Record::Create(name),
            2 => Record::Write(name, field(2), data),
            3 => Record::Truncate(name, field(2)),
            4 => Record::Sync(name),
            5 => Record::Unlink(name),
            6 => Record::Rename(name, String::from_utf8(data).unwrap()),
            other => panic!("record of kind {other}"),
        });
    }
    records
}

/// A file as it stands, and as the disk is sure to have it.
#[derive(Clone, Debug, Default)]
struct FileState {
    now: Vec<u8>,
    synced: Vec<u8>,
}

/// A change of names.
#[derive(Clone, Debug)]
enum NameChange {
    Set(String, usize),
    Remove(String),
}

#[derive(Default)]
struct Disk {
    files: Vec<FileState>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    unsynced_names: Vec<NameChange>,
    acked: Vec<(u32, u32)>,
    /// Syncs do nothing: the disk of the negative control.
    forgetful: bool,
}

impl Disk {
    fn play(&mut self, record: &Record) {
        match record {
            Record::Write(name, _, data) if name == ACK_FILE => {
                let lines = std::str::from_utf8(data).unwrap().lines();
                self.acked.extend(lines.filter_map(ack));
            }
            Record::Write(name, offset, data) => {
                let file = self.file(name);
                let end = offset + data.len();
                if file.now.len() < end {
                    file.now.resize(end, 0);
                }
                file.now[*offset..end].copy_from_slice(data);
            }
            Record::Truncate(name, length) => self.file(name).now.resize(*length, 0),
            Record::Sync(_) if self.forgetful => {}
            Record::Sync(name) if name == "." => {
                self.synced_names = self.names.clone();
                self.unsynced_names.clear();
            }
            Record::Sync(name) => {
                let file = self.file(name);
                file.synced.clone_from(&file.now);
            }
            Record::Create(name) => {
                self.files.push(FileState::default());
                self.change(NameChange::Set(name.clone(), self.files.len() - 1));
            }
            Record::Unlink(name) => self.change(NameChange::Remove(name.clone())),
            Record::Rename(from, to) => {
                let file = self.names[from];
                self.change(NameChange::Set(to.clone(), file));
                self.change(NameChange::Remove(from.clone()));
            }
        }
    }

    fn file(&mut self, name: &str) -> &mut FileState {
        let number = *self.names.get(name).unwrap_or_else(|| panic!("no file `{name}`"));
        &mut self.files[number]
    }

    fn change(&mut self, change: NameChange) {
        apply(&mut self.names, &change);
        self.unsynced_names.push(change);
    }

    /// Writes what a power loss at this moment may leave.
    fn lose_power(&self, rng: &mut StdRng, folder: &Path) {
        let mut names = self.synced_names.clone();
        let kept = rng.random_range(0..=self.unsynced_names.len());
        self.unsynced_names[..kept].iter().for_each(|change| apply(&mut names, change));
        let mode = rng.random_range(0..4);
        for (name, number) in names {
            // The shared memory of a database is no part of it: SQLite makes it anew.
            if !name.ends_with("-shm") && name != ACK_FILE {
                let left = self.files[number].torn(rng, mode);
                std::fs::write(folder.join(name), left).unwrap();
            }
        }
    }
}

fn apply(names: &mut BTreeMap<String, usize>, change: &NameChange) {
    match change {
        NameChange::Set(name, file) => names.insert(name.clone(), *file),
        NameChange::Remove(name) => names.remove(name),
    };
}

impl FileState {
    /// Mode 0 drops all unsynced pages, 1 keeps all, 2 those up to a random one, 3 random ones.
    fn torn(&self, rng: &mut StdRng, mode: u32) -> Vec<u8> {
        let pages = self.now.len().max(self.synced.len()).div_ceil(PAGE);
        let border = rng.random_range(0..=pages);
        let mut left = self.synced.clone();
        let grown = mode == 1 || (mode != 0 && rng.random());
        if grown {
            left.resize(self.now.len(), 0);
        }
        for page in 0..pages {
            let keep = match mode {
                0 => false,
                1 => true,
                2 => page < border,
                _ => rng.random(),
            };
            let (from, to) = (page * PAGE, left.len().min(self.now.len()).min((page + 1) * PAGE));
            if keep && from < to {
                left[from..to].copy_from_slice(&self.now[from..to]);
            }
        }
        left
    }
}

/// Builds the recorder.
fn build_shim(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shim/journal.c");
    let library = folder.join("journal.so");
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(&library).arg(source).arg("-ldl");
    assert!(cc.status().unwrap().success(), "the recorder does not compile");
    library
}

/// Runs a child and returns what it has done to its folder.
fn record(base: &Path, turns: u32) -> Vec<Record> {
    let (folder, journal) = (base.join("data"), base.join("journal"));
    std::fs::create_dir(&folder).unwrap();
    let mut command = child_command(&folder);
    command.env(TURNS, turns.to_string()).env(ACKS, folder.join(ACK_FILE));
    command.env("SHIM_DIR", &folder).env("SHIM_JOURNAL", &journal);
    command.env("LD_PRELOAD", build_shim(base));
    let output = command.output().unwrap();
    assert!(output.status.success(), "the child failed");
    read_journal(&journal)
}

/// What is wrong after a power loss at record `point`.
async fn lose_power_at(disk: &Disk, rng: &mut StdRng) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    disk.lose_power(rng, folder.path());
    match store::sqlite::open(folder.path()) {
        Ok(store) => {
            let wrong = damage(&store, &disk.acked).await;
            store.close().await.unwrap();
            wrong
        }
        Err(error) => vec![format!("it does not open: {error}")],
    }
}

async fn play(records: &[Record], forgetful: bool, points: usize, rng: &mut StdRng) -> Vec<Vec<String>> {
    let mut at: Vec<usize> = (0..points).map(|_| rng.random_range(0..=records.len())).collect();
    at.sort_unstable();
    let mut disk = Disk { forgetful, ..Disk::default() };
    let (mut played, mut found) = (0, Vec::new());
    for point in at {
        records[played..point].iter().for_each(|record| disk.play(record));
        played = point;
        found.push(lose_power_at(&disk, rng).await);
    }
    records[played..].iter().for_each(|record| disk.play(record));
    assert!(disk.acked.len() > 100, "{} acks were recorded", disk.acked.len());
    found
}

#[tokio::test]
async fn a_power_loss_takes_nothing_that_was_acknowledged() {
    /// Crash points of one recording.
    const POINTS: usize = 40;
    for seed in seeds(1) {
        let base = tempfile::tempdir().unwrap();
        let records = record(base.path(), 250 / TASKS);
        let syncs = records.iter().filter(|record| matches!(record, Record::Sync(_))).count();
        let written = |name: &str| {
            let is = |record: &&Record| matches!(record, Record::Write(file, ..) if file == name);
            records.iter().filter(is).count()
        };
        let checkpointed = written("store.db");
        assert!(checkpointed > 100, "checkpoints wrote {checkpointed} pages only");
        assert!(written("store.db-wal") > 100 && syncs > 10, "{syncs} syncs");
        let found = play(&records, false, POINTS, &mut rng(seed)).await;
        let bad: Vec<_> = found.iter().filter(|wrong| !wrong.is_empty()).collect();
        assert!(bad.is_empty(), "{} of {POINTS} points are bad: {:#?}", bad.len(), bad[0]);

        // A disk that ignores syncs must be found out, or this test would see nothing.
        let found = play(&records, true, POINTS, &mut rng(seed)).await;
        let bad = found.iter().filter(|wrong| !wrong.is_empty()).count();
        assert!(bad > POINTS / 4, "only {bad} of {POINTS} points are bad without syncs");
    }
}
