//! serverless-python-requirements: what requirements.txt names is installed with the project's own pip and packed
//! beside the functions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::tool::{Bench, complaint, texts};
use crate::api::sha256;
use crate::config::node::program;
use crate::package::Extra;
use crate::package::collect::{Wanted, collect};
use crate::problem::{Errors, Problem};

/// The plugin's block in `custom`.
const SETTINGS: [&str; 2] = ["custom", "pythonRequirements"];

/// Settings that change what is packed in ways that are not built.
const REFUSED: [&str; 4] = ["zip", "layer", "dockerImage", "dockerFile"];

/// Installs the requirements, unless that was done for the same ones before.
pub(super) fn build(bench: &Bench<'_>) -> Result<Extra, Errors> {
    let setting = |key: &str| bench.service.get(&[&SETTINGS[..], &[key]].concat());
    check(bench)?;
    if bench.functions("python").is_empty() {
        return Ok(Extra::default());
    }
    let name = setting("fileName").and_then(Value::as_str).unwrap_or("requirements.txt");
    let mut extra = Extra::default();
    let vendor = setting("vendor").and_then(Value::as_str).filter(|vendor| !vendor.is_empty());
    if let Some(vendor) = vendor {
        let root = bench.service.directory.join(vendor);
        extra.shared.extend(collect(&Wanted { root, ..Wanted::default() })?);
    }
    let file = bench.service.directory.join(name);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            missing(bench, name)?;
            return Ok(extra);
        }
        Err(error) => return Err(Problem::new(format!("cannot read {name}: {error}")).into()),
    };
    let wanted = without(&text, &setting("noDeploy").map(texts).unwrap_or_default());
    let arguments = setting("pipCmdExtraArgs").map(texts).unwrap_or_default();
    let folder = install(bench, &wanted, &arguments)?;
    let mut patterns: Vec<String> =
        ["!**/__pycache__/**", "!**/*.pyc", "!bin/**"].map(str::to_owned).to_vec();
    if setting("slim") == Some(&Value::Bool(true)) {
        patterns.extend(["!**/*.dist-info/**", "!**/tests/**"].map(str::to_owned));
        patterns.extend(
            setting("slimPatterns").map(texts).unwrap_or_default().into_iter().map(|one| format!("!{one}")),
        );
    }
    extra.shared.extend(collect(&Wanted { root: folder, patterns, without_dev_dependencies: false })?);
    Ok(extra)
}

fn check(bench: &Bench<'_>) -> Result<(), Errors> {
    let mut problems = Vec::new();
    let on = |value: Option<&Value>| !matches!(value, None | Some(Value::Null | Value::Bool(false)));
    for key in REFUSED {
        let place = [&SETTINGS[..], &[key]].concat();
        if on(bench.service.get(&place)) {
            let message = format!("the setting \"{key}\" of serverless-python-requirements is not supported");
            problems.push(bench.service.problem(&place, message));
        }
    }
    // `non-linux` means: not here.
    let place = [&SETTINGS[..], &["dockerizePip"]].concat();
    if bench.service.get(&place) == Some(&Value::Bool(true)) {
        let message = "\"dockerizePip: true\" needs Docker";
        problems.push(
            bench.service.problem(&place, message).help("write \"non-linux\": pip runs on this machine then"),
        );
    }
    for (key, function) in bench.functions("python") {
        if function["module"].as_str().is_some_and(|module| module != ".") {
            let message = "requirements for each function (\"module\") are not supported";
            problems.push(bench.service.problem(&["functions", key, "module"], message));
        }
    }
    Errors::none_or(problems)
}

/// Without requirements.txt, another tool's file may hold the requirements.
fn missing(bench: &Bench<'_>, name: &str) -> Result<(), Errors> {
    for (file, tool, key) in [("Pipfile", "pipenv", "usePipenv"), ("pyproject.toml", "poetry", "usePoetry")] {
        let used = bench.service.get(&[&SETTINGS[..], &[key]].concat()) != Some(&Value::Bool(false));
        if used && bench.service.directory.join(file).is_file() {
            let message = format!("the requirements are in {file}, and {tool} is not supported");
            let help = format!("write them into {name}, for example with `{tool}`'s own export");
            return Err(bench.service.problem(&SETTINGS, message).help(help).into());
        }
    }
    Ok(())
}

/// The requirements without those that are not to be deployed.
fn without(text: &str, not: &[String]) -> String {
    let name = |line: &str| {
        let end = line
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(line.len());
        line[..end].to_lowercase().replace('_', "-")
    };
    let not: Vec<String> = not.iter().map(|one| one.to_lowercase().replace('_', "-")).collect();
    let lines: Vec<&str> = text.lines().filter(|line| !not.contains(&name(line.trim()))).collect();
    lines.join("\n") + "\n"
}

/// The names of the Pythons to try: the one that is named, that of the runtime, or any.
fn names<'a>(bench: &Bench<'a>) -> Vec<&'a str> {
    let named = bench.service.get(&[&SETTINGS[..], &["pythonBin"]].concat()).and_then(Value::as_str);
    let runtime = bench.service.get(&["provider", "runtime"]).and_then(Value::as_str);
    let runtime = runtime.filter(|runtime| runtime.starts_with("python"));
    [named, runtime, Some("python3"), Some("python")].into_iter().flatten().collect()
}

/// The first of them that has pip.
fn python(bench: &Bench<'_>) -> Result<PathBuf, Problem> {
    let works = |file: &Path| {
        let mut command = Command::new(file);
        command.args(["-m", "pip", "--version"]).env_clear().envs(bench.environment);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    names(bench).into_iter().map(|name| program(name, bench.environment)).find(|file| works(file)).ok_or_else(
        || {
            let problem = Problem::new("no Python with pip was found, and requirements.txt needs one");
            problem.help("install python3-pip")
        },
    )
}

/// Installs into a folder that is kept as long as the requirements stay the same.
fn install(bench: &Bench<'_>, wanted: &str, arguments: &[String]) -> Result<PathBuf, Problem> {
    let base = bench.folder.join("build");
    let folder = base.join("python");
    let list = base.join("requirements.txt");
    let mark = base.join("requirements.sha256");
    let hash = sha256(format!("{wanted}\0{}\0{}", arguments.join("\0"), names(bench).join("\0")).as_bytes());
    if folder.is_dir() && fs::read_to_string(&mark).is_ok_and(|known| known == hash) {
        return Ok(folder);
    }
    let python = python(bench)?;
    bench.fresh("python")?;
    let cannot = |error| Problem::new(format!("cannot write {}: {error}", list.display()));
    fs::write(&list, wanted).map_err(cannot)?;
    let output = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(&folder)
        .arg("--requirement")
        .arg(&list)
        .args(arguments)
        .current_dir(&bench.service.directory)
        .env_clear()
        .envs(bench.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| Problem::new(format!("cannot start {}: {error}", python.display())))?;
    if !output.status.success() {
        return Err(complaint("pip", &output.stderr));
    }
    fs::write(&mark, hash).map_err(cannot)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_can_be_left_out_by_name() {
        let text = "boto3==1.2\n# note\nFlask>=1\nsix ; python_version < '3'\nmy_pkg[extra]==1\n";
        assert_eq!(
            without(text, &["boto3".to_owned(), "My-Pkg".to_owned()]),
            "# note\nFlask>=1\nsix ; python_version < '3'\n"
        );
    }
}
