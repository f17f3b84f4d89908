//! Resolves every `${...}` of a configuration, as Serverless Framework v3 does.
//!
//! Start at [`Resolver`]. `parse` is the grammar, `sources` knows where each kind of variable looks, `file` reads the
//! files they name, `remote` is what they ask of the account.
//!
//! A resolution is a depth-first walk: a property that needs another one resolves it first, and meeting a property
//! that is still on the way is a circle. Questions to the account are collected while walking, asked all at once, and
//! the walk is repeated with the answers; so the walk itself needs no waiting.

mod file;
pub(crate) mod parse;
pub mod remote;
mod sources;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use crate::config::node::Node;
use crate::config::read::Tree;
use crate::model::Source as Places;
use crate::problem::{Errors, Problem};
use parse::{Piece, Source, Template};
use remote::{Remote, Request};

pub(crate) use self::sources::{STAGE_INVALID, is_stage};

/// How often a value may resolve to a text with variables again. Serverless Framework v3 stops at the same depth.
const DEPTH_MAX: u8 = 10;

/// What variables may ask for besides the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The project folder.
    pub(crate) directory: PathBuf,
    /// The options of the command line (`stage`, `region` ...), for `opt`.
    pub(crate) options: Map<String, Value>,
    /// `--param name=value`, for `param`.
    pub(crate) params: Vec<(String, String)>,
    /// The environment, with `.env` files once they are read.
    pub(crate) environment: BTreeMap<String, String>,
    /// `sls:instanceId`.
    pub(crate) instance_id: String,
}

/// A configuration on its way to having no variables.
pub(crate) struct Resolver {
    /// The configuration, as far as it is resolved.
    pub(crate) config: Value,
    /// Where its parts are written.
    pub(crate) places: Places,
    /// What may be asked for.
    pub(crate) facts: Facts,
    /// Environment variables that were asked for and are not there.
    pub(crate) missing: BTreeSet<String>,
    /// The properties that hold variables, by their path joined with NUL.
    open: BTreeMap<String, Open>,
    /// The properties that are being resolved, outermost first.
    stack: Vec<String>,
    files: HashMap<PathBuf, Option<Rc<Tree>>>,
    programs: HashMap<(PathBuf, Option<String>), Value>,
    node: Option<Node>,
    answers: BTreeMap<Request, Result<Value, String>>,
    wanted: BTreeSet<Request>,
}

#[derive(Debug, Clone)]
enum Open {
    /// Not resolved yet, and after how many rounds.
    Waiting(Rc<Template>, u8),
    /// Cannot be resolved.
    Failed(Problem),
}

/// Why a value is not there.
#[derive(Debug, Clone)]
enum Stop {
    /// It never will be.
    Failed(Problem),
    /// The account must be asked first.
    Asked,
    /// No such source; what stands in its way is reported in the end, all at once.
    Unknown(String),
}

/// A value and where it came from, so that its places can be told.
struct Found {
    value: Value,
    origin: Option<Origin>,
}

enum Origin {
    Config(Vec<String>),
    File(PathBuf, Vec<String>),
}

impl From<Value> for Found {
    fn from(value: Value) -> Self {
        Self { value, origin: None }
    }
}

/// What a template became.
enum Filled {
    /// One variable was the whole text: its value, of any type.
    Whole(Found),
    /// Text; parts that came out of variables are told from those that stood there.
    Joined(Vec<(String, bool)>),
}

impl Resolver {
    /// Finds the variables of a configuration. Mistakes in their grammar are all reported here.
    pub(crate) fn new(tree: Tree, facts: Facts) -> Result<Self, Errors> {
        let mut resolver = Self {
            config: tree.value,
            places: tree.source,
            facts,
            missing: BTreeSet::new(),
            open: BTreeMap::new(),
            stack: Vec::new(),
            files: HashMap::new(),
            programs: HashMap::new(),
            node: None,
            answers: BTreeMap::new(),
            wanted: BTreeSet::new(),
        };
        let mut problems = Vec::new();
        let config = resolver.config.clone();
        scan(&config, &mut Vec::new(), &mut |path, parsed| match parsed {
            Ok(template) => {
                resolver.open.insert(path.join("\0"), Open::Waiting(Rc::new(template), 0));
            }
            Err(error) => {
                let message = format!("Variable syntax error at \"{}\": {error}", path.join("."));
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                problems.push(Problem::at(resolver.places.locate(&path), message));
            }
        });
        Errors::none_or(problems)?;
        Ok(resolver)
    }

