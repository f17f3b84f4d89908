//! Background work: idle environments end, unpacked code that nobody uses goes.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use cloud::job::{Job, Progress};
use cloud::operation::BoxFuture;
use cloud::prelude::*;

use crate::code;
use crate::runner::Runner;

/// Ends idle environments.
pub(crate) const SWEEP: Job =
    Job { name: "lambda/sweep", every_millis: 10_000, timer: None, news: &[], run: sweep };

fn sweep<'a>(cx: &'a mut Cx) -> BoxFuture<'a, Result<Progress, Failure>> {
    Box::pin(async move {
        Runner::of(cx).sweep(cx).await?;
        Ok(Progress::Done)
    })
}

/// Removes folders of unpacked code that no running function uses. They are unpacked again when they are needed.
pub(crate) const FOLDERS: Job =
    Job { name: "lambda/folders", every_millis: 3_600_000, timer: None, news: &[], run: folders };

/// A folder younger than this may be of a function that is being made.
const AGE_MIN: Duration = Duration::from_secs(3600);

fn folders<'a>(cx: &'a mut Cx) -> BoxFuture<'a, Result<Progress, Failure>> {
    Box::pin(async move {
        let used = Runner::of(cx).folders();
        let root = code::root(cx.cloud());
        let done = tokio::task::spawn_blocking(move || {
            for kind in ["code", "layers", "compiled"] {
                remove_unused(&root.join(kind), &used);
            }
        });
        done.await.map_err(Failure::internal)?;
        Ok(Progress::Done)
    })
}

fn remove_unused(parent: &Path, used: &BTreeSet<std::path::PathBuf>) {
    // Nothing was ever unpacked.
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|at| at.elapsed().ok());
        if used.contains(&path) || age.is_none_or(|age| age < AGE_MIN) {
            continue;
        }
        if let Err(error) = std::fs::remove_dir_all(&path) {
            tracing::warn!(%error, folder = %path.display(), "unused code could not be removed");
        }
    }
}
