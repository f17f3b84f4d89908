//! `ExpressionAttributeNames` and `ExpressionAttributeValues`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::limits::PLACEHOLDER_BYTES_MAX;
use crate::{Error, Value, json};

/// The placeholders of a request, and which of them its expressions have used.
#[derive(Debug, Default)]
pub struct Placeholders {
    names: BTreeMap<String, String>,
    values: BTreeMap<String, Arc<Value>>,
    used: BTreeSet<String>,
}

impl Placeholders {
    /// Checks the two parameters, where present, as DynamoDB does before it reads an expression.
    pub fn new(names: Option<&BTreeMap<String, String>>, values: Option<&Json>) -> Result<Self, Error> {
        if let Some(names) = names {
            check_names(names)?;
        }
        let values = values.map_or_else(|| Ok(BTreeMap::new()), read_values)?;
        Ok(Self { names: names.cloned().unwrap_or_default(), values, used: BTreeSet::new() })
    }

    /// Refuses placeholders that no expression has used; to be asked after all expressions are parsed.
    pub fn finish(&self) -> Result<(), Error> {
        self.require_used("ExpressionAttributeNames", self.names.keys())?;
        self.require_used("ExpressionAttributeValues", self.values.keys())
    }

    fn require_used<'a>(&self, parameter: &str, keys: impl Iterator<Item = &'a String>) -> Result<(), Error> {
        let unused: Vec<_> = keys.filter(|key| !self.used.contains(*key)).map(String::as_str).collect();
        if unused.is_empty() {
            return Ok(());
        }
        let unused = unused.join(", ");
        Err(Error::validation(format!(
            "Value provided in {parameter} unused in expressions: keys: {{{unused}}}"
        )))
    }

    /// The attribute name for `#name`.
    pub(crate) fn name(&mut self, placeholder: &str) -> Result<String, String> {
        let Some(name) = self.names.get(placeholder) else {
            return Err(format!(
                "An expression attribute name used in the document path is not defined; attribute name: {placeholder}"
            ));
        };
        self.used.insert(placeholder.to_owned());
        Ok(name.clone())
    }

    /// The value for `:value`.
    pub(crate) fn value(&mut self, placeholder: &str) -> Result<Arc<Value>, String> {
        let Some(value) = self.values.get(placeholder) else {
            return Err(format!(
                "An expression attribute value used in expression is not defined; attribute value: {placeholder}"
            ));
        };
        self.used.insert(placeholder.to_owned());
        Ok(Arc::clone(value))
    }
}

fn check_names(names: &BTreeMap<String, String>) -> Result<(), Error> {
    if names.is_empty() {
        return Err(Error::validation("ExpressionAttributeNames must not be empty"));
    }
    for key in names.keys() {
        // The text for names tells the size; that for values does not.
        check_key("ExpressionAttributeNames", '#', key, &format!(" size of key: {}", key.len()))?;
    }
    match names.iter().find(|(_, name)| name.is_empty()) {
        Some((key, _)) => Err(Error::validation(format!(
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key {key}"
        ))),
        None => Ok(()),
    }
}

fn read_values(values: &Json) -> Result<BTreeMap<String, Arc<Value>>, Error> {
    let Json::Object(entries) = values else {
        return json::read_item(values).map(|_| BTreeMap::new());
    };
    if entries.is_empty() {
        return Err(Error::validation("ExpressionAttributeValues must not be empty"));
    }
    for key in entries.keys() {
        check_key("ExpressionAttributeValues", ':', key, "")?;
    }
    let read = entries.iter().map(|(key, value)| match json::read(value) {
        Ok(value) => Ok((key.clone(), Arc::new(value))),
        Err(Error::Validation(text)) => Err(Error::validation(format!(
            "ExpressionAttributeValues contains invalid value: {text} for key {key}"
        ))),
        Err(other) => Err(other),
    });
    read.collect()
}

fn check_key(parameter: &str, mark: char, key: &str, size: &str) -> Result<(), Error> {
    if key.len() > PLACEHOLDER_BYTES_MAX {
        return Err(Error::validation(format!(
            "{parameter} contains invalid key: The expression attribute map contains a key that is too long;{size}"
        )));
    }
    let rest = key.strip_prefix(mark).unwrap_or_default();
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Error::validation(format!(
            "{parameter} contains invalid key: Syntax error; key: \"{key}\""
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
