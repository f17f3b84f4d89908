//! YAML as CloudFormation templates and `serverless.yml` use it: one document, every value with its place,
//! local tags kept, anchors and merge keys followed, duplicate keys refused.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::node::{DEPTH_MAX, Entry, Error, NODES_MAX, Node, Span, Value};
use crate::scalar;

/// Reads one YAML document. An empty text is null.
pub fn parse(text: &str) -> Result<Node, Error> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes_left: NODES_MAX };
    reader.document()
}

type Text<'a> = std::borrow::Cow<'a, str>;

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// What an alias stands for; `None` while the anchored value is still being read.
    anchors: HashMap<usize, Option<Anchored>>,
    nodes_left: usize,
}

/// An anchored value with what following an alias to it costs.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Node, Error> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => {
                    return Ok(root.unwrap_or_else(|| Node::new(Span::new(1, 1), Value::Null)));
                }
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => {}
                _ if root.is_some() => {
                    return Err(Error::new(span, "more than one document in the text"));
                }
                event => root = Some(self.node(event, span, 0)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Error> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, Span::new(span.start.line(), span.start.col() + 1))),
            Some(Err(error)) => {
                let mark = error.marker();
                let span = Span::new(mark.line(), mark.col() + 1);
                Err(Error::new(span, error.info()))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Error> {
        if depth > DEPTH_MAX {
            return Err(Error::new(span, format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.spend(1, span)?;
        match event {
            Event::Alias(anchor) => self.alias(anchor, span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let node = scalar_node(text, style, tag.as_deref(), span)?;
                self.keep(anchor, &node);
                Ok(node)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(anchor);
                let tag = collection_tag(tag.as_deref(), "seq", span)?;
                let value = Value::List(self.items(depth)?);
                let node = Node { span, tag, value };
                self.keep(anchor, &node);
                Ok(node)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(anchor);
                let tag = collection_tag(tag.as_deref(), "map", span)?;
                let value = Value::Map(self.entries(depth)?);
                let node = Node { span, tag, value };
                self.keep(anchor, &node);
                Ok(node)
            }
            _ => Err(Error::new(span, "a value is missing here")),
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, Error> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, Error> {
        let mut map = Mapping::default();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(map.entries);
            }
            let merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, span, depth + 1)?;
            let (event, value_span) = self.next()?;
            let value = self.node(event, value_span, depth + 1)?;
            if merge {
                let added = map.merge(value)?;
                self.spend(added, span)?;
            } else {
                map.add(Entry { key, span, value })?;
            }
        }
    }

    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<String, Error> {
        // Keys stay as they were written: account ids and status codes are names, not numbers.
        if let Event::Scalar(text, _, anchor, None) = &event {
            self.spend(1, span)?;
            self.keep(*anchor, &Node::text(span, text.as_ref()));
            return Ok(text.to_string());
        }
        match self.node(event, span, depth)? {
            Node { tag: None, value: Value::Text(text), .. } => Ok(text),
            _ => Err(Error::new(span, "a key must be a text")),
        }
    }

    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Node, Error> {
        let (nodes, node) = match self.anchors.get(&anchor) {
            Some(Some(known)) if depth + known.depth > DEPTH_MAX => {
                return Err(Error::new(span, format!("nested deeper than {DEPTH_MAX} levels")));
            }
            Some(Some(known)) if known.nodes > self.nodes_left => (known.nodes, None),
            Some(Some(known)) => (known.nodes, Some(known.node.clone())),
            Some(None) => return Err(Error::new(span, "an alias inside of its own value")),
            None => return Err(Error::new(span, "an alias without its anchor")),
        };
        self.spend(nodes, span)?;
        node.ok_or_else(|| too_many(span))
    }

    fn open(&mut self, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, None);
        }
    }

    fn keep(&mut self, anchor: usize, node: &Node) {
        if anchor > 0 {
            let (nodes, depth) = extent(node);
            let node = node.clone();
            self.anchors.insert(anchor, Some(Anchored { node, nodes, depth }));
        }
    }

    fn spend(&mut self, nodes: usize, span: Span) -> Result<(), Error> {
        match self.nodes_left.checked_sub(nodes) {
            Some(left) => {
                self.nodes_left = left;
                Ok(())
            }
            None => Err(too_many(span)),
        }
    }
}

fn too_many(span: Span) -> Error {
    Error::new(span, format!("more than {NODES_MAX} values"))
}

