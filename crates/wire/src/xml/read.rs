//! Text to elements, elements to documents.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use shape::{Doc, Field, ListShape, MapShape, Schema, Structure, TimeFormat};

use super::{DEPTH_MAX, ELEMENTS_MAX};
use crate::aggregate::last_wins;
use crate::text::{self, Problem};

/// An element: what the interpreter needs of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// The name without namespace prefix.
    pub(crate) name: String,
    /// Attributes with their full names.
    pub(crate) attributes: Vec<(String, String)>,
    /// Elements inside.
    pub(crate) children: Vec<Element>,
    /// Text directly inside.
    pub(crate) text: String,
}

impl Element {
    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// What is wrong with an XML document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// It is no well-formed XML, or uses what we refuse (document types, own entities, endless nesting).
    Syntax,
    /// A value is no value of its schema.
    Value(Problem),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Value(problem)
    }
}

/// The root element of `text`.
pub(crate) fn parse(text: &[u8]) -> Result<Element, Error> {
    let text = std::str::from_utf8(text).map_err(|_| Error::Syntax)?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        match reader.read_event().map_err(|_| Error::Syntax)? {
            Event::Start(_) | Event::Empty(_) if count == ELEMENTS_MAX => return Err(Error::Syntax),
            Event::Start(start) => {
                count += 1;
                if root.is_some() || open.len() == DEPTH_MAX {
                    return Err(Error::Syntax);
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                count += 1;
                if root.is_some() {
                    return Err(Error::Syntax);
                }
                close(element(&start)?, &mut open, &mut root);
            }
            Event::End(_) => {
                let done = open.pop().ok_or(Error::Syntax)?;
                close(done, &mut open, &mut root);
            }
            Event::Text(piece) => add_text(&mut open, &piece.xml10_content())?,
            Event::CData(piece) => add_text(&mut open, &piece.xml10_content())?,
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().map_err(|_| Error::Syntax)? {
                    Some(character) => character.to_string(),
                    None => predefined(&reference.xml10_content())?.to_owned(),
                };
                add_text(&mut open, &text)?;
            }
            // Document types bring entities, which bring attacks; no AWS client sends one.
            Event::DocType(_) => return Err(Error::Syntax),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if open.is_empty() { root.ok_or(Error::Syntax) } else { Err(Error::Syntax) }
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, Error> {
    let full = start.name();
    let name = full.as_ref().rsplit(':').next().unwrap_or_default().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Error::Syntax)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Error::Syntax)?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

fn add_text(open: &mut [Element], text: &str) -> Result<(), Error> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(Error::Syntax),
    }
    Ok(())
}

fn predefined(name: &str) -> Result<&'static str, Error> {
    Ok(match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(Error::Syntax),
    })
}

/// How the place of a list or map, its field, changes the names inside.
#[derive(Clone, Copy, Default)]
struct Names {
    member: Option<&'static str>,
    key: Option<&'static str>,
    value: Option<&'static str>,
}

impl Names {
    fn of(field: &Field) -> Self {
        Self { member: field.member, key: field.key, value: field.value }
    }
}

/// The document that `element` holds.
pub(crate) fn decode(schema: Schema, element: &Element) -> Result<Doc, Error> {
    value(schema, element, None, Names::default())
}

fn value(schema: Schema, element: &Element, format: Option<TimeFormat>, names: Names) -> Result<Doc, Error> {
    match schema {
        Schema::Structure(structure) => decode_structure(structure, element),
        Schema::Union(structure) => union(structure, element),
        Schema::List(list) => {
            let member = names.member.or(list.member).unwrap_or("member");
            elements(list, element.children.iter().filter(|child| child.name == member))
        }
        Schema::Map(map) => entries(map, element.children.iter().filter(|c| c.name == "entry"), names),
        scalar => {
            let trimmed = match scalar {
                Schema::Text | Schema::Enum(_) => &element.text,
                _ => element.text.trim(),
            };
            Ok(text::read(scalar, trimmed, format.unwrap_or(TimeFormat::Iso8601))?)
        }
    }
}

fn decode_structure(structure: &'static Structure, element: &Element) -> Result<Doc, Error> {
    let mut values = Vec::with_capacity(structure.fields.len());
    for field in structure.fields {
        values.push(if field.binding == shape::Binding::Body { member(field, element)? } else { Doc::Null });
    }
    Ok(Doc::Structure(values))
}

fn member(field: &Field, element: &Element) -> Result<Doc, Error> {
    let name = field.xml.unwrap_or(field.name);
    let schema = field.schema.get();
    if field.attribute {
        let found = element.attributes.iter().find(|(n, _)| n == name);
        return match found {
            Some((_, text)) => Ok(text::read(schema, text, field.format.unwrap_or(TimeFormat::Iso8601))?),
            None => Ok(Doc::Null),
        };
    }
    let same_name = || element.children.iter().filter(|child| child.name == name);
    match schema {
        _ if same_name().next().is_none() => Ok(Doc::Null),
        Schema::List(list) if field.flat => elements(list, same_name()),
        Schema::Map(map) if field.flat => entries(map, same_name(), Names::of(field)),
        schema => match element.child(name) {
            Some(child) => value(schema, child, field.format, Names::of(field)),
            None => Ok(Doc::Null),
        },
    }
}

fn union(structure: &'static Structure, element: &Element) -> Result<Doc, Error> {
    for (index, field) in structure.fields.iter().enumerate() {
        let value = member(field, element)?;
        if !value.is_null() {
            return Ok(Doc::Union(index, Box::new(value)));
        }
    }
    Ok(Doc::Null)
}

fn elements<'a>(list: &'static ListShape, children: impl Iterator<Item = &'a Element>) -> Result<Doc, Error> {
    let schema = list.element.get();
    let read = |child| value(schema, child, list.format, Names::default());
    Ok(Doc::List(children.map(read).collect::<Result<_, _>>()?))
}

fn entries<'a>(
    map: &'static MapShape,
    children: impl Iterator<Item = &'a Element>,
    names: Names,
) -> Result<Doc, Error> {
    let key_name = names.key.or(map.key_name).unwrap_or("key");
    let value_name = names.value.or(map.value_name).unwrap_or("value");
    let schema = map.value.get();
    let mut all = Vec::new();
    for entry in children {
        let key = entry.child(key_name).ok_or(Error::Syntax)?;
        let value = match entry.child(value_name) {
            Some(child) => value(schema, child, None, Names::default())?,
            None if map.sparse => Doc::Null,
            None => return Err(Error::Syntax),
        };
        all.push((key.text.clone(), value));
    }
    Ok(Doc::Map(last_wins(all)))
}
