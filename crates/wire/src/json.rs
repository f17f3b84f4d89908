//! JSON.
use shape::{Doc, Schema};

/// What is wrong with a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// AWS's text; empty where AWS says nothing.
    pub message: String,
}

/// The document in `text`.
pub fn decode(_schema: Schema, _text: &[u8]) -> Result<Doc, Error> {
    Ok(Doc::Null)
}

/// Appends `doc`.
pub fn encode(_schema: Schema, _doc: &Doc, _out: &mut Vec<u8>) {}

/// `doc` as a JSON value.
pub fn to_value(_schema: Schema, _doc: &Doc) -> serde_json::Value {
    serde_json::Value::Null
}

/// The document in `value`.
pub fn from_value(_schema: Schema, _value: &serde_json::Value) -> Result<Doc, Error> {
    Ok(Doc::Null)
}
