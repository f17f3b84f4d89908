//! `Shape`: from Rust types to documents and back.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::doc::{Doc, Timestamp};
use crate::schema::{Field, Link, ListShape, MapShape, Schema};
use crate::stream::Stream;

/// A Rust type that can travel on the AWS wire.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel on the AWS wire",
    note = "add `#[derive(Shape)]` to it"
)]
pub trait Shape: Sized {
    /// Whether a structure's member of this type may be absent.
    const OPTIONAL: bool = false;

    /// The static description.
    fn schema() -> Schema;

    /// The value in a document that was checked against [`Shape::schema`].
    fn from_doc(doc: Doc) -> Result<Self, Malformed>;

    /// The document for a value.
    fn into_doc(self) -> Doc;
}

/// A document does not have the shape that was asked for. Validation comes first, so a client sees this only
/// where a protocol lets a wrong kind through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The member's path, outermost first, joined by dots.
    pub path: String,
    /// What was expected.
    pub expected: &'static str,
    /// What was there.
    pub found: &'static str,
}

impl Malformed {
    /// `expected` was wanted, `doc` was there.
    pub fn new(expected: &'static str, doc: &Doc) -> Self {
        Self { path: String::new(), expected, found: doc.kind() }
    }

    /// The same, one level further out.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        self.path = if self.path.is_empty() { name.to_owned() } else { format!("{name}.{}", self.path) };
        self
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "expected {} at `{}`, found {}", self.expected, self.path, self.found)
    }
}

impl std::error::Error for Malformed {}

/// A structure as the members that it has, which may stand among those of another: what `#[shape(flatten)]` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no members to flatten",
    note = "`#[shape(flatten)]` takes a struct with `#[derive(Shape)]`"
)]
pub trait Members: Sized {
    /// The members' descriptions, in order.
    const FIELDS: &'static [Field];

    /// Takes the members out of a document, in order.
    fn take(fields: &mut Fields) -> Result<Self, Malformed>;

    /// Adds the members to those of a document, in order.
    fn give(self, members: &mut Vec<Doc>);

    /// The structure in a document: [`Shape::from_doc`] of all structures.
    fn from_structure(doc: Doc) -> Result<Self, Malformed> {
        Self::take(&mut Fields::open(doc)?)
    }

    /// The document for a structure: [`Shape::into_doc`] of all structures.
    fn into_structure(self) -> Doc {
        let mut members = Vec::with_capacity(Self::FIELDS.len());
        self.give(&mut members);
        Doc::Structure(members)
    }
}

/// How many members these parts have together.
pub const fn count(parts: &[&[Field]]) -> usize {
    let mut count = 0;
    let mut part = 0;
    while part < parts.len() {
        count += parts[part].len();
        part += 1;
    }
    count
}

/// The members of these parts, one part after the other; `N` is their [`count`].
pub const fn join<const N: usize>(parts: &[&[Field]]) -> [Field; N] {
    let mut fields = [Field::new("", Link::Data(&Schema::Bool)); N];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            fields[at] = parts[part][index];
            (at, index) = (at + 1, index + 1);
        }
        part += 1;
    }
    fields
}

/// The members of a structure while a derived [`Members::take`] takes them out one by one, in order.
#[derive(Debug)]
pub struct Fields(std::vec::IntoIter<Doc>);

impl Fields {
    /// Opens a structure.
    fn open(doc: Doc) -> Result<Self, Malformed> {
        match doc {
            Doc::Structure(members) => Ok(Self(members.into_iter())),
            Doc::Null => Ok(Self(Vec::new().into_iter())),
            other => Err(Malformed::new("a structure", &other)),
        }
    }

    /// Takes the next member, called `name` in errors.
    pub fn take<T: Shape>(&mut self, name: &'static str) -> Result<T, Malformed> {
        T::from_doc(self.next()).map_err(|malformed| malformed.within(name))
    }

    /// As [`Fields::take`], with the type's default for an absent member.
    pub fn take_or_default<T: Shape + Default>(&mut self, name: &'static str) -> Result<T, Malformed> {
        match self.next() {
            Doc::Null => Ok(T::default()),
            doc => T::from_doc(doc).map_err(|malformed| malformed.within(name)),
        }
    }

    /// What a shorter document does not have is absent.
    fn next(&mut self) -> Doc {
        self.0.next().unwrap_or_default()
    }
}

