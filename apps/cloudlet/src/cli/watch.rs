//! Watches the files of a project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
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

/// Changes that wait to be looked at. When more come, only their number is lost: all are looked at together.
const QUEUE: usize = 1024;

/// A watched project folder.
pub(crate) struct Watch {
    root: PathBuf,
    watcher: RecommendedWatcher,
    changes: Receiver<PathBuf>,
}

impl Watch {
    /// Begins to watch.
    pub(crate) fn new(root: &Path) -> anyhow::Result<Self> {
        let (sender, changes) = channel(QUEUE);
        let watcher = notify::recommended_watcher(move |event| pass_on(event, &sender))
            .context("cannot watch files on this system")?;
        let mut watch = Self { root: root.to_owned(), watcher, changes };
        watch.add(root)?;
        Ok(watch)
    }

    /// Waits for changes and returns their paths from the project folder.
    pub(crate) async fn next(&mut self) -> anyhow::Result<BTreeSet<PathBuf>> {
        let first = self.changes.recv().await.context("the file watcher stopped")?;
        let mut changed = BTreeSet::from([first]);
        while let Ok(Some(path)) = tokio::time::timeout(QUIET, self.changes.recv()).await {
            changed.insert(path);
        }
        for path in &changed {
            if path.is_dir() {
                self.add(path)?;
            }
        }
        Ok(changed
            .into_iter()
            .filter_map(|path| Some(path.strip_prefix(&self.root).ok()?.to_owned()))
            .collect())
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

fn pass_on(event: notify::Result<Event>, sender: &Sender<PathBuf>) {
    let Ok(event) = event else { return };
    let matters = match event.kind {
        // Reading is no change; the end of writing is.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => false,
        _ => true,
    };
    for path in event.paths.into_iter().filter(|_| matters) {
        let passed_over = path
            .components()
            .any(|part| part.as_os_str().to_str().is_some_and(|name| PASSED_OVER.contains(&name)));
        if !passed_over && sender.try_send(path).is_err() {
            // The queue is full: enough waits there already to have everything looked at.
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn changes_are_seen_also_in_new_folders_but_not_in_installed_ones() {
        let folder = tempfile::tempdir().unwrap();
        // A name of the temporary folder itself must not be taken for one of those.
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("node_modules")).unwrap();
        let mut watch = Watch::new(&root).unwrap();
        std::fs::write(root.join("node_modules/x.js"), "1").unwrap();
        std::fs::write(root.join("a.js"), "1").unwrap();
        assert_eq!(watch.next().await.unwrap(), BTreeSet::from([PathBuf::from("a.js")]));
        std::fs::create_dir(root.join("src")).unwrap();
        assert_eq!(watch.next().await.unwrap(), BTreeSet::from([PathBuf::from("src")]));
        std::fs::write(root.join("src/b.js"), "1").unwrap();
        assert_eq!(watch.next().await.unwrap(), BTreeSet::from([PathBuf::from("src/b.js")]));
    }
}
