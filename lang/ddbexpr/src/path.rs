//! Document paths: `a.b[3].c`.

use crate::{Item, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The entry of a map, or an attribute of the item.
    Name(String),
    /// The element of a list.
    Index(usize),
}

/// A path into an item. It begins with the name of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub(crate) Vec<Step>);

impl Path {
    /// The path of a whole attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Name(name.into())])
    }

    /// The attribute that the path leads into.
    pub fn head(&self) -> &str {
        match self.0.first() {
            Some(Step::Name(name)) => name,
            _ => "",
        }
    }

    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the path is a whole attribute.
    pub fn is_attribute(&self) -> bool {
        self.0.len() == 1
    }

    /// The value at the path.
    pub fn find<'a>(&self, item: &'a Item) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Name(name) = first else { return None };
        rest.iter().try_fold(item.get(name)?, |value, step| child(value, step))
    }
}

/// What a step leads to.
pub(crate) fn child<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match (value, step) {
        (Value::M(entries), Step::Name(name)) => entries.get(name),
        (Value::L(elements), Step::Index(index)) => elements.get(*index),
        _ => None,
    }
}

/// As DynamoDB writes paths in its errors: `[a, b, [3], c]`.
impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[")?;
        for (at, step) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match step {
                Step::Name(name) => write!(f, "{comma}{name}")?,
                Step::Index(index) => write!(f, "{comma}[{index}]")?,
            }
        }
        f.write_str("]")
    }
}

/// The words for paths that cannot stand in one expression, the earliest pair first.
pub(crate) fn clash(paths: &[&Path]) -> Clash {
    let mut clash = Clash::default();
    let mut by_head: std::collections::HashMap<&str, Vec<&Path>> = std::collections::HashMap::new();
    for later in paths {
        let earlier = by_head.entry(later.head()).or_default();
        for one in earlier.iter() {
            match relation(one, later) {
                Relation::Apart => {}
                Relation::Overlap => {
                    clash.overlap = Some(words("overlap", one, later));
                    return clash;
                }
                Relation::Conflict => {
                    clash.conflict.get_or_insert_with(|| words("conflict", one, later));
                }
            }
        }
        earlier.push(later);
    }
    clash
}

/// What is wrong with a set of paths.
#[derive(Debug, Default)]
pub(crate) struct Clash {
    /// One path is or leads into another.
    pub(crate) overlap: Option<String>,
    /// Two paths take one value for a map and for a list.
    pub(crate) conflict: Option<String>,
}

impl Clash {
    /// The words, overlaps first.
    pub(crate) fn words(self) -> Option<String> {
        self.overlap.or(self.conflict)
    }
}

enum Relation {
    Apart,
    Overlap,
    Conflict,
}

fn relation(one: &Path, two: &Path) -> Relation {
    for pair in one.0.iter().zip(&two.0) {
        match pair {
            (Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_)) => return Relation::Conflict,
            (left, right) if left != right => return Relation::Apart,
            _ => {}
        }
    }
    Relation::Overlap
}

fn words(verb: &str, one: &Path, two: &Path) -> String {
    format!(
        "Two document paths {verb} with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
    )
}