/// How many values a tree has and how deep it goes.
fn extent(node: &Node) -> (usize, usize) {
    let children: Box<dyn Iterator<Item = &Node>> = match &node.value {
        Value::List(items) => Box::new(items.iter()),
        Value::Map(entries) => Box::new(entries.iter().map(|entry| &entry.value)),
        _ => return (1, 0),
    };
    let (mut nodes, mut depth) = (1, 0);
    for child in children {
        let (child_nodes, child_depth) = extent(child);
        nodes += child_nodes;
        depth = depth.max(child_depth + 1);
    }
    (nodes, depth)
}

/// A mapping under construction.
#[derive(Default)]
struct Mapping {
    entries: Vec<Entry>,
    /// Where each key stands in `entries`, and whether it was written here (not merged in).
    places: HashMap<String, (usize, bool)>,
}

impl Mapping {
    fn add(&mut self, entry: Entry) -> Result<(), Error> {
        match self.places.get(&entry.key).copied() {
            Some((_, true)) => Err(Error::new(entry.span, format!("duplicate key `{}`", entry.key))),
            Some((at, false)) => {
                self.places.insert(entry.key.clone(), (at, true));
                self.entries[at] = entry;
                Ok(())
            }
            None => {
                self.push(entry, true);
                Ok(())
            }
        }
    }

    /// Takes over the keys of `<<: value` that are not there yet; returns how many.
    fn merge(&mut self, value: Node) -> Result<usize, Error> {
        let span = value.span;
        match value.value {
            Value::Map(entries) => {
                let before = self.entries.len();
                for entry in entries {
                    if !self.places.contains_key(&entry.key) {
                        self.push(entry, false);
                    }
                }
                Ok(self.entries.len() - before)
            }
            Value::List(items) => {
                let mut added = 0;
                for item in items {
                    if item.as_map().is_none() {
                        return Err(Error::new(item.span, "`<<` takes mappings"));
                    }
                    added += self.merge(item)?;
                }
                Ok(added)
            }
            _ => Err(Error::new(span, "`<<` takes a mapping or a list of mappings")),
        }
    }

    fn push(&mut self, entry: Entry, own: bool) {
        self.places.insert(entry.key.clone(), (self.entries.len(), own));
        self.entries.push(entry);
    }
}

/// A tag of YAML itself, or a local one.
enum Meaning<'t> {
    None,
    Core(&'t str),
    Local(&'t str),
}

fn meaning(tag: Option<&Tag>, span: Span) -> Result<Meaning<'_>, Error> {
    let Some(tag) = tag else {
        return Ok(Meaning::None);
    };
    if tag.is_yaml_core_schema() {
        return Ok(Meaning::Core(&tag.suffix));
    }
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        // The non-specific tag `!` says "not resolved": a scalar stays a text.
        ("" | "!", "" | "!") => Ok(Meaning::Core("str")),
        ("!", name) => Ok(Meaning::Local(name)),
        ("", name) if name.starts_with('!') => Ok(Meaning::Local(&name[1..])),
        (handle, name) => Err(Error::new(span, format!("unknown tag `{handle}{name}`"))),
    }
}

fn collection_tag(tag: Option<&Tag>, own: &str, span: Span) -> Result<Option<String>, Error> {
    match meaning(tag, span)? {
        Meaning::None => Ok(None),
        Meaning::Core(name) if name == own => Ok(None),
        Meaning::Core(name) => Err(Error::new(span, format!("unsupported tag `!!{name}`"))),
        Meaning::Local(name) => Ok(Some(name.to_owned())),
    }
}

fn scalar_node(text: Text<'_>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Node, Error> {
    let plain = |text: &str| scalar::plain(text).map_err(|message| Error::new(span, message));
    let (tag, value) = match meaning(tag, span)? {
        Meaning::None if style == ScalarStyle::Plain => (None, plain(&text)?),
        Meaning::None | Meaning::Core("str") => (None, Value::Text(text.into_owned())),
        Meaning::Core(name) => {
            let value = plain(&text)?;
            let fits = match (name, &value) {
                ("null", Value::Null) | ("bool", Value::Bool(_)) | ("float", Value::Number(_)) => true,
                ("int", Value::Number(number)) => number.is_i64() || number.is_u64(),
                _ => false,
            };
            if !fits {
                return Err(Error::new(span, format!("`!!{name}` cannot read `{text}`")));
            }
            (None, value)
        }
        // `!Ref 012` names something: the argument of a function stays what was written, as js-yaml gives it.
        Meaning::Local(name) => (Some(name.to_owned()), Value::Text(text.into_owned())),
    };
    Ok(Node { span, tag, value })
}

#[cfg(test)]
mod tests;
