//! JSON, driven by a schema: the bodies of awsJson and restJson, and documents inside the platform.
//!
//! No value tree in between: text becomes a [`Doc`] in one pass. Error texts are those of AWS's own JSON layer.

mod read;
mod write;

use bytes::Bytes;
use shape::{Binding, Doc, Schema};

pub(crate) use read::{decode_members, whole, wrong_kind};
pub(crate) use write::encode_members;

/// What is wrong with a document, in JSON or in CBOR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// AWS's text; empty where AWS says nothing (text that is no JSON at all).
    pub message: String,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The text is no JSON.
    pub(crate) fn syntax() -> Self {
        Self { message: String::new() }
    }

    pub(crate) fn too_deep() -> Self {
        Self::new("The document is nested too deeply.")
    }

    pub(crate) fn too_many() -> Self {
        Self::new("The document has too many values.")
    }

    pub(crate) fn no_map_here() -> Self {
        Self::new("Start of structure or map found where not expected.")
    }

    pub(crate) fn no_list_here() -> Self {
        Self::new("Start of list found where not expected")
    }

    pub(crate) fn no_list() -> Self {
        Self::new("Expected list or null")
    }

    pub(crate) fn no_map() -> Self {
        Self::new("Expected null")
    }

    pub(crate) fn null_in_list() -> Self {
        Self::new("List members must not be null")
    }

    pub(crate) fn null_in_map() -> Self {
        Self::new("Map values must not be null")
    }

    pub(crate) fn unknown_union_member(name: &str) -> Self {
        Self::new(format!("Unknown union member: {name}"))
    }

    pub(crate) fn not_one_union_member() -> Self {
        Self::new("Unions must have exactly one member set")
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.message.is_empty() { "the document cannot be parsed" } else { &self.message })
    }
}

impl std::error::Error for Error {}

/// Which members of a structure are in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    /// All, whatever their HTTP binding: awsJson, and documents inside the platform.
    All,
    /// Those without an HTTP binding: restJson.
    Body,
}

/// Whether a member stands in an answer's body. Labels and query strings are of requests: a shape that serves both
/// ways has such members in its answer's body.
pub(crate) fn in_answer_body(binding: Binding) -> bool {
    match binding {
        Binding::Body | Binding::Label | Binding::Querystring(_) | Binding::Querystrings => true,
        Binding::Header(_) | Binding::Headers(_) | Binding::Payload | Binding::Status => false,
    }
}

/// Reads `text` as `schema`. Empty text is an empty structure, as in awsJson.
///
/// # Errors
/// When it is no JSON, or a value has another kind than the schema says.
pub fn decode(schema: Schema, text: &[u8]) -> Result<Doc, Error> {
    decode_members(schema, text, Members::All)
}

/// Appends `doc` as JSON. Members that are absent are left out.
pub fn encode(schema: Schema, doc: &Doc, out: &mut Vec<u8>) {
    encode_members(schema, doc, out, Members::All);
}

/// `doc` as a JSON value, for platform callers that think in JSON.
pub fn to_value(schema: Schema, doc: &Doc) -> serde_json::Value {
    let mut text = Vec::new();
    encode(schema, doc, &mut text);
    // Our own writer writes only valid JSON; a value that has none (a stream) is left out.
    serde_json::from_slice(&text).unwrap_or(serde_json::Value::Null)
}

/// Reads a JSON value as `schema`.
///
/// # Errors
/// As [`decode`].
pub fn from_value(schema: Schema, value: &serde_json::Value) -> Result<Doc, Error> {
    let text = Bytes::from(value.to_string());
    decode(schema, &text)
}

#[cfg(test)]
mod tests;
