//! Watches the files of a project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Folders that are not looked into: what is installed or made there is not edited by hand, and there is much of it.
const PASSED_OVER: [&str; 9] = [
    "node_modules",
    ".git",
    ".serverless",
    ".venv",
    "__pycache__",
    ".esbuild",
    ".build",
    ".webpack",
    ".cloudlet",
];

/// Editors write a file in several steps; changes that follow each other this closely are one.
const QUIET: Duration = Duration::from_millis(25);

/// Changes that wait to be looked at. What does not fit is not named any more: then anything may have changed.
const QUEUE: usize = 1024;

/// What has changed since the last look.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// These paths, from the project folder on.
    Paths(BTreeSet<PathBuf>),
    /// Anything.
    Anything,
}

impl Changed {
    /// Whether a path for which this holds may have changed.
    pub(crate) fn any(&self, is_it: impl Fn(&Path) -> bool) -> bool {
        match self {
            Self::Paths(paths) => paths.iter().any(|path| is_it(path)),
            Self::Anything => true,
        }
    }
}

/// A watched project folder.
pub(crate) struct Watch {
    root: PathBuf,
    watcher: RecommendedWatcher,
    changes: Receiver<PathBuf>,
    /// Whether some did not fit into the queue.
    is_lost: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn new(root: &Path) -> anyhow::Result<Self> {
        let (sender, changes) = channel(QUEUE);
        let is_lost = Arc::new(AtomicBool::new(false));
        let (folder, lost) = (root.to_owned(), is_lost.clone());
        let watcher = notify::recommended_watcher(move |event| pass_on(&folder, event, &sender, &lost))
            .context("cannot watch files on this system")?;
        let mut watch = Self { root: root.to_owned(), watcher, changes, is_lost };
        watch.add(root)?;
        Ok(watch)
    }

    /// Waits for changes.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Changed> {
        let first = self.changes.recv().await.context("the file watcher stopped")?;
        let mut paths = BTreeSet::from([first]);
        while let Ok(Some(path)) = tokio::time::timeout(QUIET, self.changes.recv()).await {
            paths.insert(path);
        }
        if self.is_lost.swap(false, Ordering::AcqRel) {
            // New folders may be among what was lost.
            self.add(&self.root.clone())?;
            return Ok(Changed::Anything);
        }
        for path in &paths {
            let full = self.root.join(path);
            if full.is_dir() {
                self.add(&full)?;
            }
        }
        Ok(Changed::Paths(paths))
    }

    /// Watches a folder and those in it, one by one, because some are to be left out.
    fn add(&mut self, folder: &Path) -> anyhow::Result<()> {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => {}
                // A folder may be gone again before it is looked at.
                Err(_) if !folder.exists() => continue,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!(
                            "cannot watch {} (is fs.inotify.max_user_watches large enough?)",
                            folder.display()
                        )
                    });
                }
            }
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let passed_over = entry.file_name().to_str().is_some_and(|name| PASSED_OVER.contains(&name));
                if !passed_over && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(entry.path());
                }
            }
        }
        Ok(())
    }
}

/// Passes on what an event tells of files below `root`.
fn pass_on(root: &Path, event: notify::Result<Event>, sender: &Sender<PathBuf>, is_lost: &AtomicBool) {
    let lose = || {
        is_lost.store(true, Ordering::Release);
        // Somebody may be asleep; when this does not fit, enough is there to wake them.
        let _is_full = sender.try_send(PathBuf::new()).is_err();
    };
    let event = match event {
        Ok(event) => event,
        Err(error) => {
            tracing::debug!(%error, "the file watcher missed something");
            return lose();
        }
    };
    let matters = match event.kind {
        // Reading is no change; the end of writing is.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    };
    if event.need_rescan() {
        lose();
    }
    for path in event.paths.iter().filter(|_| matters) {
        // The project itself may well be in a folder with such a name.
        let Ok(path) = path.strip_prefix(root) else { continue };
        let passed_over = path
            .components()
            .any(|part| part.as_os_str().to_str().is_some_and(|name| PASSED_OVER.contains(&name)));
        if !passed_over && sender.try_send(path.to_owned()).is_err() {
            return lose();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until a change of `path` is seen, and of nothing but `known` with it.
    async fn see(watch: &mut Watch, path: &str, known: &[&str]) {
        loop {
            let Changed::Paths(paths) = watch.next().await.unwrap() else { panic!("nothing was lost") };
            // The end of a change may come behind a pause of its own.
            let allowed = |seen: &PathBuf| known.iter().any(|known| seen == Path::new(known));
            assert!(paths.iter().all(|seen| seen == Path::new(path) || allowed(seen)), "{paths:?}");
            if paths.contains(Path::new(path)) {
                return;
            }
        }
    }

    #[tokio::test]
    async fn changes_are_seen_also_in_new_folders_but_not_in_installed_ones() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("node_modules")).unwrap();
        let mut watch = Watch::new(&root).unwrap();
        std::fs::write(root.join("node_modules/x.js"), "1").unwrap();
        std::fs::write(root.join("a.js"), "1").unwrap();
        see(&mut watch, "a.js", &[]).await;
        std::fs::create_dir(root.join("src")).unwrap();
        see(&mut watch, "src", &["a.js"]).await;
        std::fs::write(root.join("src/b.js"), "1").unwrap();
        see(&mut watch, "src/b.js", &["a.js", "src"]).await;
    }

    #[tokio::test]
    async fn a_project_below_a_folder_that_is_passed_over_is_watched() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join(".build/project");
        std::fs::create_dir_all(&root).unwrap();
        let mut watch = Watch::new(&root).unwrap();
        std::fs::write(root.join("a.js"), "1").unwrap();
        see(&mut watch, "a.js", &[]).await;
    }

    /// A change of the configuration behind a thousand others was not noticed.
    #[tokio::test]
    async fn more_changes_than_fit_may_be_of_anything() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mut watch = Watch::new(&root).unwrap();
        let (sender, changes) = channel(1);
        let change = |name: &str| {
            let event = Event::new(EventKind::Modify(ModifyKind::Any)).add_path(root.join(name));
            pass_on(&root, Ok(event), &sender, &watch.is_lost);
        };
        change("a.js");
        change("serverless.yml");
        watch.changes = changes;
        let changed = watch.next().await.unwrap();
        assert_eq!(changed, Changed::Anything);
        assert!(changed.any(|path| path == Path::new("serverless.yml")));
    }
}
