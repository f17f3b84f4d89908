//! Documents to text.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shape::{Doc, Schema, Structure, TimeFormat, Timestamp};

use super::{Members, in_answer_body};
use crate::time;

pub(crate) fn encode_members(schema: Schema, doc: &Doc, out: &mut Vec<u8>, members: Members) {
    match (schema, doc) {
        (Schema::Structure(structure), Doc::Structure(values)) => {
            write_structure(structure, values, out, members);
        }
        _ => write(schema, doc, None, out),
    }
}

fn write(schema: Schema, doc: &Doc, format: Option<TimeFormat>, out: &mut Vec<u8>) {
    match (schema, doc) {
        (Schema::Structure(structure), Doc::Structure(values)) => {
            write_structure(structure, values, out, Members::All);
        }
        (Schema::Union(structure), Doc::Union(index, value)) => {
            if let Some(field) = structure.fields.get(*index) {
                out.push(b'{');
                write_text(field.json.unwrap_or(field.name), out);
                out.push(b':');
                write(field.schema.get(), value, field.format, out);
                out.push(b'}');
            } else {
                out.extend_from_slice(b"{}");
            }
        }
        (Schema::List(list), Doc::List(elements)) => {
            let schema = list.element.get();
            out.push(b'[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(schema, element, list.format, out);
            }
            out.push(b']');
        }
        (Schema::Map(map), Doc::Map(entries)) => {
            let schema = map.value.get();
            out.push(b'{');
            for (i, (key, value)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_text(key, out);
                out.push(b':');
                write(schema, value, None, out);
            }
            out.push(b'}');
        }
        (_, doc) => write_scalar(schema, doc, format, out),
    }
}

fn write_scalar(schema: Schema, doc: &Doc, format: Option<TimeFormat>, out: &mut Vec<u8>) {
    match doc {
        Doc::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Doc::Int(number) => {
            write!(out, "{number}").expect("a Vec takes every write");
        }
        Doc::Float(number) => write_float(schema, *number, out),
        Doc::Text(text) => write_text(text, out),
        Doc::Blob(bytes) => {
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
        Doc::Time(at) => write_time(*at, format, out),
        Doc::Document(value) => {
            serde_json::to_writer(&mut *out, value).expect("a JSON value is always JSON");
        }
        // A stream has no JSON; the rest would be a document that does not fit its schema. Both show as null.
        _ => out.extend_from_slice(b"null"),
    }
}

fn write_structure(structure: &'static Structure, values: &[Doc], out: &mut Vec<u8>, members: Members) {
    out.push(b'{');
    let mut first = true;
    for (field, value) in structure.fields.iter().zip(values) {
        let elsewhere = members == Members::Body && !in_answer_body(field.binding);
        if value.is_null() || elsewhere || matches!(value, Doc::Stream(_)) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        write_text(field.json.unwrap_or(field.name), out);
        out.push(b':');
        write(field.schema.get(), value, field.format, out);
    }
    out.push(b'}');
}

fn write_time(at: Timestamp, format: Option<TimeFormat>, out: &mut Vec<u8>) {
    match format {
        None | Some(TimeFormat::EpochSeconds) => out.extend_from_slice(time::epoch_seconds(at).as_bytes()),
        Some(TimeFormat::HttpDate) => write_text(&time::http_date(at), out),
        Some(TimeFormat::Iso8601) if at.millis() % 1000 != 0 => write_text(&time::iso8601_millis(at), out),
        Some(TimeFormat::Iso8601) => write_text(&time::iso8601(at), out),
    }
}

fn write_float(schema: Schema, number: f64, out: &mut Vec<u8>) {
    let text = crate::text::float(schema, number);
    if number.is_finite() { out.extend_from_slice(text.as_bytes()) } else { write_text(&text, out) }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain = 0;
    for (i, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0x00..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[plain..i]);
        if escape.is_empty() {
            write!(out, "\\u{byte:04x}").expect("a Vec takes every write");
        } else {
            out.extend_from_slice(escape);
        }
        plain = i + 1;
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}
