//! Makes the archives of a service, with the rules of Serverless Framework v3.
//!
//! Start at [`build`]. `collect` finds the files (`glob` are the patterns, `node_modules` knows which packages are
//! there for development alone), `archive` writes them, `cache` remembers what was written, `handlers`
//! tells which handlers have no file in them, and `helpers` are functions of our own.

mod archive;
mod cache;
pub(crate) mod collect;
mod glob;
pub(crate) mod handlers;
pub(crate) mod helpers;
pub(crate) mod node_modules;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::model::{Package, Packages, Service};
use crate::problem::{Errors, Problem};
use crate::truth::truthy;
use cache::Cache;
use collect::{Entries, Wanted};

/// What the framework never packs, unless a pattern asks for it.
const LEFT_OUT: [&str; 7] = [
    ".git/**",
    ".gitignore",
    ".DS_Store",
    "npm-debug.log",
    "yarn-*.log",
    ".serverless/**",
    ".serverless_plugins/**",
];

/// How to package.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the archives go; see [`folder`].
    pub folder: PathBuf,
    /// The time of the deployment, which names its place in the bucket.
    pub now: Timestamp,
    /// Only this function, by its key.
    pub only: Option<String>,
}

/// What plugins put into packages.
#[derive(Debug, Default)]
pub(crate) struct Extra {
    /// Files for every function's package; they replace files of the same name.
    pub(crate) shared: Entries,
    /// Files for single functions' packages; they replace files of the same name.
    pub(crate) functions: BTreeMap<String, Entries>,
    /// Patterns that come before the author's own.
    pub(crate) patterns: Vec<String>,
}

impl Extra {
    /// Adds what another plugin puts in.
    pub(crate) fn add(&mut self, more: Extra) {
        self.shared.extend(more.shared);
        self.patterns.extend(more.patterns);
        for (key, entries) in more.functions {
            self.functions.entry(key).or_default().extend(entries);
        }
    }
}

/// Where the archives of a service go: the given folder, or `package.path`, or `.serverless`.
pub fn folder(service: &Service, given: Option<&Path>) -> PathBuf {
    let path = service.get(&["package", "path"]).and_then(Value::as_str).map(Path::new);
    service.directory.join(given.or(path).unwrap_or(Path::new(".serverless")))
}

/// The files that the service's packages are made of, as they were when they were packed.
pub fn build(service: &Service, options: &Options) -> Result<Packages, Errors> {
    build_with(service, options, &Extra::default())
}

pub(crate) fn build_with(service: &Service, options: &Options, extra: &Extra) -> Result<Packages, Errors> {
    let cannot =
        |error| Problem::new(format!("cannot make the folder {}: {error}", options.folder.display()));
    fs::create_dir_all(&options.folder).map_err(cannot)?;
    let mut builder = Builder {
        service,
        folder: &options.folder,
        extra,
        cache: Cache::open(&options.folder),
        shared: None,
    };
    let mut packages = Packages { prefix: prefix(service, options.now), ..Packages::default() };
    let mut problems = Vec::new();
    for name in service.functions().keys() {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        match builder.function(name) {
            Ok(Some(package)) => {
                packages.functions.insert(name.clone(), package);
            }
            Ok(None) => {}
            Err(Errors(more)) => {
                problems.extend(more.into_iter().filter(|one| !problems.contains(one)).collect::<Vec<_>>())
            }
        }
    }
    for name in service.layers().keys() {
        if options.only.is_some() {
            continue;
        }
        match builder.layer(name) {
            Ok(package) => {
                packages.layers.insert(name.clone(), package);
            }
            Err(Errors(more)) => problems.extend(more),
        }
    }
    builder.cache.save()?;
    Errors::none_or(problems)?;
    if options.only.is_none() {
        packages.helpers = helpers::package(service, &options.folder)?;
    }
    Ok(packages)
}

/// The folder of a deployment in the bucket: `serverless/<service>/<stage>/<milliseconds>-<time>`.
fn prefix(service: &Service, now: Timestamp) -> String {
    let root = service.get(&["provider", "deploymentPrefix"]).and_then(Value::as_str).unwrap_or("serverless");
    let milliseconds = now.as_millisecond();
    let time = now.strftime("%Y-%m-%dT%H:%M:%S");
    format!(
        "{root}/{}/{}/{milliseconds}-{time}.{:03}Z",
        service.name(),
        service.stage,
        milliseconds.rem_euclid(1000)
    )
}

