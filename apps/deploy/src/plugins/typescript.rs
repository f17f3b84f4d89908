//! serverless-plugin-typescript: the project is compiled with its own TypeScript; a package holds the results,
//! `node_modules`, `package.json` and what `package.patterns` takes in.

use serde_json::{Value, json};

use super::tool::{Bench, made, texts};
use crate::package::Extra;
use crate::problem::Errors;

/// Compiles the project.
pub(super) fn build(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let entries = bench.entries("nodejs")?;
    if entries.is_empty() {
        return Ok(Extra::default());
    }
    let tsconfig = bench
        .service
        .get(&["custom", "serverlessPluginTypescript", "tsConfigFileLocation"])
        .and_then(Value::as_str)
        .unwrap_or("tsconfig.json");
    let folder = bench.fresh("typescript")?;
    let answer = bench.node(
        "typescript",
        include_str!("tools/typescript.cjs"),
        json!({
            "directory": bench.service.directory, "folder": folder, "tsconfig": tsconfig,
            "entries": entries.values().collect::<Vec<_>>(),
        }),
    )?;
    let patterns = ["!**", "node_modules/**", "package.json"].map(str::to_owned).to_vec();
    let mut extra = Extra { patterns, ..Extra::default() };
    for name in texts(&answer["outputs"]) {
        let entry = made(&folder, &name)?;
        extra.shared.insert(name, entry);
    }
    Ok(extra)
}
