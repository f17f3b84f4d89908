//! Literals and parameters.

use std::collections::BTreeSet;

use super::parse::Parser;
use crate::limits::NESTING_LEVELS_MAX;
use crate::{Error, Item, Number, Value};

/// The statement cannot be read. The detail may be empty.
pub(super) fn malformed(detail: &str) -> Error {
    Error::validation(format!("Statement wasn't well formed, can't be processed: {detail}"))
}

/// Where a value stands within the value that an attribute gets, as errors show it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    text: String,
    level: usize,
}

impl Place {
    /// The whole value of an attribute.
    pub(super) fn root() -> Self {
        Self { text: "root".to_owned(), level: 1 }
    }

    fn entry(&self, name: &str) -> Self {
        Self { text: format!("{}.{name}", self.text), level: self.level + 1 }
    }

    fn element(&self, index: usize) -> Self {
        Self { text: format!("{}[{index}]", self.text), level: self.level + 1 }
    }
}

impl Parser<'_> {
    /// A literal or a parameter, if the next token begins one.
    pub(super) fn literal(&mut self, place: &Place) -> Result<Option<Value>, Error> {
        if place.level > NESTING_LEVELS_MAX {
            return Err(Error::validation(format!(
                "Nesting Levels have exceeded supported limits under {}",
                place.text
            )));
        }
        if let Some(text) = self.accept_text() {
            return Ok(Some(Value::S(text)));
        }
        if self.accept_parameter() {
            return self.parameter().map(Some);
        }
        if let Some(number) = self.number(place)? {
            return Ok(Some(Value::N(number)));
        }
        for (word, value) in
            [("TRUE", Value::Bool(true)), ("FALSE", Value::Bool(false)), ("NULL", Value::Null)]
        {
            if self.accept_keyword(word) {
                return Ok(Some(value));
            }
        }
        if self.accept("{") {
            return self.tuple(place).map(|entries| Some(Value::M(entries)));
        }
        if self.accept("[") {
            return self.list(place).map(|elements| Some(Value::L(elements)));
        }
        if self.accept("<<") {
            return self.bag(place).map(Some);
        }
        Ok(None)
    }

    fn number(&mut self, place: &Place) -> Result<Option<Number>, Error> {
        let negative = self.at_negative_number();
        if negative {
            self.accept("-");
        } else if self.at_positive_number() {
            self.accept("+");
        }
        let Some(digits) = self.accept_digits() else { return Ok(None) };
        require_readable(&digits)?;
        let number: Number =
            format!("{}{digits}", if negative { "-" } else { "" }).parse().map_err(|error| match error {
                Error::Validation(text) => Error::validation(format!("{text} under {}", place.text)),
                other => other,
            })?;
        Ok(Some(number))
    }

    /// The entries of a tuple after its brace.
    pub(super) fn tuple(&mut self, place: &Place) -> Result<Item, Error> {
        let mut entries = Item::new();
        if self.accept("}") {
            return Ok(entries);
        }
        loop {
            let Some(name) = self.accept_text() else {
                return Err(malformed("Expected tuple key"));
            };
            self.expect(":")?;
            let value = self.required(&place.entry(&name))?;
            if entries.insert(name.clone(), value).is_some() {
                let under = &place.text;
                return Err(Error::validation(format!("Duplicate keys in tuple. Key: {name} under {under}")));
            }
            if !self.accept(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(entries)
    }

    /// The attributes of a new item. Each value is a root of its own.
    pub(super) fn item(&mut self) -> Result<Item, Error> {
        let mut item = Item::new();
        if self.accept("}") {
            return Ok(item);
        }
        loop {
            let Some(name) = self.accept_text() else { return Err(malformed("Expected tuple key")) };
            self.expect(":")?;
            let value = self.required(&Place::root())?;
            if item.insert(name.clone(), value).is_some() {
                return Err(Error::validation(format!("Duplicate keys in tuple. Key: {name} under root")));
            }
            if !self.accept(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(item)
    }

    fn list(&mut self, place: &Place) -> Result<Vec<Value>, Error> {
        let mut elements = Vec::new();
        if self.accept("]") {
            return Ok(elements);
        }
        loop {
            elements.push(self.required(&place.element(elements.len()))?);
            if !self.accept(",") {
                break;
            }
        }
        self.expect("]")?;
        Ok(elements)
    }

    /// A set: numbers or strings between doubled angle brackets.
    fn bag(&mut self, place: &Place) -> Result<Value, Error> {
        let mut members = Vec::new();
        while !self.accept(">>") {
            if !members.is_empty() {
                self.expect(",")?;
            }
            members.push(self.required(&place.element(members.len()))?);
        }
        let texts = members.iter().filter_map(Value::as_text).count();
        let numbers = members.iter().filter_map(Value::as_number).count();
        if members.is_empty() {
            return Err(Error::validation("Empty bags are not supported"));
        }
        if texts == members.len() {
            let set: BTreeSet<_> = members.iter().filter_map(Value::as_text).map(str::to_owned).collect();
            if set.len() < members.len() {
                let listed: Vec<_> = members.iter().filter_map(Value::as_text).collect();
                let listed = listed.join(", ");
                return Err(Error::parameter(&format!("Input collection [{listed}] contains duplicates.")));
            }
            return Ok(Value::Ss(set));
        }
        if numbers == members.len() {
            let set: BTreeSet<_> = members.iter().filter_map(Value::as_number).collect();
            if set.len() < members.len() {
                return Err(Error::validation("Input collection contains duplicates"));
            }
            return Ok(Value::Ns(set));
        }
        Err(Error::validation(
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
        ))
    }

    /// A literal or parameter where nothing else can stand.
    fn required(&mut self, place: &Place) -> Result<Value, Error> {
        if let Some(value) = self.literal(place)? {
            return Ok(value);
        }
        if let Some((name, at)) = self.peek_call() {
            let under = &place.text;
            // A value of the item itself is named by its root.
            return Err(Error::validation(format!(
                "Unsupported data type: {name} under key {under} at {at}"
            )));
        }
        if self.at_keyword("MISSING") {
            return Err(Error::validation("MISSING must be compared using IS operator"));
        }
        Err(malformed("Unexpected term"))
    }
}

/// Refuses a number whose exponent, or whose exponent with its decimal places, leaves 32 bits: the parser of DynamoDB
/// cannot read it at all.
fn require_readable(digits: &str) -> Result<(), Error> {
    let lower = digits.to_ascii_lowercase();
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let exponent: i32 = exponent.parse().map_err(|_| malformed(""))?;
    let scale = i64::try_from(places).unwrap_or(i64::MAX).saturating_sub(exponent.into());
    i32::try_from(scale).map(|_| ()).map_err(|_| malformed(""))
}