struct Builder<'a> {
    service: &'a Service,
    folder: &'a Path,
    extra: &'a Extra,
    cache: Cache,
    /// The archive that functions share, once it was made.
    shared: Option<Result<Package, Errors>>,
}

impl Builder<'_> {
    /// The archive of a function; `None` for one that runs from an image.
    fn function(&mut self, name: &str) -> Result<Option<Package>, Errors> {
        let own = |key: &str| self.service.get(&["functions", name, "package", key]);
        if self.service.get(&["functions", name, "image"]).is_some() {
            return Ok(None);
        }
        if let Some(artifact) = own("artifact") {
            return self
                .artifact(artifact, &["functions", name, "package", "artifact"], Some(name))
                .map(Some);
        }
        let all = self.service.get(&["package", "individually"]);
        if own("individually").is_some_and(truthy) || all.is_some_and(truthy) {
            let shared_artifact = self.service.get(&["package", "artifact"]);
            return match shared_artifact {
                Some(artifact) if !own("individually").is_some_and(truthy) => {
                    self.artifact(artifact, &["package", "artifact"], None)
                }
                _ => self.individual(name),
            }
            .map(Some);
        }
        if self.shared.is_none() {
            self.shared = Some(self.service_package());
        }
        self.shared.clone().transpose()
    }

    fn service_package(&mut self) -> Result<Package, Errors> {
        if let Some(artifact) = self.service.get(&["package", "artifact"]) {
            return self.artifact(artifact, &["package", "artifact"], None);
        }
        let mut overlay = self.extra.shared.clone();
        for entries in self.extra.functions.values() {
            overlay.extend(entries.iter().map(|(name, entry)| (name.clone(), entry.clone())));
        }
        let wanted = self.wanted(&["package"])?;
        self.archive(&format!("{}.zip", self.service.name()), &wanted, &overlay, &["package"])
    }

    fn individual(&mut self, name: &str) -> Result<Package, Errors> {
        let mut overlay = self.extra.shared.clone();
        if let Some(entries) = self.extra.functions.get(name) {
            overlay.extend(entries.iter().map(|(name, entry)| (name.clone(), entry.clone())));
        }
        let wanted = self.wanted(&["functions", name, "package"])?;
        self.archive(&format!("{name}.zip"), &wanted, &overlay, &["functions", name])
    }

    fn layer(&mut self, name: &str) -> Result<Package, Errors> {
        let place = ["layers", name, "package"];
        if let Some(artifact) = self.service.get(&["layers", name, "package", "artifact"]) {
            return self.artifact(artifact, &["layers", name, "package", "artifact"], None);
        }
        let Some(path) = self.service.get(&["layers", name, "path"]).and_then(Value::as_str) else {
            let message = format!("the layer \"{name}\" has neither \"path\" nor \"package.artifact\"");
            return Err(self.service.problem(&["layers", name], message).into());
        };
        let root = self.service.directory.join(path);
        if !root.is_dir() {
            let message = format!("the folder \"{path}\" of the layer \"{name}\" does not exist");
            return Err(self.service.problem(&["layers", name, "path"], message).into());
        }
        let mut patterns = self.excludes(&place, false)?;
        patterns.extend(self.includes(&place)?);
        let wanted = Wanted { root, patterns, without_dev_dependencies: false };
        self.archive(&format!("{name}.zip"), &wanted, &Entries::new(), &["layers", name])
    }

    /// The files that a package setting (`package`, `functions.<name>.package`) wants from the project.
    fn wanted(&self, place: &[&str]) -> Result<Wanted, Errors> {
        let mut patterns = self.extra.patterns.clone();
        patterns.extend(self.excludes(place, true)?);
        patterns.extend(self.includes(place)?);
        let dev = self.service.get(&["package", "excludeDevDependencies"]);
        Ok(Wanted {
            root: self.service.directory.clone(),
            patterns,
            without_dev_dependencies: dev.is_none_or(|dev| dev.is_null() || truthy(dev)),
        })
    }

    fn excludes(&self, place: &[&str], without_layers: bool) -> Result<Vec<String>, Errors> {
        let mut excludes: Vec<String> = LEFT_OUT.iter().map(|pattern| (*pattern).to_owned()).collect();
        excludes.push(self.service.source.file().display().to_string());
        excludes.extend(self.strings(&["package", "exclude"])?);
        if without_layers {
            let paths = self.service.layers().values().filter_map(|layer| layer["path"].as_str());
            excludes.extend(paths.map(|path| format!("{}/**", path.trim_end_matches('/'))));
        }
        if self.service.get(&["useDotenv"]).is_some_and(truthy) {
            excludes.push(".env*".to_owned());
        }
        if place != ["package"] {
            excludes.extend(self.strings(&[place, &["exclude"]].concat())?);
        }
        let turn = |pattern: String| match pattern.strip_prefix('!') {
            Some(pattern) => pattern.to_owned(),
            None => format!("!{pattern}"),
        };
        Ok(unique(excludes).into_iter().map(turn).collect())
    }

    fn includes(&self, place: &[&str]) -> Result<Vec<String>, Errors> {
        let mut includes = self.strings(&["package", "include"])?;
        includes.extend(self.strings(&["package", "patterns"])?);
        if place != ["package"] {
            includes.extend(self.strings(&[place, &["include"]].concat())?);
            includes.extend(self.strings(&[place, &["patterns"]].concat())?);
        }
        Ok(unique(includes))
    }

    fn strings(&self, path: &[&str]) -> Result<Vec<String>, Errors> {
        let wrong =
            || self.service.problem(path, format!("\"{}\" must be a list of patterns", path.join(".")));
        match self.service.get(path) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![one.clone()]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| wrong().into()))
                .collect(),
            Some(_) => Err(wrong().into()),
        }
    }

    fn archive(
        &mut self,
        name: &str,
        wanted: &Wanted,
        overlay: &Entries,
        place: &[&str],
    ) -> Result<Package, Errors> {
        let at = |problem: Problem| match problem.location {
            Some(_) => problem,
            None => Problem { location: Some(self.service.source.locate(place)), ..problem },
        };
        let mut entries = collect::collect(wanted)
            .map_err(|Errors(problems)| Errors(problems.into_iter().map(at).collect()))?;
        entries.extend(overlay.iter().map(|(name, entry)| (name.clone(), entry.clone())));
        if entries.is_empty() {
            let message = format!("No file matches include / exclude patterns (for {name})");
            return Err(self.service.problem(place, message).into());
        }
        let file = self.folder.join(name);
        let record = archive::write(&file, &entries, self.cache.get(name))?;
        let package = Package {
            file,
            name: name.to_owned(),
            sha256: record.sha256.clone(),
            size_bytes: record.size_bytes,
        };
        self.cache.set(name, record);
        Ok(package)
    }

    /// An archive that the author made.
    fn artifact(&self, artifact: &Value, path: &[&str], function: Option<&str>) -> Result<Package, Errors> {
        let Some(artifact) = artifact.as_str() else {
            return Err(self.service.problem(path, "\"artifact\" must be the path of a file").into());
        };
        if artifact.starts_with("s3://") || artifact.starts_with("https://") {
            let message =
                format!("the artifact \"{artifact}\" is not in the project: only local files are supported");
            return Err(self.service.problem(path, message).into());
        }
        let file = self.service.directory.join(artifact);
        let (sha256, size_bytes) = archive::hash(&file).map_err(|error| {
            let whose = function.map(|function| format!(" (for \"{function}\")")).unwrap_or_default();
            self.service
                .problem(path, format!("Cannot access package artifact at \"{artifact}\"{whose}: {error}"))
        })?;
        let name =
            file.file_name().map_or_else(|| artifact.to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(Package { file, name, sha256, size_bytes })
    }
}

fn unique(patterns: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    patterns.into_iter().filter(|pattern| seen.insert(pattern.clone())).collect()
}

#[cfg(test)]
mod tests;