    /// Hands over a Node process that already runs for this project.
    pub(crate) fn use_node(&mut self, node: Option<Node>) {
        self.node = node;
    }

    /// The files that variables read so far, relative to the project folder; those that do not exist as well.
    pub(crate) fn read_files(&mut self) -> Vec<PathBuf> {
        let programs = self.programs.keys().map(|(file, _)| file);
        let mut files: Vec<PathBuf> = self
            .files
            .keys()
            .chain(programs)
            .map(|file| file.strip_prefix(&self.facts.directory).unwrap_or(file).to_owned())
            .collect();
        if let Some(node) = &mut self.node {
            // What cannot be told is not watched; the configuration itself is right without it.
            let modules =
                node.perform(json!({"do": "modules", "directory": self.facts.directory})).unwrap_or_default();
            files.extend(
                modules.as_array().into_iter().flatten().filter_map(|file| file.as_str().map(PathBuf::from)),
            );
        }
        files.sort();
        files.dedup();
        files
    }

    /// Adds to the environment what it does not have yet.
    pub(crate) fn add_environment(&mut self, values: Vec<(String, String)>) -> Result<(), String> {
        if let Some(node) = &mut self.node {
            let values: BTreeMap<&str, &str> =
                values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            node.perform(json!({"do": "environment", "values": values}))?;
        }
        self.facts.environment.extend(values);
        Ok(())
    }

    /// Resolves the properties at or below the given paths, or all of them.
    pub(crate) async fn resolve(
        &mut self,
        paths: Option<&[&str]>,
        remote: &dyn Remote,
    ) -> Result<(), Errors> {
        loop {
            self.wanted.clear();
            self.walk(paths);
            if self.wanted.is_empty() {
                break;
            }
            let wanted: Vec<Request> = std::mem::take(&mut self.wanted).into_iter().collect();
            let answers = futures::future::join_all(wanted.iter().map(|request| request.ask(remote))).await;
            self.answers.extend(wanted.into_iter().zip(answers));
        }
        self.verdict(paths)
    }

    /// Resolves what can be resolved without asking, until nothing more changes.
    fn walk(&mut self, paths: Option<&[&str]>) {
        let mut seen = BTreeSet::new();
        loop {
            let next: Vec<String> = self
                .open
                .keys()
                .filter(|path| wants(paths, path) && !seen.contains(*path))
                .cloned()
                .collect();
            if next.is_empty() {
                return;
            }
            for path in next {
                seen.insert(path.clone());
                // The outcome stays in `open`, where `verdict` finds it.
                drop(self.property(&path));
            }
        }
    }

    fn verdict(&mut self, paths: Option<&[&str]>) -> Result<(), Errors> {
        let mut problems: Vec<Problem> = Vec::new();
        let mut unknown: Vec<(String, String)> = Vec::new();
        let open: Vec<String> = self.open.keys().filter(|path| wants(paths, path)).cloned().collect();
        for path in open {
            match self.property(&path) {
                Err(Stop::Failed(problem)) if !problems.contains(&problem) => problems.push(problem),
                Err(Stop::Unknown(kind)) => unknown.push((kind, path)),
                _ => {}
            }
        }
        for (kind, path) in unknown {
            let path: Vec<&str> = path.split('\0').collect();
            let message = format!(
                "Cannot resolve variable at \"{}\": Unrecognized configuration variable source: \"{kind}\"",
                path.join(".")
            );
            let help = match kind.as_str() {
                "construct" => "\"construct\" comes from the plugin serverless-lift, which is not supported",
                "git" => "\"git\" comes from a plugin that is not supported",
                _ => "the sources are self, opt, env, param, sls, aws, file, ssm, cf, s3 and strToBool",
            };
            problems.push(Problem::at(self.places.locate(&path), message).help(help));
        }
        Errors::none_or(problems)
    }

    /// Resolves one property and puts its value into the configuration.
    fn property(&mut self, path: &str) -> Result<(), Stop> {
        loop {
            let (template, round) = match self.open.get(path) {
                None => return Ok(()),
                Some(Open::Failed(problem)) => return Err(Stop::Failed(problem.clone())),
                Some(Open::Waiting(template, round)) => (Rc::clone(template), *round),
            };
            if round > DEPTH_MAX {
                let stop = self.failed(path, "Excessive property variables nest depth");
                return Err(self.give_up(path, stop));
            }
            self.stack.push(path.to_owned());
            let filled = self.fill(path, &template).and_then(|filled| self.again(path, filled));
            self.stack.pop();
            match filled {
                Err(stop) => return Err(self.give_up(path, stop)),
                Ok((_, Some(template))) => {
                    self.open.insert(path.to_owned(), Open::Waiting(Rc::new(template), round + 1));
                }
                Ok((found, None)) => {
                    self.open.remove(path);
                    self.put(path, found, round + 1);
                    return Ok(());
                }
            }
        }
    }

