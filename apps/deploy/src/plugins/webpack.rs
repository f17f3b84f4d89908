//! serverless-webpack: functions are bundled with the project's own webpack and its configuration file.
//!
//! With `includeModules`, the packages that the configuration leaves outside of the bundles are taken from the
//! project's `node_modules`, not installed anew.

use serde_json::{Value, json};

use super::tool::{Bench, made, texts};
use crate::package::Extra;
use crate::package::collect::Entries;
use crate::problem::Errors;

/// The plugin's block in `custom`.
const SETTINGS: [&str; 2] = ["custom", "webpack"];

/// Bundles all functions that run in Node.
pub(super) fn build(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let settings = bench.service.get(&SETTINGS).cloned().unwrap_or(Value::Null);
    let config = match (&settings, &settings["webpackConfig"]) {
        (Value::String(file), _) | (_, Value::String(file)) => file.clone(),
        _ => "webpack.config.js".to_owned(),
    };
    if !bench.service.directory.join(&config).is_file() {
        let message = format!("the webpack configuration \"{config}\" of serverless-webpack does not exist");
        return Err(bench.service.problem(&SETTINGS, message).into());
    }
    let entries = bench.entries("nodejs")?;
    if entries.is_empty() {
        return Ok(Extra::default());
    }
    let folder = bench.fresh("webpack")?;
    let answer = bench.node(
        "webpack",
        include_str!("tools/webpack.cjs"),
        json!({
            "directory": bench.service.directory, "folder": folder, "config": config,
            "entries": entries.values().collect::<Vec<_>>(), "service": bench.service.config,
            "options": {"stage": bench.service.stage, "region": bench.service.region},
        }),
    )?;
    let mut extra = Extra { patterns: vec!["!**".to_owned()], ..Extra::default() };
    let all = texts(&answer["outputs"]);
    for (key, entry) in &entries {
        let stem = entry.rsplit_once('.').map_or(entry.as_str(), |(stem, _)| stem);
        let own = answer["entries"].as_array().into_iter().flatten().find(|one| one["entry"] == json!(stem));
        let mut names = own.map_or_else(|| all.clone(), |own| texts(&own["files"]));
        // Source maps are no files of an entry, but lie beside its files.
        let maps: Vec<String> = names.iter().map(|name| format!("{name}.map")).collect();
        names.extend(maps.into_iter().filter(|map| all.contains(map)));
        let mut files = Entries::new();
        for name in names {
            let entry = made(&folder, &name)?;
            files.insert(name, entry);
        }
        extra.functions.insert(key.clone(), files);
    }
    let modules = &settings["includeModules"];
    if !matches!(modules, Value::Null | Value::Bool(false)) {
        let excluded = texts(&modules["forceExclude"]);
        let mut names = texts(&answer["externals"]);
        names.extend(texts(&modules["forceInclude"]));
        // The runtimes bring this one.
        names.retain(|name| !excluded.contains(name) && name != "aws-sdk");
        extra.shared = bench.installed(&names)?;
    }
    Ok(extra)
}
