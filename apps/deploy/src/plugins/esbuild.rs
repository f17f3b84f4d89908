//! serverless-esbuild: functions are bundled with the project's own esbuild.
//!
//! Version 4 of the framework does the same without a plugin for handlers in TypeScript, with the settings in
//! `build.esbuild`; so do we.
//!
//! A package holds the bundle, the packages that are named as `external` (taken from the project's `node_modules`,
//! not installed anew) and what `package.patterns` takes in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::tool::{Bench, made, texts};
use crate::package::Extra;
use crate::package::collect::Entries;
use crate::problem::Errors;

/// The plugin's block in `custom`.
const SETTINGS: [&str; 2] = ["custom", "esbuild"];

/// Bundles all functions that run in Node.
pub(super) fn build(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let entries = bench.entries("nodejs")?;
    bundle(bench, &SETTINGS, settings(bench, &SETTINGS), &entries)
}

fn settings(bench: &Bench<'_>, place: &[&str]) -> Value {
    let settings = bench.service.get(place).filter(|settings| settings.is_object());
    settings.cloned().unwrap_or_else(|| json!({}))
}

/// Bundles the functions whose handlers are in TypeScript, in a project without a plugin that does it.
pub(super) fn build_typescript(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let functions = bench.functions("nodejs");
    let mut entries = BTreeMap::new();
    for (key, function) in &functions {
        let own = |path: &[&str]| bench.service.get(&[&["functions", key], path].concat()).is_some();
        let handler = function["handler"].as_str().unwrap_or_default();
        // A missing file is not our business here: a layer or an artifact may bring it.
        if let Some(entry) = bench.entry(key, handler).ok().filter(|_| !own(&["package", "artifact"]))
            && bench.is_typescript_alone(&entry)
        {
            entries.insert((*key).to_owned(), entry);
        }
    }
    if entries.is_empty() || bench.service.get(&["package", "artifact"]).is_some() {
        return Ok(Extra::default());
    }
    if !bench.service.directory.join("node_modules/esbuild").is_dir() {
        let help = "install `esbuild` in the project (`npm install --save-dev esbuild`), or list a plugin that compiles";
        let problem = |(key, entry): (&String, &String)| {
            let message = format!("the handler is in TypeScript ({entry}), and nothing compiles it");
            bench.service.problem(&["functions", key, "handler"], message).help(help)
        };
        return Err(Errors(entries.iter().map(problem).collect()));
    }
    let settings = settings(bench, &["build", "esbuild"]);
    if entries.len() == bench.service.functions().len() {
        return bundle(bench, &["build", "esbuild"], settings, &entries);
    }
    // Functions that are not bundled need the files of the project, and with them its package.json, which may say that
    // `.js` is a module; a bundle is none.
    let mut settings = settings;
    if settings["format"].is_null() && settings["outputFileExtension"].is_null() {
        settings["outputFileExtension"] = json!(".cjs");
    }
    let extra = bundle(bench, &["build", "esbuild"], settings, &entries)?;
    Ok(Extra { patterns: Vec::new(), ..extra })
}

fn bundle(
    bench: &Bench<'_>,
    place: &[&str],
    settings: Value,
    entries: &BTreeMap<String, String>,
) -> Result<Extra, Errors> {
    for key in ["skipBuild", "nodeExternals", "stripEntryResolveExtensions", "resolveExtensions"] {
        if !matches!(settings[key], Value::Null | Value::Bool(false)) {
            let message = format!("the setting \"{key}\" of serverless-esbuild is not supported");
            return Err(bench.service.problem(&[place, &[key]].concat(), message).into());
        }
    }
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
    for (key, entry) in entries {
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