    fn give_up(&mut self, path: &str, stop: Stop) -> Stop {
        if let Stop::Failed(problem) = &stop {
            self.open.insert(path.to_owned(), Open::Failed(problem.clone()));
        }
        stop
    }

    /// Writes a value into the configuration and opens the variables that it brings along.
    fn put(&mut self, path: &str, found: Found, round: u8) {
        let keys: Vec<&str> = path.split('\0').collect();
        match &found.origin {
            Some(Origin::Config(from)) => {
                let from: Vec<&str> = from.iter().map(String::as_str).collect();
                self.places.alias(&from, &keys);
            }
            Some(Origin::File(file, from)) => {
                let from: Vec<&str> = from.iter().map(String::as_str).collect();
                if let Some(Some(tree)) = self.files.get(file) {
                    self.places.graft(&tree.source, &from, &keys);
                }
            }
            None => {}
        }
        let mut opened = Vec::new();
        if found.value.is_object() || found.value.is_array() {
            let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            scan(&found.value, &mut keys, &mut |path, parsed| opened.push((path.to_vec(), parsed)));
        }
        for (path, parsed) in opened {
            let joined = path.join("\0");
            let open = match parsed {
                Ok(template) => Open::Waiting(Rc::new(template), round),
                Err(error) => {
                    let keys: Vec<&str> = path.iter().map(String::as_str).collect();
                    let message = format!("Variable syntax error at \"{}\": {error}", path.join("."));
                    Open::Failed(Problem::at(self.places.locate(&keys), message))
                }
            };
            self.open.insert(joined, open);
        }
        if let Some(target) = at_mut(&mut self.config, &keys) {
            *target = found.value;
        }
    }

