//! `${file(path):address}`: YAML, JSON, Terraform state, JavaScript or plain text.

use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use serde_json::{Value, json};

use super::{Found, Origin, Resolver, Stop};
use crate::config::node::{Message, Node, Question, Reply};
use crate::config::read;
use crate::model::Source as Places;

impl Resolver {
    /// Looks into a file. Null: no such file, or nothing at the address.
    pub(super) fn file(
        &mut self,
        path: &str,
        file: Option<&Value>,
        address: Option<&str>,
    ) -> Result<Found, Stop> {
        let file = match file {
            Some(Value::String(file)) if !file.is_empty() => file,
            None | Some(Value::Null | Value::String(_)) => {
                return Err(self.failed(path, "Missing path argument in variable \"file\" source"));
            }
            Some(other) => {
                return Err(self.failed(
                    path,
                    &format!("Non-string path argument in variable \"file\" source: {other}"),
                ));
            }
        };
        let full = normal(&self.facts.directory.join(file));
        let name = full.strip_prefix(&self.facts.directory).unwrap_or(&full).to_owned();
        let extension = full.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if matches!(extension, "js" | "cjs" | "mjs") {
            return self.program(path, &full, &name, address).map(Found::from);
        }
        let Some(tree) = self.tree(path, &full, &name, extension)? else { return Ok(Value::Null.into()) };
        let keys: Vec<String> = match address {
            Some(address) if !address.is_empty() => address.split('.').map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut value = tree.value.clone();
        for key in &keys {
            if let Value::String(_) = value {
                value = self.inner_text(path, value, 0)?;
            }
            value = match &mut value {
                Value::Object(map) => map.remove(key).unwrap_or(Value::Null),
                Value::Array(items) => key
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index).cloned())
                    .unwrap_or(Value::Null),
                _ => Value::Null,
            };
        }
        Ok(Found { value, origin: Some(Origin::File(full, keys)) })
    }

    /// A file's content, read once.
    fn tree(
        &mut self,
        path: &str,
        full: &Path,
        name: &Path,
        extension: &str,
    ) -> Result<Option<Rc<read::Tree>>, Stop> {
        if let Some(tree) = self.files.get(full) {
            return Ok(tree.clone());
        }
        let tree = read::text(full, name).and_then(|text| {
            let Some(text) = text else { return Ok(None) };
            Ok(Some(Rc::new(match extension {
                "yml" | "yaml" => read::yaml(&text, name)?,
                "json" | "tfstate" => read::json(&text, name)?,
                _ => read::Tree { value: Value::String(text), source: Places::new(name) },
            })))
        });
        let tree = tree.map_err(|problem| match problem.location {
            // The place in the broken file says more than the place of the variable.
            Some(_) => Stop::Failed(problem),
            None => self.failed(path, &problem.message),
        })?;
        self.files.insert(full.to_owned(), tree.clone());
        Ok(tree)
    }

    /// The value that a JavaScript file exports, functions called, promises awaited.
    fn program(
        &mut self,
        path: &str,
        full: &Path,
        name: &Path,
        address: Option<&str>,
    ) -> Result<Value, Stop> {
        let key = (full.to_owned(), address.map(str::to_owned));
        if let Some(value) = self.programs.get(&key) {
            return Ok(value.clone());
        }
        if !full.is_file() {
            return Ok(Value::Null);
        }
        let task = json!({
            "do": "variable", "file": full, "name": name, "address": address, "options": self.facts.options,
        });
        let task = self
            .node()
            .and_then(|node| node.begin(task))
            .map_err(|error| self.failed(path, &format!("Cannot load \"{}\": {error}", name.display())))?;
        let mut passed = None;
        loop {
            let message =
                self.node().and_then(|node| node.next(task)).map_err(|error| self.failed(path, &error))?;
            match message {
                Message::Done(Reply::Value(value)) => {
                    self.programs.insert(key, value.clone());
                    return Ok(value);
                }
                Message::Done(Reply::Error(error)) => return Err(self.failed(path, &error)),
                Message::Done(Reply::Passed) => {
                    return Err(passed.unwrap_or_else(|| self.failed(path, "the function lost an error")));
                }
                Message::Question { id, question } => {
                    let answer = match question {
                        Question::Property(keys) => self.dependent(path, &keys),
                        Question::Text(text) => self.inner_text(path, Value::String(text), 0),
                    };
                    let answer = answer.map_err(|stop| {
                        passed = Some(stop);
                        "not resolved".to_owned()
                    });
                    self.node()
                        .and_then(|node| node.answer(id, answer))
                        .map_err(|error| self.failed(path, &error))?;
                }
            }
        }
    }

    fn node(&mut self) -> Result<&mut Node, String> {
        let node = match self.node.take() {
            Some(node) => node,
            None => Node::start(&self.facts.directory, &self.facts.environment)?,
        };
        Ok(self.node.insert(node))
    }
}

/// A path without `.` and `..`, which a cache would take for different files.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
