//! Patch operations: what all `Update…` operations take.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/patch-operations.html>

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::Texts;

/// One change.
#[derive(Clone, Debug, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct PatchOperation {
    pub(crate) op: Option<Op>,
    pub(crate) path: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) from: Option<String>,
}

/// The kinds of change, in the order in which AWS lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) enum Op {
    Add,
    Remove,
    Move,
    Test,
    Replace,
    Copy,
}

/// A change whose path is cut into its parts.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) op: Op,
    pub(crate) path: &'a str,
    pub(crate) steps: Vec<String>,
    pub(crate) value: Option<&'a str>,
}

impl<'a> Change<'a> {
    /// Reads a change; in the parts of its path `~1` stands for `/` and `~0` for `~`.
    pub(crate) fn of(operation: &'a PatchOperation) -> Result<Self, Error> {
        let path = operation.path.as_deref().ok_or_else(|| Error::bad("Invalid patch path null"))?;
        let op = operation.op.ok_or_else(|| Error::bad("Invalid patch operation specified"))?;
        let steps = path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Self { op, path, steps, value: operation.value.as_deref() })
    }

    /// The parts as texts, to match on.
    pub(crate) fn steps(&self) -> Vec<&str> {
        self.steps.iter().map(String::as_str).collect()
    }

    /// The value, which this change must have.
    pub(crate) fn text(&self) -> Result<String, Error> {
        self.value
            .map(str::to_owned)
            .ok_or_else(|| Error::bad(format!("Invalid null value for {}", self.path)))
    }

    /// The value as a text that may be taken away.
    pub(crate) fn optional(&self) -> Option<String> {
        if self.op == Op::Remove { None } else { self.value.map(str::to_owned) }
    }

    /// The value as a truth value: anything but `true` is false, as in AWS.
    pub(crate) fn flag(&self) -> bool {
        self.op != Op::Remove && self.value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The error for a path that is not there.
    pub(crate) fn unknown(&self) -> Error {
        Error::bad(format!("Invalid patch path {}", self.path))
    }

    /// Allows `replace` alone.
    pub(crate) fn only_replace(&self) -> Result<(), Error> {
        match self.op {
            Op::Replace => Ok(()),
            _ => Err(Error::bad("Invalid patch operation specified. Must be one of: [replace]")),
        }
    }

    /// Adds, replaces or removes an entry of a map of texts.
    pub(crate) fn apply_text(&self, map: &mut Texts, name: &str) -> Result<(), Error> {
        match self.op {
            Op::Add | Op::Replace => {
                map.insert(name.to_owned(), self.value.unwrap_or_default().to_owned());
                Ok(())
            }
            Op::Remove => {
                map.remove(name);
                Ok(())
            }
            _ => Err(self.unknown()),
        }
    }

    /// Adds, replaces or removes an entry of a map of truth values.
    pub(crate) fn apply_flag(&self, map: &mut BTreeMap<String, bool>, name: &str) -> Result<(), Error> {
        match self.op {
            Op::Add | Op::Replace => {
                map.insert(name.to_owned(), self.flag());
                Ok(())
            }
            Op::Remove => {
                map.remove(name);
                Ok(())
            }
            _ => Err(self.unknown()),
        }
    }
}
