//! Documents to bytes. Structures, lists and maps have no length before them but a break behind them, as AWS writes
//! them.

use std::convert::Infallible;

use minicbor::Encoder;
use minicbor::data::IanaTag;
use serde_json::Value;
use shape::{Doc, Schema, Timestamp};

use super::Instants;

/// A Vec takes every write, so that this is never an error.
type Written = Result<(), minicbor::encode::Error<Infallible>>;

/// `doc` as CBOR. Members that are absent are left out.
pub(crate) fn encode(schema: Schema, doc: &Doc, instants: Instants) -> Vec<u8> {
    let mut writer = Writer { encoder: Encoder::new(Vec::with_capacity(256)), instants };
    writer.value(schema, doc).expect("a Vec takes every write");
    writer.encoder.into_writer()
}

/// A JSON value as CBOR.
pub(crate) fn encode_value(value: &Value) -> Vec<u8> {
    let mut writer = Writer { encoder: Encoder::new(Vec::with_capacity(256)), instants: Instants::Millis };
    writer.json(value).expect("a Vec takes every write");
    writer.encoder.into_writer()
}

struct Writer {
    encoder: Encoder<Vec<u8>>,
    instants: Instants,
}

impl Writer {
    fn value(&mut self, schema: Schema, doc: &Doc) -> Written {
        match (schema, doc) {
            (Schema::Structure(structure), Doc::Structure(values)) => {
                self.encoder.begin_map()?;
                for (field, value) in structure.fields.iter().zip(values) {
                    if !value.is_null() && !matches!(value, Doc::Stream(_)) {
                        self.encoder.str(field.json.unwrap_or(field.name))?;
                        self.value(field.schema.get(), value)?;
                    }
                }
                self.encoder.end()?.ok()
            }
            (Schema::Union(structure), Doc::Union(index, value)) => {
                self.encoder.begin_map()?;
                if let Some(field) = structure.fields.get(*index) {
                    self.encoder.str(field.json.unwrap_or(field.name))?;
                    self.value(field.schema.get(), value)?;
                }
                self.encoder.end()?.ok()
            }
            (Schema::List(list), Doc::List(elements)) => {
                let schema = list.element.get();
                self.encoder.begin_array()?;
                for element in elements {
                    self.value(schema, element)?;
                }
                self.encoder.end()?.ok()
            }
            (Schema::Map(map), Doc::Map(entries)) => {
                let schema = map.value.get();
                self.encoder.begin_map()?;
                for (key, value) in entries {
                    self.encoder.str(key)?;
                    self.value(schema, value)?;
                }
                self.encoder.end()?.ok()
            }
            (_, doc) => self.scalar(schema, doc),
        }
    }

    fn scalar(&mut self, schema: Schema, doc: &Doc) -> Written {
        match (doc, schema) {
            (Doc::Bool(value), _) => self.encoder.bool(*value)?.ok(),
            (Doc::Int(number), _) => self.encoder.i64(*number)?.ok(),
            (Doc::Float(number), Schema::Float) => self.encoder.f32(*number as f32)?.ok(),
            (Doc::Float(number), _) => self.encoder.f64(*number)?.ok(),
            (Doc::Text(text), _) => self.encoder.str(text)?.ok(),
            (Doc::Blob(bytes), _) => self.encoder.bytes(bytes)?.ok(),
            (Doc::Time(at), _) => self.instant(*at),
            (Doc::Document(value), _) => self.json(value),
            // A stream has no CBOR; the rest would be a document that does not fit its schema. Both show as null.
            _ => self.encoder.null()?.ok(),
        }
    }

    fn instant(&mut self, at: Timestamp) -> Written {
        self.encoder.tag(IanaTag::Timestamp)?;
        match self.instants {
            Instants::Millis => self.encoder.i64(at.millis())?.ok(),
            Instants::Seconds => self.encoder.f64(at.millis() as f64 / 1000.0)?.ok(),
        }
    }

    fn json(&mut self, value: &Value) -> Written {
        match value {
            Value::Null => self.encoder.null()?.ok(),
            Value::Bool(value) => self.encoder.bool(*value)?.ok(),
            Value::Number(number) => match number.as_i64() {
                Some(number) => self.encoder.i64(number)?.ok(),
                None => self.encoder.f64(number.as_f64().unwrap_or(f64::NAN))?.ok(), // always a number
            },
            Value::String(text) => self.encoder.str(text)?.ok(),
            Value::Array(elements) => {
                self.encoder.begin_array()?;
                for element in elements {
                    self.json(element)?;
                }
                self.encoder.end()?.ok()
            }
            Value::Object(members) => {
                self.encoder.begin_map()?;
                for (key, value) in members {
                    self.encoder.str(key)?;
                    self.json(value)?;
                }
                self.encoder.end()?.ok()
            }
        }
    }
}
