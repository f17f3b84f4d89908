//! Scalars as plain text: in headers, labels, query strings, forms and XML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shape::{Doc, Schema, TimeFormat, Timestamp};

use crate::time;

/// A text that is no value of its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The text.
    pub(crate) text: String,
    /// What it should have been: `integer`.
    pub(crate) expected: &'static str,
}

/// A floating point number in the shortest form that reads back the same; `NaN`, `Infinity`, `-Infinity`.
pub(crate) fn float(schema: Schema, number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let large = number != 0.0 && !(1e-7..1e16).contains(&number.abs());
    match (schema, large) {
        (Schema::Float, false) => (number as f32).to_string(),
        (Schema::Float, true) => format!("{:e}", number as f32),
        (_, false) => number.to_string(),
        (_, true) => format!("{number:e}"),
    }
}

/// An instant in `format`; ISO 8601 shows milliseconds only where there are any.
pub(crate) fn timestamp(at: Timestamp, format: TimeFormat) -> String {
    match format {
        TimeFormat::EpochSeconds => time::epoch_seconds(at),
        TimeFormat::HttpDate => time::http_date(at),
        TimeFormat::Iso8601 if at.millis() % 1000 != 0 => time::iso8601_millis(at),
        TimeFormat::Iso8601 => time::iso8601(at),
    }
}

/// A scalar's text; `None` for values that have none.
pub(crate) fn write(schema: Schema, doc: &Doc, format: TimeFormat) -> Option<String> {
    Some(match doc {
        Doc::Bool(value) => value.to_string(),
        Doc::Int(number) => number.to_string(),
        Doc::Float(number) => float(schema, *number),
        Doc::Text(text) => text.clone(),
        Doc::Blob(bytes) => STANDARD.encode(bytes),
        Doc::Time(at) => timestamp(*at, format),
        Doc::Document(value) => value.to_string(),
        _ => return None,
    })
}

/// Reads a scalar.
pub(crate) fn read(schema: Schema, text: &str, format: TimeFormat) -> Result<Doc, Problem> {
    let problem = |expected| Problem { text: text.to_owned(), expected };
    match schema {
        Schema::Bool => match text {
            "true" => Ok(Doc::Bool(true)),
            "false" => Ok(Doc::Bool(false)),
            _ => Err(problem("boolean")),
        },
        Schema::Integer => text.parse::<i32>().map(|n| Doc::Int(n.into())).map_err(|_| problem("integer")),
        Schema::Long => text.parse().map(Doc::Int).map_err(|_| problem("long")),
        Schema::Float | Schema::Double => read_float(text).map(Doc::Float).ok_or_else(|| problem("number")),
        Schema::Text | Schema::Enum(_) => Ok(Doc::Text(text.to_owned())),
        Schema::Blob => {
            STANDARD.decode(text).map(|b| Doc::Blob(b.into())).map_err(|_| problem("base64 text"))
        }
        Schema::Timestamp => match format {
            TimeFormat::Iso8601 => time::parse_iso8601(text),
            TimeFormat::HttpDate => time::parse_http_date(text),
            TimeFormat::EpochSeconds => time::parse_epoch_seconds(text),
        }
        .map(Doc::Time)
        .ok_or_else(|| problem("timestamp")),
        Schema::Document => serde_json::from_str(text).map(Doc::Document).map_err(|_| problem("JSON")),
        Schema::Stream | Schema::Structure(_) | Schema::Union(_) | Schema::List(_) | Schema::Map(_) => {
            Err(problem("scalar"))
        }
    }
}

fn read_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        // Rust also reads `inf` and `nan`, which AWS does not.
        _ if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E')) => {
            text.parse::<f64>().ok().filter(|n| n.is_finite())
        }
        _ => None,
    }
}
