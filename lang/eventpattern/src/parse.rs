//! Reads patterns. The texts of errors are those of AWS, as services show them: for SNS recorded in LocalStack's
//! test_sns_filter_policy, the others as rules with such patterns are answered by EventBridge.

use serde_json::{Map, Value};

use crate::matcher::{Affix, Bound, Matcher, Range};
use crate::network::Network;
use crate::wildcard::Wildcard;
use crate::{Error, Field, Object, Pattern};

/// The largest number that numeric matchers take, and the smallest without its sign.
const NUMBER_MAX: f64 = 5_000_000_000.0;

/// The key of alternatives.
const OR: &str = "$or";

/// What a key cannot be in an alternative, or it is taken for a matcher.
const RESERVED: [&str; 8] =
    ["exists", "equals-ignore-case", "prefix", "suffix", "anything-but", "numeric", "cidr", "wildcard"];

/// Reads a pattern.
pub(crate) fn pattern(value: &Value) -> Result<Pattern, Error> {
    let Value::Object(map) = value else { return Err(Error::new("Filter is not an object")) };
    Ok(Pattern { root: object(map, &mut Vec::new())? })
}

fn object(map: &Map<String, Value>, path: &mut Vec<String>) -> Result<Object, Error> {
    if map.is_empty() {
        return Err(Error::new("Empty objects are not allowed"));
    }
    let mut object = Object::default();
    for (name, value) in map {
        if let Some(some) = alternatives(name, value) {
            let read = some.into_iter().map(|one| self::object(one, path));
            object.alternatives.push(read.collect::<Result<_, _>>()?);
            continue;
        }
        path.push(name.clone());
        let field = match value {
            Value::Object(map) => Field::Object(self::object(map, path)?),
            Value::Array(list) => Field::Leaf { path: path.clone(), matchers: leaf(list)? },
            _ => return Err(Error::new(format_args!("\"{name}\" must be an object or an array"))),
        };
        path.pop();
        object.fields.push((name.clone(), field));
    }
    Ok(object)
}

/// The objects of a `$or`. A field may have that name, too: then its value looks otherwise.
fn alternatives<'v>(name: &str, value: &'v Value) -> Option<Vec<&'v Map<String, Value>>> {
    let list = value.as_array().filter(|list| name == OR && list.len() > 1)?;
    let objects: Option<Vec<_>> = list.iter().map(Value::as_object).collect();
    let is_matcher = |map: &Map<String, Value>| map.keys().any(|key| RESERVED.contains(&key.as_str()));
    objects.filter(|objects| !objects.iter().any(|map| map.is_empty() || is_matcher(map)))
}

fn leaf(list: &[Value]) -> Result<Vec<Matcher>, Error> {
    if list.is_empty() {
        return Err(Error::new("Empty arrays are not allowed"));
    }
    list.iter().map(element).collect()
}

fn element(value: &Value) -> Result<Matcher, Error> {
    match value {
        Value::Array(_) => Err(Error::new("Match value must be String, number, true, false, or null")),
        Value::Object(map) => {
            let (name, value) = only(map)?;
            matcher(name, value)
        }
        plain => Ok(Matcher::Equals(plain.clone())),
    }
}

fn only(map: &Map<String, Value>) -> Result<(&str, &Value), Error> {
    let mut entries = map.iter();
    let (name, value) = entries.next().ok_or_else(|| Error::new("Match expression name not found"))?;
    match entries.next() {
        None => Ok((name, value)),
        Some(_) => Err(Error::new("Only one key allowed in match expression")),
    }
}

