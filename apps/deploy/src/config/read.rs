//! Reads YAML and JSON files of a project into values that know where they are written.

use std::fs;
use std::io;
use std::path::Path;

use cfn::node::{Node, Value as Kind};
use serde_json::Value;

use crate::model::Source;
use crate::problem::{Location, Problem};
use crate::variables::parse::whole;

/// The largest file that is read into a configuration. Real ones stay below a megabyte (an OpenAPI document).
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A value with the places of its parts.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(crate) value: Value,
    pub(crate) source: Source,
}

/// Reads a file's text; `None` when there is no such file. `name` is the file's name for messages.
pub(crate) fn text(file: &Path, name: &Path) -> Result<Option<String>, Problem> {
    let cannot = |error: &io::Error| Problem::new(format!("Cannot parse \"{}\": {error}", name.display()));
    let metadata = match fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(&error)),
    };
    if metadata.len() > FILE_BYTES_MAX {
        return Err(Problem::new(format!(
            "Cannot parse \"{}\": it has {} bytes, more than {FILE_BYTES_MAX}",
            name.display(),
            metadata.len()
        )));
    }
    fs::read_to_string(file).map(Some).map_err(|error| cannot(&error))
}

/// Reads a text as YAML with CloudFormation's tags.
pub(crate) fn yaml(text: &str, name: &Path) -> Result<Tree, Problem> {
    tree(cfn::yaml::parse(text), name)
}

/// Reads a text as JSON.
pub(crate) fn json(text: &str, name: &Path) -> Result<Tree, Problem> {
    tree(cfn::json::parse(text), name)
}

fn tree(parsed: Result<Node, cfn::node::Error>, name: &Path) -> Result<Tree, Problem> {
    let broken = |error: cfn::node::Error| {
        let message = format!("Cannot parse \"{}\": {}", name.display(), error.message);
        Problem::at(place(name, error.span), message)
    };
    let node = parsed.map_err(broken)?;
    let value = normal(node.to_json().map_err(broken)?);
    let mut source = Source::new(name);
    note(&node, &mut Vec::new(), name, &mut source);
    Ok(Tree { value, source })
}

fn place(name: &Path, span: cfn::node::Span) -> Location {
    Location { file: name.to_owned(), line: span.line as usize, column: span.column as usize }
}

fn note(node: &Node, path: &mut Vec<String>, name: &Path, source: &mut Source) {
    match &node.value {
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                note_one(path, place(name, item.span), source);
                note(item, path, name, source);
                path.pop();
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                path.push(entry.key.clone());
                note_one(path, place(name, entry.span), source);
                note(&entry.value, path, name, source);
                path.pop();
            }
        }
        _ => {}
    }
}

fn note_one(path: &[String], location: Location, source: &mut Source) {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    source.note(&path, location);
}

/// Numbers as JavaScript would print them.
fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(normal).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, normal(value))).collect())
        }
        Value::Number(_) => whole(value),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_know_their_lines_and_tags_become_long() {
        let tree = yaml("a:\n  - b: !GetAtt X.Arn\n  - 1.0\n", Path::new("s.yml")).unwrap();
        assert_eq!(tree.value, json!({"a": [{"b": {"Fn::GetAtt": ["X", "Arn"]}}, 1]}));
        assert_eq!(tree.source.locate(&["a", "0", "b"]).to_string(), "s.yml:2:5");
        assert_eq!(tree.source.locate(&["a", "1"]).line, 3);
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let problem = yaml("a: [1\nb: 2\n", Path::new("s.yml")).unwrap_err();
        assert!(problem.message.starts_with("Cannot parse \"s.yml\": "), "{problem}");
        assert_eq!(problem.location.unwrap().file, Path::new("s.yml"));
        assert!(json("{", Path::new("a.json")).is_err());
    }
}
