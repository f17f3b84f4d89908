//! Finding and reading source files.

use std::fs;
use std::path::{Path, PathBuf};

/// The repository's root: the parent of this crate's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the root").to_owned()
}

/// A Rust source file.
pub(crate) struct Source {
    /// The path from the root, with `/`.
    pub(crate) path: String,
    /// The lines that are not in a `#[cfg(test)] mod ..` at the end.
    pub(crate) lines: Vec<String>,
    /// Whether the file holds tests only.
    pub(crate) is_test: bool,
}

/// All Rust files of the workspace's own folders.
pub(crate) fn all(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in ["lang", "crates", "services", "apps", "xtask", "bench"] {
        collect(root, &root.join(folder), &mut sources);
    }
    sources.sort_by(|one, two| one.path.cmp(&two.path));
    sources
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" {
                collect(root, &path, sources);
            }
        } else if name.ends_with(".rs")
            && let Ok(text) = fs::read_to_string(&path)
        {
            sources.push(read(root, &path, &text));
        }
    }
}

fn read(root: &Path, path: &Path, text: &str) -> Source {
    let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let is_test = relative.contains("/tests/")
        || relative.contains("/tests.rs")
        || relative.contains("_tests.rs")
        || relative.contains("/vectors")
        || relative.contains("/benches/")
        || relative.starts_with("crates/testkit/");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some(at) = lines.iter().position(|line| line == "#[cfg(test)]")
        && lines.get(at + 1).is_some_and(|line| {
            line.trim_start_matches("pub(crate) ").starts_with("mod ") && line.ends_with('{')
        })
    {
        lines.truncate(at);
    }
    Source { path: relative, lines, is_test }
}
