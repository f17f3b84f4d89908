//! A template: its sections read, its faults found before anything is made.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::expr::Expr;
use crate::limits::PARAMETERS_MAX;
use crate::node::{Error, Node};
use crate::parameter::Parameter;
use crate::{Invalid, check, json, section, yaml};

/// A template that passed every check that needs no values.
#[derive(Clone, Debug)]
pub struct Template {
    /// The template's `Description`.
    pub description: Option<String>,
    /// The template's `Metadata`, as it was written.
    pub metadata: Option<Value>,
    /// The parameters in the order they were written.
    pub parameters: Vec<Parameter>,
    /// Mapping, top key, second key, value.
    pub mappings: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
    /// The conditions, each after those that it names.
    pub conditions: Vec<(String, Expr)>,
    /// The resources in the order they were written.
    pub resources: Vec<Resource>,
    /// The outputs in the order they were written.
    pub outputs: Vec<Output>,
}

/// One resource of a template.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its logical id.
    pub name: String,
    /// Its type, `AWS::SQS::Queue`.
    pub type_name: String,
    /// Its properties: a map, or a function that gives one.
    pub properties: Expr,
    /// Resources to be made before it, besides those that its properties name.
    pub depends_on: Vec<String>,
    /// It exists only when this condition is true.
    pub condition: Option<String>,
    /// What happens to it when it leaves the stack.
    pub deletion_policy: Option<Expr>,
    /// What happens to the old one when it is replaced.
    pub update_replace_policy: Option<Expr>,
    /// Its `Metadata`, as it was written.
    pub metadata: Option<Value>,
    /// Whether it has a `CreationPolicy`.
    pub has_creation_policy: bool,
    /// Whether it has an `UpdatePolicy`.
    pub has_update_policy: bool,
}

/// `DeletionPolicy` and `UpdateReplacePolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// It is deleted.
    Delete,
    /// It stays, without a stack.
    Retain,
    /// It stays, except when the operation that made it is rolled back.
    RetainExceptOnCreate,
    /// It is deleted after a snapshot.
    Snapshot,
}

/// One output of a template.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// What it says about itself.
    pub description: Option<String>,
    /// Its value.
    pub value: Expr,
    /// The name under which other stacks import it.
    pub export: Option<Expr>,
    /// It exists only when this condition is true.
    pub condition: Option<String>,
}

impl Template {
    /// Reads a template in JSON (it begins with `{`) or YAML.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let node = read(text)?;
        let json = node.to_json().map_err(|error| not_well_formed("YAML", &error))?;
        Self::from_json(&json)
    }

    /// Reads a template that is JSON already.
    pub fn from_json(json: &Value) -> Result<Self, Invalid> {
        let Some(top) = json.as_object() else {
            return Err(Invalid::new("Template format error: unsupported structure."));
        };
        section::top_level(top)?;
        let template = Self {
            description: section::description(top)?,
            metadata: top.get("Metadata").cloned(),
            parameters: section::parameters(top)?,
            mappings: section::mappings(top)?,
            conditions: section::conditions(top)?,
            resources: section::resources(top)?,
            outputs: section::outputs(top)?,
        };
        check::template(&template)?;
        Ok(template)
    }

    /// The text of every parameter: given or default. Fails on parameters without a value, on values that do not
    /// fit, and on given names that the template does not know.
    pub fn parameter_texts(
        &self,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Invalid> {
        debug_assert!(self.parameters.len() <= PARAMETERS_MAX);
        let known: BTreeSet<&str> = self.parameters.iter().map(|one| one.name.as_str()).collect();
        let unknown: Vec<&str> =
            given.keys().map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            return Err(Invalid::new(format!(
                "Parameters: [{}] do not exist in the template",
                unknown.join(", ")
            )));
        }
        let mut texts = BTreeMap::new();
        let mut missing = Vec::new();
        for parameter in &self.parameters {
            match given.get(&parameter.name).or(parameter.default.as_ref()) {
                Some(text) => {
                    parameter.check(text)?;
                    texts.insert(parameter.name.clone(), text.clone());
                }
                None => missing.push(parameter.name.as_str()),
            }
        }
        if !missing.is_empty() {
            return Err(Invalid::new(format!("Parameters: [{}] must have values", missing.join(", "))));
        }
        Ok(texts)
    }

    /// What `Ref` gives for each parameter. `ssm` has the values of the SSM parameters that are named by
    /// parameters of an `AWS::SSM::Parameter::Value` type, by the template's parameter name.
    pub fn parameter_values(
        &self,
        texts: &BTreeMap<String, String>,
        ssm: &BTreeMap<String, String>,
    ) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for parameter in &self.parameters {
            let known = match parameter.kind.is_ssm() {
                true => ssm,
                false => texts,
            };
            if let Some(text) = known.get(&parameter.name) {
                values.insert(parameter.name.clone(), parameter.value(text));
            }
        }
        values
    }

    /// The resource of this name.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name == name)
    }
}

/// The tree of a template's text.
pub fn read(text: &str) -> Result<Node, Invalid> {
    let (kind, tree) = match text.trim_start().starts_with('{') {
        true => ("JSON", json::parse(text)),
        false => ("YAML", yaml::parse(text)),
    };
    tree.map_err(|error| not_well_formed(kind, &error))
}

/// Differs from AWS: the answer says what is wrong besides where.
fn not_well_formed(kind: &str, error: &Error) -> Invalid {
    Invalid::new(format!(
        "Template format error: {kind} not well-formed. (line {}, column {}): {}",
        error.span.line, error.span.column, error.message
    ))
}

impl DeletionPolicy {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "Delete" => Some(Self::Delete),
            "Retain" => Some(Self::Retain),
            "RetainExceptOnCreate" => Some(Self::RetainExceptOnCreate),
            "Snapshot" => Some(Self::Snapshot),
            _ => None,
        }
    }
}

/// A section of the template, when it is there.
pub(crate) fn section<'a>(
    top: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Invalid> {
    match top.get(name) {
        None => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(Invalid::new(format!("Template format error: [/{name}] must be a map"))),
    }
}

#[cfg(test)]
mod tests;
