//! Whether the archives hold the files that the handlers name.
//!
//! AWS notices a missing file at the first call of a function. Saying so at once saves a search; it stops nothing,
//! since a layer or an extension may bring the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use serde_json::Value;
use zip::ZipArchive;

use crate::compile::RUNTIME_DEFAULT;
use crate::model::{Packages, Service};
use crate::problem::Problem;

/// A notice for each handler whose file is not in its archive.
pub(crate) fn missing(service: &Service, packages: &Packages) -> Vec<Problem> {
    let mut archives: BTreeMap<&Path, Option<BTreeSet<String>>> = BTreeMap::new();
    let mut problems = Vec::new();
    for (key, function) in service.functions() {
        let setting = |name: &str| function.get(name).or_else(|| service.provider().get(name));
        let runtime = setting("runtime").and_then(Value::as_str).unwrap_or(RUNTIME_DEFAULT);
        let (Some(handler), Some(package)) = (function["handler"].as_str(), packages.functions.get(key))
        else {
            continue;
        };
        if setting("layers").is_some() || handler.starts_with('/') {
            continue;
        }
        let wanted = candidates(runtime, handler);
        let names = archives.entry(&package.file).or_insert_with(|| names(&package.file));
        let Some(names) = names else { continue };
        if !wanted.is_empty() && !wanted.iter().any(|name| names.contains(name)) {
            let message =
                format!("the handler `{handler}` has no file in its package: {} is not there", wanted[0]);
            let problem = service.problem(&["functions", key, "handler"], message);
            problems.push(problem.help("every call of the function will fail until the file is packaged"));
        }
    }
    problems
}

/// The files that a runtime would look for; empty where it is not known what it looks for.
fn candidates(runtime: &str, handler: &str) -> Vec<String> {
    let handler = handler.trim_start_matches("./");
    let (folder, name) = handler.rsplit_once('/').map_or(("", handler), |(folder, name)| (folder, name));
    let join = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if runtime.starts_with("nodejs") {
        // The name of the file ends at the first point: what follows is a path in the module.
        let module = join(name.split('.').next().unwrap_or(name));
        let files = [".js", ".mjs", ".cjs", "/index.js", ""].map(|end| format!("{module}{end}"));
        return files.to_vec();
    }
    if runtime.starts_with("python") {
        let Some((module, _)) = name.rsplit_once('.') else { return Vec::new() };
        let module = join(&module.replace('.', "/"));
        return [".py", "/__init__.py", ".pyc", ".so"].map(|end| format!("{module}{end}")).to_vec();
    }
    Vec::new()
}

/// The names in an archive; nothing when it cannot be read, which is told where it is uploaded.
fn names(file: &Path) -> Option<BTreeSet<String>> {
    let archive = ZipArchive::new(File::open(file).ok()?).ok()?;
    archive.file_names().map(|name| Some(name.ok()?.trim_start_matches("./").to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_runtime_looks_for_its_files() {
        let first = |runtime: &str, handler: &str| candidates(runtime, handler).first().cloned();
        assert_eq!(first("nodejs20.x", "src/a.b.handler").as_deref(), Some("src/a.js"));
        assert_eq!(first("nodejs20.x", "./handler.main").as_deref(), Some("handler.js"));
        assert_eq!(first("python3.12", "src/pkg.mod.main").as_deref(), Some("src/pkg/mod.py"));
        assert_eq!(first("python3.12", "main"), None);
        assert_eq!(first("provided.al2023", "bootstrap"), None);
    }
}
