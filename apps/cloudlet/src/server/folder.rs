//! Where a cloud keeps its files.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// The user's data folder for Cloudlet: `$XDG_DATA_HOME/cloudlet`, or `~/.local/share/cloudlet`.
pub fn default_data() -> anyhow::Result<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(data) = named("XDG_DATA_HOME") {
        return Ok(data.join("cloudlet"));
    }
    match named("HOME") {
        Some(home) => Ok(home.join(".local/share/cloudlet")),
        None => bail!(
            "neither XDG_DATA_HOME nor HOME is set; name a data folder with `--data DIR` or use `--memory`"
        ),
    }
}

/// The folder for what can be made again: inside the data folder, or a temporary one that goes with the cloud.
pub(super) fn scratch(data: Option<&Path>) -> anyhow::Result<(Option<tempfile::TempDir>, PathBuf)> {
    let Some(data) = data else {
        let folder = tempfile::Builder::new()
            .prefix("cloudlet-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        let path = folder.path().to_owned();
        return Ok((Some(folder), path));
    };
    let scratch = data.join("scratch");
    // Keys and code are nobody else's business.
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&scratch);
    made.with_context(|| format!("cannot make the data folder `{}`", data.display()))?;
    Ok((None, scratch))
}

/// Where what is to stay lives: the data folder, or the temporary one of a cloud that keeps everything in memory.
pub(super) fn kept(config: &cloud::Config) -> &Path {
    config.data.as_deref().unwrap_or(&config.scratch)
}
