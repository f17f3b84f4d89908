//! Finds the files that belong into a package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use super::glob::{Rules, literal_prefix};
use super::node_modules;
use crate::problem::{Errors, Problem};

/// More files than this do not fit into a Lambda package of 250 MB by any stretch; a wrong folder was named.
const FILES_MAX: usize = 500_000;

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The file on disk.
    pub(crate) file: PathBuf,
    /// The size in bytes.
    pub(crate) size_bytes: u64,
    /// Whether its owner may execute it.
    pub(crate) executable: bool,
    /// When it was last changed, content or attributes, in nanoseconds since 1970.
    pub(crate) changed_nanos: i128,
}

/// The files of a package by their names in the archive.
pub(crate) type Entries = BTreeMap<String, Entry>;

/// What to look for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Where to look.
    pub(crate) root: PathBuf,
    /// Patterns in the order in which they apply, those that leave out with a `!`.
    pub(crate) patterns: Vec<String>,
    /// Whether the development dependencies of the npm projects inside are left out.
    pub(crate) without_dev_dependencies: bool,
}

/// Finds the files. The result may be empty.
pub(crate) fn collect(wanted: &Wanted) -> Result<Entries, Errors> {
    let rules = Rules::new(&wanted.patterns)?;
    let mut left_out = BTreeSet::new();
    if wanted.without_dev_dependencies {
        left_out = node_modules::development(&wanted.root);
    }
    let mut found = walk(&wanted.root, "", &rules, &left_out)?;
    for base in outside(&wanted.patterns) {
        found.extend(walk(&wanted.root.join(&base), &format!("{base}/"), &rules, &left_out)?);
    }
    if wanted.without_dev_dependencies {
        let inner: Vec<PathBuf> = found.keys().filter_map(|path| inner_project(path)).collect();
        let mut more = BTreeSet::new();
        for project in inner {
            let folder = wanted.root.join(&project);
            let prefix = project.to_string_lossy();
            more.extend(
                node_modules::development(&folder).into_iter().map(|path| format!("{prefix}/{path}")),
            );
        }
        found.retain(|path, _| !under(&more, path));
    }
    found.retain(|path, _| rules.takes(path));
    Ok(found.into_iter().map(|(path, entry)| (archive_name(&path), entry)).collect())
}

/// The folder of an npm project inside of the service (not one that is installed in `node_modules`).
fn inner_project(path: &str) -> Option<PathBuf> {
    let folder = path.strip_suffix("/package.json")?;
    (!folder.split('/').any(|part| part == "node_modules")).then(|| PathBuf::from(folder))
}

/// Folders above the service that patterns take in (`../shared/**`).
fn outside(patterns: &[String]) -> BTreeSet<String> {
    patterns
        .iter()
        .filter(|pattern| pattern.starts_with("../"))
        .map(|pattern| {
            let literal = literal_prefix(pattern);
            literal.rsplit_once('/').map_or_else(|| "..".to_owned(), |(folder, _)| folder.to_owned())
        })
        .collect()
}

/// A path's name in the archive: without leading `.` and `..`.
fn archive_name(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip_while(|part| matches!(*part, "." | "..")).collect();
    parts.join("/")
}

/// Whether a path is one of the given ones or below one of them.
fn under(set: &BTreeSet<String>, path: &str) -> bool {
    if set.is_empty() {
        return false;
    }
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter().any(|end| set.contains(&path[..end]))
}

/// All files below a folder, by their path from the service, folders that cannot matter left unread.
fn walk(
    root: &Path,
    prefix: &str,
    rules: &Rules,
    left_out: &BTreeSet<String>,
) -> Result<BTreeMap<String, Entry>, Errors> {
    let found: Mutex<BTreeMap<String, Entry>> = Mutex::new(BTreeMap::new());
    let problems: Mutex<Vec<Problem>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let walker =
        WalkBuilder::new(root).standard_filters(false).follow_links(true).threads(threads).build_parallel();
    let broken = |problem: Problem| {
        lock(&problems).push(problem);
        WalkState::Quit
    };
    walker.run(|| {
        Box::new(|entry| {
            let entry = match entry {
                Ok(entry) => entry,
                // A link to nowhere or in a circle is no file; the framework passes over both as well.
                Err(error) if is_broken_link(&error) => return WalkState::Continue,
                Err(error) => return broken(Problem::new(format!("cannot read the project: {error}"))),
            };
            let Ok(relative) = entry.path().strip_prefix(root) else { return WalkState::Continue };
            if relative.as_os_str().is_empty() {
                return WalkState::Continue;
            }
            let Some(relative) = text(relative) else {
                let message = format!("the name of the file {} is not UTF-8", entry.path().display());
                return broken(Problem::new(message));
            };
            let path = format!("{prefix}{relative}");
            if entry.file_type().is_some_and(|kind| kind.is_dir()) {
                return match left_out.contains(&path) || rules.skips(&path) {
                    true => WalkState::Skip,
                    false => WalkState::Continue,
                };
            }
            if left_out.contains(&path) {
                return WalkState::Continue;
            }
            match fs::metadata(entry.path()) {
                Ok(metadata) if metadata.is_file() => {
                    let mut found = lock(&found);
                    found.insert(path, Entry::new(entry.path(), &metadata));
                    if found.len() > FILES_MAX {
                        let message = format!("{} holds more than {FILES_MAX} files", root.display());
                        return broken(Problem::new(message));
                    }
                    WalkState::Continue
                }
                Ok(_) => WalkState::Continue,
                Err(error) => broken(Problem::new(format!("Cannot read file {path} due to: {error}"))),
            }
        })
    });
    Errors::none_or(lock(&problems).drain(..).collect())?;
    let found = std::mem::take(&mut *lock(&found));
    Ok(found)
}

impl Entry {
    /// A file as it is now.
    pub(crate) fn new(file: &Path, metadata: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Self {
            file: file.to_owned(),
            size_bytes: metadata.len(),
            executable: metadata.mode() & 0o100 != 0,
            changed_nanos: nanos(metadata.mtime(), metadata.mtime_nsec())
                .max(nanos(metadata.ctime(), metadata.ctime_nsec())),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A thread that panicked leaves nothing half done here: each insertion is whole.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn is_broken_link(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::Loop { .. } => true,
        ignore::Error::WithPath { err, .. } | ignore::Error::WithDepth { err, .. } => is_broken_link(err),
        ignore::Error::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

fn text(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/"))
}