    /// Resolves the variables of one text.
    fn fill(&mut self, path: &str, template: &Template) -> Result<Filled, Stop> {
        if let [Piece::Variable(sources)] = template.0.as_slice() {
            return self.variable(path, sources).map(Filled::Whole);
        }
        let mut parts = Vec::with_capacity(template.0.len());
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => parts.push((text.clone(), false)),
                Piece::Variable(sources) => {
                    let text = match self.variable(path, sources)?.value {
                        Value::String(text) => text,
                        Value::Bool(flag) => flag.to_string(),
                        Value::Number(number) => number.to_string(),
                        _ => {
                            let message =
                                "String value consist of variable which resolve with non-string value";
                            return Err(self.failed(path, message));
                        }
                    };
                    parts.push((text, true));
                }
            }
        }
        Ok(Filled::Joined(parts))
    }

    /// The value of a filled text, or the template that it is when its parts hold variables again. Each part is read
    /// alone, so that joining two values never makes a variable that neither of them wrote.
    fn again(&self, path: &str, filled: Filled) -> Result<(Found, Option<Template>), Stop> {
        let wrong = |error: String| {
            self.failed(path, &format!("Approached variable syntax error in resolved value ({error})"))
        };
        match filled {
            Filled::Whole(found) => {
                let template = match &found.value {
                    Value::String(text) => parse::parse(text).map_err(wrong)?,
                    _ => None,
                };
                Ok((found, template))
            }
            Filled::Joined(parts) => {
                let mut pieces = Vec::new();
                let mut more = false;
                for (text, resolved) in &parts {
                    match resolved.then(|| parse::parse(text)).transpose().map_err(wrong)?.flatten() {
                        Some(template) => {
                            more = true;
                            pieces.extend(template.0);
                        }
                        None => pieces.push(Piece::Text(text.clone())),
                    }
                }
                let text: String = parts.into_iter().map(|(text, _)| text).collect();
                Ok((Value::String(text).into(), more.then_some(Template(pieces))))
            }
        }
    }

    /// Resolves one variable: the first source that knows a value.
    fn variable(&mut self, path: &str, sources: &[Source]) -> Result<Found, Stop> {
        let mut last = "";
        for source in sources {
            match source {
                Source::Literal(value) => return Ok(value.clone().into()),
                Source::Place { kind, params, address } => {
                    let found = self.look(path, kind, params.as_deref(), address.as_ref())?;
                    if !found.value.is_null() {
                        return Ok(found);
                    }
                    last = kind;
                }
            }
        }
        Err(self.failed(path, &format!("Value not found at \"{last}\" source")))
    }

    /// Resolves a text inside of a variable (an address, a parameter) to the end, objects included.
    fn inner(&mut self, path: &str, template: &Template, depth: u8) -> Result<Value, Stop> {
        if depth > DEPTH_MAX {
            return Err(self.failed(path, "Excessive variables nest depth"));
        }
        let filled = self.fill(path, template)?;
        match self.again(path, filled)? {
            (_, Some(template)) => self.inner(path, &template, depth + 1),
            (found, None) => self.inner_value(path, found.value, depth),
        }
    }

    fn inner_value(&mut self, path: &str, value: Value, depth: u8) -> Result<Value, Stop> {
        match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.inner_text(path, item, depth))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            Value::Object(map) => map
                .into_iter()
                .map(|(key, item)| Ok((key, self.inner_text(path, item, depth)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            other => Ok(other),
        }
    }

    fn inner_text(&mut self, path: &str, value: Value, depth: u8) -> Result<Value, Stop> {
        let Value::String(text) = &value else { return self.inner_value(path, value, depth) };
        match parse::parse(text).map_err(|error| self.failed(path, &error))? {
            Some(template) => self.inner(path, &template, depth + 1),
            None => Ok(value),
        }
    }

    /// The value of another property, resolved with everything in it.
    fn dependent(&mut self, path: &str, keys: &[String]) -> Result<Value, Stop> {
        for length in 1..=keys.len() {
            let prefix = keys[..length].join("\0");
            if self.open.contains_key(&prefix) {
                self.step(path, &prefix)?;
            }
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        match at(&self.config, &keys) {
            None => return Ok(Value::Null),
            Some(Value::Object(_) | Value::Array(_)) => {}
            Some(value) => return Ok(value.clone()),
        }
        let prefix = if keys.is_empty() { String::new() } else { keys.join("\0") + "\0" };
        while let Some(nested) = self.first_below(&prefix) {
            self.step(path, &nested)?;
        }
        Ok(at(&self.config, &keys).cloned().unwrap_or(Value::Null))
    }

    fn first_below(&self, prefix: &str) -> Option<String> {
        let (path, _) = self.open.range(prefix.to_owned()..).next()?;
        path.starts_with(prefix).then(|| path.clone())
    }

    /// Resolves a property that another one needs, unless that one is waiting for this one.
    fn step(&mut self, path: &str, needed: &str) -> Result<(), Stop> {
        if self.stack.iter().any(|open| open == needed) {
            let name = |path: &str| path.replace('\0', ".");
            let message = match path == needed {
                true => format!("Circular reference. \"{}\" refers to itself", name(path)),
                false => {
                    format!("Circular reference among \"{}\" and \"{}\" properties", name(path), name(needed))
                }
            };
            return Err(self.failed(path, &message));
        }
        self.property(needed)
    }

    fn failed(&self, path: &str, message: &str) -> Stop {
        let keys: Vec<&str> = path.split('\0').collect();
        let message = format!("Cannot resolve variable at \"{}\": {message}", keys.join("."));
        Stop::Failed(Problem::at(self.places.locate(&keys), message))
    }
}

fn wants(paths: Option<&[&str]>, path: &str) -> bool {
    let under = |above: &str, below: &str| {
        below.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('\0'))
    };
    paths.is_none_or(|paths| paths.iter().any(|wanted| under(wanted, path) || under(path, wanted)))
}

/// Hears of a text with variables: its path, and its template or what is wrong with it.
type Hit<'a> = dyn FnMut(&[String], Result<Template, String>) + 'a;

/// Finds the texts with variables in a value.
fn scan(value: &Value, path: &mut Vec<String>, found: &mut Hit<'_>) {
    match value {
        Value::String(text) => match parse::parse(text) {
            Ok(None) => {}
            Ok(Some(template)) => found(path, Ok(template)),
            Err(error) => found(path, Err(error)),
        },
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                scan(item, path, found);
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                path.push(key.clone());
                scan(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn at<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| match value {
        Value::Object(map) => map.get(*key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn at_mut<'a>(value: &'a mut Value, keys: &[&str]) -> Option<&'a mut Value> {
    keys.iter().try_fold(value, |value, key| match value {
        Value::Object(map) => map.get_mut(*key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
