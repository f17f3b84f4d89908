//! The things that the parts of this crate hand to each other: the resolved service and its packages.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::problem::{Location, Problem};

/// A service with every variable resolved.
#[derive(Debug, Clone)]
pub struct Service {
    /// The whole configuration. Beyond what the author wrote it holds these promises: `service` is a string;
    /// `provider` is an object with `name`, `stage` and `region`; `functions` and `layers` are objects (absent
    /// ones are empty, lists of maps are merged, a function with a null body is an empty object); `resources` is an
    /// object or absent, its lists merged; CloudFormation's short tags are in their long form (`{"Fn::GetAtt": [..]}`);
    /// `${AWS::Region}` and other names that are CloudFormation's own are left as they were.
    pub config: Value,
    /// Where each part of the configuration is written.
    pub source: Source,
    /// The project folder.
    pub directory: PathBuf,
    /// The stage that is deployed.
    pub stage: String,
    /// The region that is deployed to.
    pub region: String,
}

impl Service {
    /// The service's name.
    pub fn name(&self) -> &str {
        self.config["service"].as_str().unwrap_or_default()
    }

    /// The name of the service's stack: `provider.stackName`, or the service and the stage.
    pub fn stack_name(&self) -> String {
        match self.get(&["provider", "stackName"]).and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => format!("{}-{}", self.name(), self.stage),
        }
    }

    /// The value at a path; list indexes are written as numbers.
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.config, |value, key| match value {
            Value::Object(map) => map.get(*key),
            Value::Array(list) => list.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The `provider` block.
    pub fn provider(&self) -> &Map<String, Value> {
        self.object("provider")
    }

    /// The functions by their keys, in the order in which they are written.
    pub fn functions(&self) -> &Map<String, Value> {
        self.object("functions")
    }

    /// The layers by their keys, in the order in which they are written.
    pub fn layers(&self) -> &Map<String, Value> {
        self.object("layers")
    }

    fn object(&self, key: &str) -> &Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.config.get(key).and_then(Value::as_object).unwrap_or(&EMPTY)
    }

    /// A problem at the place where a path is written.
    pub fn problem(&self, path: &[&str], message: impl Into<String>) -> Problem {
        Problem::at(self.source.locate(path), message)
    }
}

/// Where each part of a configuration is written.
#[derive(Debug, Clone, Default)]
pub struct Source {
    file: PathBuf,
    places: BTreeMap<String, Location>,
}

impl Source {
    /// A source of one file, none of whose places is known yet.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), places: BTreeMap::new() }
    }

    /// The main configuration file.
    pub fn file(&self) -> &PathBuf {
        &self.file
    }

    /// The place of a path, or of its nearest known parent; list indexes are written as numbers.
    pub fn locate(&self, path: &[&str]) -> Location {
        (1..=path.len())
            .rev()
            .find_map(|length| self.places.get(&key(&path[..length])))
            .cloned()
            .unwrap_or_else(|| Location { file: self.file.clone(), line: 0, column: 0 })
    }

    /// Notes where a path is written.
    pub fn note(&mut self, path: &[&str], location: Location) {
        self.places.insert(key(path), location);
    }

    /// Makes everything below `from` known below `to` as well: for values that moved or were copied.
    pub fn alias(&mut self, from: &[&str], to: &[&str]) {
        let copies = self.below(from);
        self.insert(to, copies);
    }

    /// Makes what another file has below `from` known below `to`: for values that came out of that file.
    pub fn graft(&mut self, other: &Source, from: &[&str], to: &[&str]) {
        self.insert(to, other.below(from));
    }

    fn below(&self, path: &[&str]) -> Vec<(String, Location)> {
        let path = key(path);
        self.places
            .range(path.clone()..)
            .take_while(|(place, _)| place.starts_with(&path))
            .filter_map(|(place, location)| {
                let rest = match path.is_empty() {
                    true => format!("\0{place}"),
                    false => place[path.len()..].to_owned(),
                };
                (rest.is_empty() || rest.starts_with('\0')).then(|| (rest, location.clone()))
            })
            .collect()
    }

    fn insert(&mut self, to: &[&str], places: Vec<(String, Location)>) {
        let to = key(to);
        for (rest, location) in places {
            let place = format!("{to}{rest}");
            let place = place.strip_prefix('\0').unwrap_or(&place).to_owned();
            self.places.insert(place, location);
        }
    }
}

fn key(path: &[&str]) -> String {
    path.join("\0")
}

/// The archives of a service.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// Where the archives go in the deployment bucket: `serverless/<service>/<stage>/<milliseconds>-<time>`.
    pub prefix: String,
    /// The archive of each function by its key. Functions that are packaged together name the same file.
    pub functions: BTreeMap<String, Package>,
    /// The archive of each layer by its key.
    pub layers: BTreeMap<String, Package>,
    /// The archive of the helper functions, when the service needs one.
    pub helpers: Option<Package>,
}

/// One archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The archive on disk.
    pub file: PathBuf,
    /// The last part of its key in the deployment bucket (`hello.zip`).
    pub name: String,
    /// SHA-256 of the archive's bytes in base64, as in `CodeSha256`.
    pub sha256: String,
    /// The archive's size.
    pub size_bytes: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(line: usize) -> Location {
        Location { file: "serverless.yml".into(), line, column: 3 }
    }

    #[test]
    fn a_place_is_that_of_the_nearest_known_parent_and_follows_what_moved() {
        let mut source = Source::new("serverless.yml");
        source.note(&["functions", "0", "hello"], place(4));
        source.note(&["functions", "0", "hello", "handler"], place(5));
        source.alias(&["functions", "0"], &["functions"]);
        assert_eq!(source.locate(&["functions", "hello", "handler"]), place(5));
        assert_eq!(source.locate(&["functions", "hello", "events", "0"]), place(4));
        assert_eq!(source.locate(&["provider"]).to_string(), "serverless.yml");
    }

    #[test]
    fn a_path_reads_objects_and_lists() {
        let service = Service {
            config: json!({"service": "s", "provider": {"tags": [{"a": 1}]}}),
            source: Source::new("serverless.yml"),
            directory: PathBuf::new(),
            stage: "dev".to_owned(),
            region: "us-east-1".to_owned(),
        };
        assert_eq!(service.get(&["provider", "tags", "0", "a"]), Some(&json!(1)));
        assert_eq!(service.get(&["provider", "tags", "x"]), None);
        assert_eq!(service.stack_name(), "s-dev");
        assert!(service.functions().is_empty());
    }
}