macro_rules! scalar {
    ($type:ty, $schema:expr, $expected:literal, $pattern:pat => $value:expr, $self:ident => $doc:expr) => {
        impl Shape for $type {
            fn schema() -> Schema {
                $schema
            }

            fn from_doc(doc: Doc) -> Result<Self, Malformed> {
                match doc {
                    $pattern => Ok($value),
                    other => Err(Malformed::new($expected, &other)),
                }
            }

            fn into_doc($self) -> Doc {
                $doc
            }
        }
    };
}

scalar!(bool, Schema::Bool, "a boolean", Doc::Bool(value) => value, self => Doc::Bool(self));
scalar!(i64, Schema::Long, "an integer", Doc::Int(value) => value, self => Doc::Int(self));
scalar!(f64, Schema::Double, "a number", Doc::Float(value) => value, self => Doc::Float(self));
scalar!(f32, Schema::Float, "a number", Doc::Float(value) => value as f32, self => Doc::Float(f64::from(self)));
scalar!(String, Schema::Text, "a string", Doc::Text(value) => value, self => Doc::Text(self));
scalar!(Bytes, Schema::Blob, "bytes", Doc::Blob(value) => value, self => Doc::Blob(self));
scalar!(Timestamp, Schema::Timestamp, "a timestamp", Doc::Time(value) => value, self => Doc::Time(self));
scalar!(Stream, Schema::Stream, "a stream", Doc::Stream(value) => value, self => Doc::Stream(self));
scalar!(
    serde_json::Value, Schema::Document, "a document", Doc::Document(value) => value, self => Doc::Document(self)
);

impl Shape for i32 {
    fn schema() -> Schema {
        Schema::Integer
    }

    fn from_doc(doc: Doc) -> Result<Self, Malformed> {
        match doc {
            Doc::Int(value) => {
                Self::try_from(value).map_err(|_| Malformed::new("a 32-bit integer", &Doc::Int(value)))
            }
            other => Err(Malformed::new("an integer", &other)),
        }
    }

    fn into_doc(self) -> Doc {
        Doc::Int(i64::from(self))
    }
}

impl<T: Shape> Shape for Option<T> {
    const OPTIONAL: bool = true;

    fn schema() -> Schema {
        T::schema()
    }

    fn from_doc(doc: Doc) -> Result<Self, Malformed> {
        if doc.is_null() { Ok(None) } else { T::from_doc(doc).map(Some) }
    }

    fn into_doc(self) -> Doc {
        self.map_or(Doc::Null, T::into_doc)
    }
}

impl<T: Shape> Shape for Box<T> {
    const OPTIONAL: bool = T::OPTIONAL;

    fn schema() -> Schema {
        T::schema()
    }

    fn from_doc(doc: Doc) -> Result<Self, Malformed> {
        T::from_doc(doc).map(Self::new)
    }

    fn into_doc(self) -> Doc {
        (*self).into_doc()
    }
}

struct ListOf<T>(std::marker::PhantomData<T>);

impl<T: Shape> ListOf<T> {
    const SHAPE: ListShape =
        ListShape { element: Link::Lazy(T::schema), member: None, format: None, sparse: T::OPTIONAL };
}

impl<T: Shape> Shape for Vec<T> {
    fn schema() -> Schema {
        Schema::List(&ListOf::<T>::SHAPE)
    }

    fn from_doc(doc: Doc) -> Result<Self, Malformed> {
        let Doc::List(elements) = doc else {
            return Err(Malformed::new("a list", &doc));
        };
        let numbered = elements.into_iter().enumerate();
        numbered
            .map(|(index, element)| T::from_doc(element).map_err(|m| m.within(&index.to_string())))
            .collect()
    }

    fn into_doc(self) -> Doc {
        Doc::List(self.into_iter().map(T::into_doc).collect())
    }
}

struct MapOf<T>(std::marker::PhantomData<T>);

impl<T: Shape> MapOf<T> {
    const SHAPE: MapShape =
        MapShape { value: Link::Lazy(T::schema), key_name: None, value_name: None, sparse: T::OPTIONAL };
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    fn schema() -> Schema {
        Schema::Map(&MapOf::<T>::SHAPE)
    }

    fn from_doc(doc: Doc) -> Result<Self, Malformed> {
        let Doc::Map(entries) = doc else {
            return Err(Malformed::new("a map", &doc));
        };
        let mut map = Self::new();
        for (key, value) in entries {
            let value = T::from_doc(value).map_err(|malformed| malformed.within(&key))?;
            map.insert(key, value);
        }
        Ok(map)
    }

    fn into_doc(self) -> Doc {
        Doc::Map(self.into_iter().map(|(key, value)| (key, value.into_doc())).collect())
    }
}

#[cfg(test)]
mod tests;
