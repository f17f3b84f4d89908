//! Documents to text.

use shape::{Doc, Field, Namespace, Schema, Structure, TimeFormat};

use crate::json::in_answer_body;
use crate::{text, time};

/// Writes elements one after another.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
    /// S3 shows milliseconds always, the query services only where there are any.
    millis: bool,
}

impl Writer {
    /// A document that begins with the XML declaration.
    pub(crate) fn new(millis: bool) -> Self {
        Self { out: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), millis }
    }

    /// Opens `name`.
    pub(crate) fn open(&mut self, name: &str, namespace: Option<Namespace>) {
        self.open_tag(name, namespace);
        self.out.push('>');
    }

    /// Closes `name`.
    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with text in it.
    pub(crate) fn leaf(&mut self, name: &str, text: &str) {
        self.open(name, None);
        self.text(text);
        self.close(name);
    }

    /// The text of the document.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    fn open_tag(&mut self, name: &str, namespace: Option<Namespace>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            match namespace.prefix {
                Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), namespace.uri),
                None => self.attribute("xmlns", namespace.uri),
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.text(value);
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        let mut plain = 0;
        for (i, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'&' => "&amp;".to_owned(),
                b'<' => "&lt;".to_owned(),
                b'>' => "&gt;".to_owned(),
                b'"' => "&quot;".to_owned(),
                // Readers turn a bare carriage return into a line feed; the others stand in no XML 1.0 document,
                // but AWS writes them so, and its clients read them.
                0x00..0x09 | 0x0b..0x20 => format!("&#x{byte:x};"),
                _ => continue,
            };
            self.out.push_str(&text[plain..i]);
            self.out.push_str(&escape);
            plain = i + 1;
        }
        self.out.push_str(&text[plain..]);
    }

    fn value(&mut self, name: &str, schema: Schema, doc: &Doc, place: Place) {
        let namespace = place.namespace;
        match (schema, doc) {
            (Schema::Structure(structure), Doc::Structure(values)) => {
                self.open_tag(name, namespace.or(structure.namespace));
                self.attributes(structure, values);
                self.out.push('>');
                self.body(structure, values);
                self.close(name);
            }
            (Schema::Union(structure), Doc::Union(index, value)) => {
                self.open(name, namespace.or(structure.namespace));
                if let Some(field) = structure.fields.get(*index) {
                    self.member(field, value);
                }
                self.close(name);
            }
            (Schema::List(list), Doc::List(elements)) => {
                let member = place.member.or(list.member).unwrap_or("member");
                self.open(name, namespace);
                self.elements(member, list.element.get(), list.format, elements);
                self.close(name);
            }
            (Schema::Map(map), Doc::Map(entries)) => {
                self.open(name, namespace);
                let names = (
                    place.key.or(map.key_name).unwrap_or("key"),
                    place.value.or(map.value_name).unwrap_or("value"),
                );
                self.entries("entry", map.value.get(), names, entries);
                self.close(name);
            }
            (schema, doc) => {
                if let Some(text) = self.scalar(schema, doc, place.format) {
                    self.open(name, namespace);
                    self.text(&text);
                    self.close(name);
                }
            }
        }
    }

    fn scalar(&self, schema: Schema, doc: &Doc, format: Option<TimeFormat>) -> Option<String> {
        match (doc, format.unwrap_or(TimeFormat::Iso8601)) {
            (Doc::Time(at), TimeFormat::Iso8601) if self.millis => Some(time::iso8601_millis(*at)),
            (doc, format) => text::write(schema, doc, format),
        }
    }

    fn attributes(&mut self, structure: &'static Structure, values: &[Doc]) {
        for (field, value) in structure.fields.iter().zip(values) {
            if !field.attribute {
                continue;
            }
            if let Some(namespace) = field.namespace
                && !value.is_null()
            {
                self.attribute(&format!("xmlns:{}", namespace.prefix.unwrap_or_default()), namespace.uri);
            }
            if let Some(text) = self.scalar(field.schema.get(), value, field.format) {
                self.attribute(field.xml.unwrap_or(field.name), &text);
            }
        }
    }

    fn body(&mut self, structure: &'static Structure, values: &[Doc]) {
        for (field, value) in structure.fields.iter().zip(values) {
            if !field.attribute && in_answer_body(field.binding) {
                self.member(field, value);
            }
        }
    }

    fn member(&mut self, field: &Field, value: &Doc) {
        let name = field.xml.unwrap_or(field.name);
        match (field.schema.get(), value) {
            (_, Doc::Null) => {}
            (Schema::List(list), Doc::List(elements)) if field.flat => {
                for element in elements {
                    let place = Place { namespace: field.namespace, format: list.format, ..Place::default() };
                    self.value(name, list.element.get(), element, place);
                }
            }
            (Schema::Map(map), Doc::Map(entries)) if field.flat => {
                let names = (
                    field.key.or(map.key_name).unwrap_or("key"),
                    field.value.or(map.value_name).unwrap_or("value"),
                );
                self.entries(name, map.value.get(), names, entries);
            }
            (schema, value) => self.value(name, schema, value, Place::of(field)),
        }
    }

    fn elements(&mut self, name: &str, schema: Schema, format: Option<TimeFormat>, elements: &[Doc]) {
        for element in elements {
            self.value(name, schema, element, Place { format, ..Place::default() });
        }
    }

    fn entries(&mut self, name: &str, schema: Schema, names: (&str, &str), entries: &[(String, Doc)]) {
        for (key, value) in entries {
            self.open(name, None);
            self.leaf(names.0, key);
            self.value(names.1, schema, value, Place::default());
            self.close(name);
        }
    }
}

/// What a value's field says about its element.
#[derive(Clone, Copy, Default)]
struct Place {
    namespace: Option<Namespace>,
    format: Option<TimeFormat>,
    member: Option<&'static str>,
    key: Option<&'static str>,
    value: Option<&'static str>,
}

impl Place {
    fn of(field: &Field) -> Self {
        Self {
            namespace: field.namespace,
            format: field.format,
            member: field.member,
            key: field.key,
            value: field.value,
        }
    }
}

/// `doc` as the element `name`.
pub(crate) fn write_root(
    writer: &mut Writer,
    name: &str,
    schema: Schema,
    doc: &Doc,
    namespace: Option<Namespace>,
) {
    writer.value(name, schema, doc, Place { namespace, ..Place::default() });
}

/// The body members of `doc` without an element around them.
pub(crate) fn write_members(writer: &mut Writer, structure: &'static Structure, doc: &Doc) {
    if let Doc::Structure(values) = doc {
        writer.body(structure, values);
    }
}
