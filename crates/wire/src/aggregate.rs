//! Reading structures, unions, maps and lists: the same in every notation whose values come one after the other.

use std::borrow::Cow;
use std::collections::HashMap;

use shape::{Binding, Doc, Field, ListShape, MapShape, Schema, Structure, TimeFormat};

use crate::json::{Error, Members};

/// Nesting that is read: what is read comes from strangers and readers recurse.
pub(crate) const DEPTH_MAX: usize = 100;

/// Values that are read, with the absent members of structures. The largest real requests (ten thousand log events)
/// have less than a tenth of them; each takes some dozens of bytes, so that a few megabytes of `{},{},…` would take
/// gigabytes.
pub(crate) const VALUES_MAX: usize = 1_000_000;

/// How deep a reader is, and how much it may still read.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) depth: usize,
    values_left: usize,
}

impl Bounds {
    pub(crate) fn new() -> Self {
        Self { depth: 0, values_left: VALUES_MAX }
    }

    /// Counts values: a document takes many times the memory of its text.
    pub(crate) fn count(&mut self, values: usize) -> Result<(), Error> {
        self.values_left = self.values_left.checked_sub(values).ok_or_else(Error::too_many)?;
        Ok(())
    }
}

/// A reader of one notation. What it brings: where values, entries and elements begin and end.
pub(crate) trait Reader<'a>: Sized {
    fn bounds(&mut self) -> &mut Bounds;

    /// Which members of structures are read.
    fn members(&self) -> Members;

    /// Reads the next value. `format` is what the member says of instants.
    fn value(&mut self, schema: Schema, format: Option<TimeFormat>) -> Result<Doc, Error>;

    /// Passes over a value of any kind.
    fn skip(&mut self) -> Result<(), Error>;

    /// Goes through the entries of the structure or map that begins here. `each` takes the value.
    fn entries(
        &mut self,
        each: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// Goes through the elements of the list that begins here. `each` takes the value.
    fn elements(&mut self, each: impl FnMut(&mut Self) -> Result<(), Error>) -> Result<(), Error>;

    /// Reads what stands inside of the value that begins here.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.bounds().depth == DEPTH_MAX {
            return Err(Error::too_deep());
        }
        self.bounds().depth += 1;
        let result = read(self);
        self.bounds().depth -= 1;
        result
    }

    fn structure(&mut self, structure: &'static Structure) -> Result<Doc, Error> {
        self.bounds().count(structure.fields.len())?;
        let mut values = vec![Doc::Null; structure.fields.len()];
        let mut likely = 0; // clients tend to keep the model's order
        self.entries(|r, key| {
            let depth = r.bounds().depth;
            match find(structure, &key, likely, r.members(), depth) {
                Some(index) => {
                    let field = &structure.fields[index];
                    values[index] = r.value(field.schema.get(), field.format)?;
                    likely = index + 1;
                }
                None => r.skip()?,
            }
            Ok(())
        })?;
        Ok(Doc::Structure(values))
    }

    fn union(&mut self, structure: &'static Structure) -> Result<Doc, Error> {
        let mut found = None;
        self.entries(|r, key| {
            let depth = r.bounds().depth;
            let Some(index) = find(structure, &key, 0, Members::All, depth) else {
                if key == "__type" {
                    return r.skip(); // what some clients add to tell unions apart
                }
                return Err(Error::unknown_union_member(&key));
            };
            let field = &structure.fields[index];
            let value = r.value(field.schema.get(), field.format)?;
            if !value.is_null() && found.replace(Doc::Union(index, Box::new(value))).is_some() {
                return Err(Error::not_one_union_member());
            }
            Ok(())
        })?;
        found.ok_or_else(Error::not_one_union_member)
    }

    fn map(&mut self, map: &'static MapShape) -> Result<Doc, Error> {
        let schema = map.value.get();
        let mut entries: Vec<(String, Doc)> = Vec::new();
        self.entries(|r, key| {
            let value = r.value(schema, None)?;
            if value.is_null() && !map.sparse {
                return Err(Error::null_in_map());
            }
            entries.push((key.into_owned(), value));
            Ok(())
        })?;
        Ok(Doc::Map(last_wins(entries)))
    }

    fn list(&mut self, list: &'static ListShape) -> Result<Doc, Error> {
        let schema = list.element.get();
        let mut elements = Vec::new();
        self.elements(|r| {
            let element = r.value(schema, list.format)?;
            if element.is_null() && !list.sparse {
                return Err(Error::null_in_list());
            }
            elements.push(element);
            Ok(())
        })?;
        Ok(Doc::List(elements))
    }
}

/// The member that `key` names; the one at `likely` is asked first.
fn find(structure: &Structure, key: &str, likely: usize, members: Members, depth: usize) -> Option<usize> {
    let is_it = |field: &Field| {
        if members == Members::Body && depth == 1 && field.binding != Binding::Body {
            return false;
        }
        // Callers inside the platform may use the model's name; on the wire it is the JSON name.
        field.json.unwrap_or(field.name) == key || (members == Members::All && field.name == key)
    };
    if structure.fields.get(likely).is_some_and(is_it) {
        return Some(likely);
    }
    structure.fields.iter().position(is_it)
}

/// Keeps the last of entries with the same key, in the place of the first.
pub(crate) fn last_wins(entries: Vec<(String, Doc)>) -> Vec<(String, Doc)> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<(String, Doc)> = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match places.get(&key) {
            Some(place) => kept[*place].1 = value,
            None => {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
    }
    kept
}
