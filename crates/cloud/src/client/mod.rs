//! Typed calls to other services: a few lines each, over `cx.call`.
//!
//! They name the members of the target's input; a test in `apps/cloudlet` runs each against the target's schema.

pub mod dynamodb_streams;
pub mod kinesis;
pub mod lambda;
pub mod logs;
pub mod s3;
pub(crate) mod sqs;

use shape::{Doc, Schema};

use crate::cx::Cx;
use crate::door;
use crate::failure::Failure;

/// The input document of an operation with `members` set, by name.
pub(crate) fn input(
    cx: &Cx,
    service: &str,
    operation: &str,
    members: Vec<(&str, Doc)>,
) -> Result<Doc, Failure> {
    let (_, entry) = door::find(cx.cloud(), service, operation)?;
    structure((entry.input)(), members).ok_or_else(|| {
        Failure::internal(format!("a client of {service}/{operation} names a member it does not have"))
    })
}

/// A structure of `schema` with `members` set, by name.
fn structure(schema: Schema, members: Vec<(&str, Doc)>) -> Option<Doc> {
    let Schema::Structure(structure) = schema else {
        return None;
    };
    let mut values = vec![Doc::Null; structure.fields.len()];
    for (name, value) in members {
        values[structure.index(name)?] = value;
    }
    Some(Doc::Structure(values))
}

/// Takes the member called `name` out of an operation's answer; `Null` when it is absent.
pub(crate) fn member(
    cx: &Cx,
    service: &str,
    operation: &str,
    output: &mut Doc,
    name: &str,
) -> Result<Doc, Failure> {
    let (_, entry) = door::find(cx.cloud(), service, operation)?;
    let (Schema::Structure(structure), Doc::Structure(values)) = ((entry.output)(), output) else {
        return Ok(Doc::Null);
    };
    let index = structure.index(name);
    let index = index
        .ok_or_else(|| Failure::internal(format!("{service}/{operation} answers no member `{name}`")))?;
    Ok(values.get_mut(index).map(std::mem::take).unwrap_or_default())
}