fn matcher(name: &str, value: &Value) -> Result<Matcher, Error> {
    match name {
        "prefix" => affix(name, value).map(Matcher::Prefix),
        "suffix" => affix(name, value).map(Matcher::Suffix),
        "equals-ignore-case" => text(name, value).map(|text| Matcher::EqualsIgnoreCase(text.to_owned())),
        "wildcard" => Wildcard::parse(text(name, value)?).map(Matcher::Wildcard),
        // AWS speaks of a prefix here.
        "cidr" => Network::parse(text("prefix", value)?).map(Matcher::Cidr),
        "exists" => match value {
            Value::Bool(true) => Ok(Matcher::Present),
            Value::Bool(false) => Ok(Matcher::Absent),
            _ => Err(Error::new("exists match pattern must be either true or false.")),
        },
        "numeric" => numeric(value).map(Matcher::Numeric),
        "anything-but" => anything_but(value).map(Matcher::AnythingBut),
        other => Err(Error::new(format_args!("Unrecognized match type {other}"))),
    }
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, Error> {
    value.as_str().ok_or_else(|| Error::new(format_args!("{name} match pattern must be a string")))
}

/// A text, or `{"equals-ignore-case": text}`.
fn affix(name: &str, value: &Value) -> Result<Affix, Error> {
    let (value, ignore_case) = match value {
        Value::Object(map) => match only(map)? {
            ("equals-ignore-case", value) => (value, true),
            (other, _) => return Err(Error::new(format_args!("Unsupported {name} match pattern: {other}"))),
        },
        value => (value, false),
    };
    Ok(Affix { text: text(name, value)?.to_owned(), ignore_case })
}

fn anything_but(value: &Value) -> Result<Vec<Matcher>, Error> {
    match value {
        Value::String(_) | Value::Number(_) => Ok(vec![Matcher::Equals(value.clone())]),
        Value::Array(list) => {
            if list.is_empty() {
                return Err(Error::new("Empty arrays are not allowed"));
            }
            if !list.iter().all(Value::is_string) && !list.iter().all(Value::is_number) {
                return Err(Error::new(
                    "Inside anything but list, either all values are number or string, mixed type is not supported",
                ));
            }
            Ok(list.iter().cloned().map(Matcher::Equals).collect())
        }
        Value::Object(map) => {
            let (name, value) = only(map)?;
            if !["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(&name) {
                return Err(Error::new(format_args!("Unsupported anything-but pattern: {name}")));
            }
            match value {
                Value::Array(list) if list.is_empty() => Err(Error::new("Empty arrays are not allowed")),
                Value::Array(list) => list.iter().map(|value| matcher(name, value)).collect(),
                value => Ok(vec![matcher(name, value)?]),
            }
        }
        _ => Err(Error::new("Value of anything-but must be an array or single string/number value.")),
    }
}

fn numeric(value: &Value) -> Result<Range, Error> {
    let Value::Array(list) = value else {
        return Err(Error::new("Value of numeric must be an array."));
    };
    let mut range = Range { low: None, high: None };
    for (at, pair) in list.chunks(2).enumerate() {
        let operator = pair[0]
            .as_str()
            .ok_or_else(|| Error::new(format_args!("Invalid member in numeric match: {}", pair[0])))?;
        let number = pair.get(1).and_then(Value::as_f64);
        let value = number.ok_or_else(|| Error::new(format_args!("Value of {operator} must be numeric")))?;
        if !(-NUMBER_MAX..=NUMBER_MAX).contains(&value) {
            return Err(Error::new("Value must be between -5.0E9 and 5.0E9, inclusive"));
        }
        let bound = |inclusive| Some(Bound { value, inclusive });
        match operator {
            "=" if at == 0 => (range.low, range.high) = (bound(true), bound(true)),
            ">" if at == 0 => range.low = bound(false),
            ">=" if at == 0 => range.low = bound(true),
            "<" if range.high.is_none() => range.high = bound(false),
            "<=" if range.high.is_none() => range.high = bound(true),
            "=" | ">" | ">=" | "<" | "<=" => {
                return Err(Error::new("Too many elements in numeric expression"));
            }
            other => return Err(Error::new(format_args!("Unrecognized numeric range operator: {other}"))),
        }
    }
    match (range.low, range.high) {
        (None, None) => Err(Error::new("Invalid member in numeric match: []")),
        (Some(low), Some(high)) if list.len() > 2 && low.value >= high.value => {
            Err(Error::new("Bottom must be less than top"))
        }
        _ => Ok(range),
    }
}
