//! Projections: which parts of an item are shown.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html>

use std::collections::BTreeMap;

use crate::parser::{Parameter, Parser, Rank};
use crate::path::{Path, Step, child, clash};
use crate::placeholders::Placeholders;
use crate::{Error, Item, Value};

/// Paths that do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection {
    paths: Vec<Path>,
    tree: Tree,
}

/// The paths with their common beginnings merged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Tree {
    children: BTreeMap<Step, Tree>,
}

impl Projection {
    /// Parses a `ProjectionExpression`.
    pub fn parse(text: &str, placeholders: &mut Placeholders) -> Result<Self, Error> {
        let mut parser = Parser::new(Parameter::Projection, text, placeholders)?;
        let mut paths = vec![parser.path(Rank::EarlyReserved)?];
        while parser.accept(",") {
            paths.push(parser.path(Rank::EarlyReserved)?);
        }
        if let Some(text) = clash(&paths.iter().collect::<Vec<_>>()).words() {
            parser.note(Rank::Overlap, text);
        }
        parser.finish()?;
        Ok(Self::of(paths))
    }

    /// The legacy parameter `AttributesToGet`: whole attributes, each once.
    pub fn attributes_to_get(names: &[String]) -> Result<Self, Error> {
        let mut seen = std::collections::BTreeSet::new();
        match names.iter().find(|name| !seen.insert(*name)) {
            Some(name) => Err(Error::parameter(&format!("Duplicate value in attribute name: {name}"))),
            None => Ok(Self::of(names.iter().map(Path::attribute).collect())),
        }
    }

    /// The projection of paths that do not overlap.
    pub(crate) fn of(paths: Vec<Path>) -> Self {
        let mut tree = Tree::default();
        for path in &paths {
            path.steps().iter().fold(&mut tree, |tree, step| tree.children.entry(step.clone()).or_default());
        }
        Self { paths, tree }
    }

    /// The paths in the order of the expression.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The parts of an item that the paths lead to. Elements of a list move together; what does not exist is left out.
    pub fn of_item(&self, item: &Item) -> Item {
        let entries = self.tree.children.iter().filter_map(|(step, tree)| match step {
            Step::Name(name) => Some((name.clone(), tree.part(item.get(name)?)?)),
            Step::Index(_) => None,
        });
        entries.collect()
    }
}

impl Tree {
    fn part(&self, value: &Value) -> Option<Value> {
        if self.children.is_empty() {
            return Some(value.clone());
        }
        let parts =
            self.children.iter().filter_map(|(step, tree)| Some((step, tree.part(child(value, step)?)?)));
        match value {
            Value::M(_) => {
                let entries: Item = parts
                    .filter_map(|(step, part)| match step {
                        Step::Name(name) => Some((name.clone(), part)),
                        Step::Index(_) => None,
                    })
                    .collect();
                (!entries.is_empty()).then_some(Value::M(entries))
            }
            Value::L(_) => {
                let elements: Vec<_> = parts.map(|(_, part)| part).collect();
                (!elements.is_empty()).then_some(Value::L(elements))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
