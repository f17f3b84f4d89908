//! Schemas from botocore's shapes. They live as long as the test process: schemas are static.

use std::cell::RefCell;

use serde_json::Value;
use shape::{
    Binding, Enumeration, Field, Link, ListShape, MapShape, Namespace, Schema, Structure, TimeFormat,
};

use super::{leak, text};

/// Recursive shapes are unrolled: the cases nest less deeply than this.
const UNROLLED: usize = 5;

pub(super) struct Shapes<'a> {
    shapes: &'a Value,
    open: RefCell<Vec<String>>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(shapes: &'a Value) -> Self {
        Self { shapes, open: RefCell::new(Vec::new()) }
    }

    /// The schema that `{"shape": name}` stands for; an empty structure for none.
    pub(super) fn of_reference(&self, reference: &Value) -> Schema {
        static NOTHING: Structure = Structure { name: "Nothing", fields: &[], xml: None, namespace: None };
        let schema = if reference["shape"].is_string() {
            self.schema(text(reference, "shape"))
        } else {
            Schema::Structure(&NOTHING)
        };
        match schema {
            // The root element's name may stand at the reference.
            Schema::Structure(s) if reference["locationName"].is_string() => {
                Schema::Structure(Box::leak(Box::new(Structure {
                    name: s.name,
                    fields: s.fields,
                    xml: Some(leak(text(reference, "locationName"))),
                    namespace: s.namespace,
                })))
            }
            other => other,
        }
    }

    fn link(&self, name: &str) -> Link {
        Link::Data(Box::leak(Box::new(self.schema(name))))
    }

    fn schema(&self, name: &str) -> Schema {
        let shape = &self.shapes[name];
        match text(shape, "type") {
            "boolean" => Schema::Bool,
            "integer" => Schema::Integer,
            "long" => Schema::Long,
            "float" => Schema::Float,
            "double" => Schema::Double,
            "blob" => Schema::Blob,
            "timestamp" => Schema::Timestamp,
            "string" if shape["enum"].is_array() => {
                let values: Vec<&'static str> =
                    shape["enum"].as_array().unwrap().iter().map(|v| leak(v.as_str().unwrap())).collect();
                let enumeration = Enumeration { name: leak(name), values: values.leak() };
                Schema::Enum(Box::leak(Box::new(enumeration)))
            }
            "string" => Schema::Text,
            "structure" if shape["document"] == true => Schema::Document,
            kind => self.nested(name, kind, shape),
        }
    }

    fn nested(&self, name: &str, kind: &str, shape: &Value) -> Schema {
        if self.open.borrow().iter().filter(|open| *open == name).count() >= UNROLLED {
            return Schema::Document;
        }
        self.open.borrow_mut().push(name.to_owned());
        let schema = match kind {
            "list" => Schema::List(Box::leak(Box::new(ListShape {
                element: self.link(text(&shape["member"], "shape")),
                member: optional(&shape["member"], "locationName"),
                format: self.format(&shape["member"]),
                sparse: false,
            }))),
            "map" => Schema::Map(Box::leak(Box::new(MapShape {
                value: self.link(text(&shape["value"], "shape")),
                key_name: optional(&shape["key"], "locationName"),
                value_name: optional(&shape["value"], "locationName"),
                sparse: false,
            }))),
            "structure" => {
                let members = shape["members"].as_object().unwrap();
                let fields: Vec<Field> = members.iter().map(|(n, m)| self.field(shape, n, m)).collect();
                let structure = Box::leak(Box::new(Structure {
                    name: leak(name),
                    fields: fields.leak(),
                    xml: optional(shape, "locationName"),
                    namespace: namespace(&shape["xmlNamespace"]),
                }));
                if shape["union"] == true { Schema::Union(structure) } else { Schema::Structure(structure) }
            }
            other => panic!("{other}"),
        };
        self.open.borrow_mut().pop();
        schema
    }

    fn format(&self, reference: &Value) -> Option<TimeFormat> {
        let shape = &self.shapes[text(reference, "shape")];
        let format = optional(reference, "timestampFormat").or_else(|| optional(shape, "timestampFormat"))?;
        Some(match format {
            "iso8601" => TimeFormat::Iso8601,
            "rfc822" => TimeFormat::HttpDate,
            "unixTimestamp" => TimeFormat::EpochSeconds,
            other => panic!("{other}"),
        })
    }

    fn field(&self, structure: &Value, name: &str, member: &Value) -> Field {
        let shape = &self.shapes[text(member, "shape")];
        let location_name = optional(member, "locationName");
        let wire_name = location_name.unwrap_or_else(|| leak(name));
        let binding = if optional(structure, "payload") == Some(name) {
            Binding::Payload
        } else {
            match text(member, "location") {
                "header" => Binding::Header(wire_name),
                "headers" => Binding::Headers(location_name.unwrap_or("")),
                "uri" => Binding::Label,
                "querystring" if shape["type"] == "map" => Binding::Querystrings,
                "querystring" => Binding::Querystring(wire_name),
                "statusCode" => Binding::Status,
                _ => Binding::Body,
            }
        };
        // The router's label has the wire's name, the platform's labels have the members' names.
        let field_name = if binding == Binding::Label { wire_name } else { leak(name) };
        Field {
            json: location_name,
            // Botocore gives every payload a name; AWS's own model only those that do not have their type's.
            xml: location_name.filter(|n| binding != Binding::Payload || *n != name),
            flat: member["flattened"] == true || shape["flattened"] == true,
            attribute: member["xmlAttribute"] == true,
            namespace: namespace(&member["xmlNamespace"]),
            format: self.format(member),
            binding,
            ..Field::new(field_name, self.link(text(member, "shape")))
        }
    }
}

fn optional(value: &Value, key: &str) -> Option<&'static str> {
    value[key].as_str().map(leak)
}

fn namespace(value: &Value) -> Option<Namespace> {
    match value {
        Value::String(uri) => Some(Namespace { prefix: None, uri: leak(uri) }),
        Value::Object(_) => {
            Some(Namespace { prefix: optional(value, "prefix"), uri: leak(text(value, "uri")) })
        }
        _ => None,
    }
}
