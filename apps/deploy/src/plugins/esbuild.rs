//! serverless-esbuild: functions are bundled with the project's own esbuild.
//!
//! A package holds the bundle, the packages that are named as `external` (taken from the project's `node_modules`,
//! not installed anew) and what `package.patterns` takes in.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::tool::{Bench, made, texts};
use crate::package::Extra;
use crate::package::collect::Entries;
use crate::problem::Errors;

/// The plugin's block in `custom`.
const SETTINGS: [&str; 2] = ["custom", "esbuild"];

/// Bundles all functions that run in Node.
pub(super) fn build(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let settings = bench.service.get(&SETTINGS).cloned().unwrap_or_else(|| json!({}));
    for key in ["skipBuild", "nodeExternals", "stripEntryResolveExtensions", "resolveExtensions"] {
        if !matches!(settings[key], Value::Null | Value::Bool(false)) {
            let message = format!("the setting \"{key}\" of serverless-esbuild is not supported");
            return Err(bench.service.problem(&[&SETTINGS[..], &[key]].concat(), message).into());
        }
    }
    let entries = bench.entries("nodejs")?;
    if entries.is_empty() {
        return Ok(Extra::default());
    }
    let folder = bench.fresh("esbuild")?;
    let files: BTreeSet<&String> = entries.values().collect();
    let answer = bench.node(
        "esbuild",
        include_str!("tools/esbuild.cjs"),
        json!({
            "directory": bench.service.directory, "folder": folder, "entries": files, "settings": settings,
            "service": bench.service.config, "target": target(bench),
        }),
    )?;
    let packed = texts(&answer["packed"]);
    let mut extra = Extra { patterns: vec!["!**".to_owned()], ..Extra::default() };
    for (key, entry) in &entries {
        let stem = stem(entry);
        let mut own = Entries::new();
        let mut externals = BTreeSet::new();
        for output in answer["outputs"].as_array().into_iter().flatten() {
            let name = output["file"].as_str().unwrap_or_default();
            // `src/a.js` and `src/a.js.map` belong to `src/a.ts`; files without an entry of their own to everyone.
            let others = || files.iter().any(|file| belongs(name, self::stem(file)));
            if belongs(name, stem) || !others() {
                own.insert(name.to_owned(), made(&folder, name)?);
                externals.extend(texts(&output["externals"]).iter().map(|import| package_name(import)));
            }
        }
        let externals: Vec<String> = externals.into_iter().filter(|name| packed.contains(name)).collect();
        own.extend(bench.installed(&externals)?);
        extra.functions.insert(key.clone(), own);
    }
    Ok(extra)
}

/// What esbuild may assume of the runtime.
fn target(bench: &Bench<'_>) -> String {
    let runtime = bench.service.get(&["provider", "runtime"]).and_then(Value::as_str).unwrap_or_default();
    let version = runtime.strip_prefix("nodejs").and_then(|version| version.split('.').next());
    version
        .filter(|version| !version.is_empty())
        .map_or("node18".to_owned(), |version| format!("node{version}"))
}

fn stem(entry: &str) -> &str {
    entry.rsplit_once('.').map_or(entry, |(stem, _)| stem)
}

/// Whether a made file was made from the entry with this stem.
fn belongs(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.') && !rest.contains('/'))
}

/// The package of an import: `@scope/name/deep` is `@scope/name`.
fn package_name(import: &str) -> String {
    let parts = if import.starts_with('@') { 2 } else { 1 };
    import.split('/').take(parts).collect::<Vec<_>>().join("/")
}
