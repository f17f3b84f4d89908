//! Running the project's own tools, and what their results are made into.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::config::node::program;
use crate::model::Service;
use crate::package::collect::{Entries, Entry, Wanted, collect};
use crate::package::node_modules;
use crate::problem::{Errors, Problem};

/// How much of a tool's complaint is shown.
const COMPLAINT_CHARS_MAX: usize = 8_000;

/// The endings that a handler's file may have, the first that exists is taken.
pub(super) const EXTENSIONS: [&str; 6] = [".ts", ".js", ".mts", ".mjs", ".jsx", ".tsx"];

/// What a plugin works with.
#[derive(Clone, Copy)]
pub(crate) struct Bench<'a> {
    pub(crate) service: &'a Service,
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// Where the packages go; results of tools are made in a folder below.
    pub(crate) folder: &'a Path,
    /// The one function that is packaged, if not all are.
    pub(crate) only: Option<&'a str>,
}

impl Bench<'_> {
    /// An empty folder for the results of a tool.
    pub(super) fn fresh(&self, name: &str) -> Result<PathBuf, Problem> {
        let folder = self.folder.join("build").join(name);
        let cannot = |error| Problem::new(format!("cannot make the folder {}: {error}", folder.display()));
        match fs::remove_dir_all(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
        fs::create_dir_all(&folder).map_err(cannot)?;
        Ok(folder)
    }

    /// Runs one of our scripts in the project's Node. The script gets its input on standard input and writes its
    /// answer into the file that the input names as `result`.
    pub(super) fn node(&self, name: &str, script: &str, mut input: Value) -> Result<Value, Problem> {
        let result = self.folder.join("build").join(format!("{name}.json"));
        input["result"] = Value::from(result.display().to_string());
        let mut child = Command::new(program("node", self.environment))
            .args(["-e", script])
            .current_dir(&self.service.directory)
            .env_clear()
            .envs(self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| Problem::new(format!("cannot start `node` for {name}: {error}")))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A process that ends before it reads tells why on standard error.
            drop(stdin.write_all(input.to_string().as_bytes()));
        }
        let output = child
            .wait_with_output()
            .map_err(|error| Problem::new(format!("cannot wait for `node` for {name}: {error}")))?;
        if !output.status.success() {
            return Err(complaint(name, &output.stderr));
        }
        let bad = |error: &dyn std::fmt::Display| Problem::new(format!("{name} left no result: {error}"));
        let bytes = fs::read(&result).map_err(|error| bad(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| bad(&error))
    }

    /// The functions with a handler in a family of runtimes that are to be packaged.
    pub(super) fn functions(&self, family: &str) -> Vec<(&str, &Value)> {
        let runtime = self.service.get(&["provider", "runtime"]).and_then(Value::as_str);
        self.service
            .functions()
            .iter()
            .filter(|(key, _)| self.only.is_none_or(|only| only == *key))
            .filter(|(_, function)| function["handler"].is_string())
            .filter(|(_, function)| {
                function["runtime"].as_str().or(runtime).is_none_or(|runtime| runtime.starts_with(family))
            })
            .map(|(key, function)| (key.as_str(), function))
            .collect()
    }

    /// The file of a handler, from the project folder.
    pub(super) fn entry(&self, key: &str, handler: &str) -> Result<String, Problem> {
        let place = ["functions", key, "handler"];
        let Some((stem, _)) = handler.rsplit_once('.') else {
            return Err(self
                .service
                .problem(&place, format!("the handler \"{handler}\" names no function of a file")));
        };
        let stem = stem.strip_prefix("./").unwrap_or(stem);
        for stem in [stem.to_owned(), format!("{stem}/index")] {
            for extension in EXTENSIONS {
                let name = format!("{stem}{extension}");
                if self.service.directory.join(&name).is_file() {
                    return Ok(name);
                }
            }
        }
        let message = format!("no file for the handler \"{handler}\"");
        let help = format!("looked for {stem} and {stem}/index with the endings {}", EXTENSIONS.join(", "));
        Err(self.service.problem(&place, message).help(help))
    }

    /// Whether a handler's file is TypeScript and has no JavaScript beside it that Node could run.
    pub(super) fn is_typescript_alone(&self, entry: &str) -> bool {
        let Some((stem, extension)) = entry.rsplit_once('.') else { return false };
        let runs = ["js", "mjs", "cjs"]
            .iter()
            .any(|other| self.service.directory.join(format!("{stem}.{other}")).is_file());
        matches!(extension, "ts" | "mts" | "tsx") && !runs
    }

    /// The files of all handlers by the keys of their functions.
    pub(super) fn entries(&self, family: &str) -> Result<BTreeMap<String, String>, Errors> {
        let mut found = BTreeMap::new();
        let mut problems = Vec::new();
        for (key, function) in self.functions(family) {
            match self.entry(key, function["handler"].as_str().unwrap_or_default()) {
                Ok(entry) => {
                    found.insert(key.to_owned(), entry);
                }
                Err(problem) => problems.push(problem),
            }
        }
        Errors::none_or(problems)?;
        Ok(found)
    }

    /// Installed npm packages with everything that they need.
    pub(super) fn installed(&self, names: &[String]) -> Result<Entries, Errors> {
        let mut all = Entries::new();
        for path in node_modules::closure(&self.service.directory, names) {
            let root = self.service.directory.join(&path);
            let found = collect(&Wanted { root, ..Wanted::default() })?;
            all.extend(found.into_iter().map(|(name, entry)| (format!("{path}/{name}"), entry)));
        }
        Ok(all)
    }
}

/// A made file for a package.
pub(super) fn made(folder: &Path, name: &str) -> Result<Entry, Problem> {
    let file = folder.join(name);
    let metadata = fs::metadata(&file)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", file.display())))?;
    Ok(Entry::new(&file, &metadata))
}

pub(super) fn complaint(name: &str, stderr: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(stderr);
    let text: String = text.trim().chars().take(COMPLAINT_CHARS_MAX).collect();
    let problem = Problem::new(format!("{name} failed:\n{text}"));
    match text.contains("MODULE_NOT_FOUND") || text.contains("Cannot find module") {
        true => problem.help("is it installed in the project? `npm install`"),
        false => problem,
    }
}

/// The texts of a list in a tool's answer.
pub(super) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
