//! Attribute values in JSON, as they travel on the wire.

use std::collections::BTreeSet;

use base64::engine::{Engine, general_purpose::STANDARD};
use serde_json::{Map, Value as Json};

use crate::limits::NESTING_LEVELS_MAX;
use crate::{Error, Item, Kind, Number, Value};

const EMPTY: &str = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
const AMBIGUOUS: &str = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
const NESTING: &str = "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit";

/// Reads an attribute value.
///
/// Wrong JSON types are found first in the whole value, as DynamoDB reads a request before it judges it.
pub fn read(json: &Json) -> Result<Value, Error> {
    read_value(json, 1).map_err(|error| first_type_error(json, 1).unwrap_or(error))
}

/// Reads the attributes of an item, a key, or the values of placeholders.
pub fn read_item(json: &Json) -> Result<Item, Error> {
    let entries = match json {
        Json::Object(entries) => entries,
        _ => return Err(not_a_map(json)),
    };
    let read = entries.iter().map(|(name, value)| Ok((name.clone(), read_value(value, 1)?)));
    read.collect::<Result<_, _>>()
        .map_err(|error| entries.values().find_map(|value| first_type_error(value, 1)).unwrap_or(error))
}

/// Writes an attribute value.
pub fn write(value: &Value) -> Json {
    let plain = match value {
        Value::S(text) => Json::String(text.clone()),
        Value::N(number) => Json::String(number.to_string()),
        Value::B(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Null => Json::Bool(true),
        Value::M(entries) => write_item(entries),
        Value::L(elements) => elements.iter().map(write).collect(),
        Value::Ss(set) => set.iter().map(String::as_str).collect(),
        Value::Ns(set) => set.iter().map(Number::to_string).collect(),
        Value::Bs(set) => set.iter().map(|bytes| STANDARD.encode(bytes)).collect(),
    };
    Json::Object(Map::from_iter([(value.kind().name().to_owned(), plain)]))
}

/// Writes the attributes of an item.
pub fn write_item(item: &Item) -> Json {
    Json::Object(item.iter().map(|(name, value)| (name.clone(), write(value))).collect())
}

fn read_value(json: &Json, level: usize) -> Result<Value, Error> {
    let members = match json {
        Json::Object(members) => members,
        Json::Null => return Err(Error::validation(EMPTY)),
        _ => return Err(not_a_value(json)),
    };
    if level > NESTING_LEVELS_MAX {
        return Err(Error::validation(NESTING));
    }
    let mut found = None;
    let mut ambiguous = false;
    for (name, member) in members {
        // Unknown members and nulls are passed over, as everywhere in the protocol.
        let Some(kind) = Kind::of_name(name).filter(|_| !member.is_null()) else { continue };
        let value = read_member(kind, member, level)?;
        if found.replace(value).is_some() {
            ambiguous = true;
        }
    }
    // Each member is judged on its own before their number is.
    if ambiguous {
        return Err(Error::validation(AMBIGUOUS));
    }
    found.ok_or_else(|| Error::validation(EMPTY))
}

fn read_member(kind: Kind, json: &Json, level: usize) -> Result<Value, Error> {
    match kind {
        Kind::S => Ok(Value::S(string(json)?.to_owned())),
        Kind::N => Ok(Value::N(string(json)?.parse()?)),
        Kind::B => Ok(Value::B(bytes(json)?)),
        Kind::Bool => Ok(Value::Bool(boolean(json)?)),
        Kind::Null if boolean(json)? => Ok(Value::Null),
        Kind::Null => Err(Error::parameter("Null attribute value types must have the value of true")),
        Kind::L => {
            let elements = list(json)?.iter().map(|element| read_value(element, level + 1));
            Ok(Value::L(elements.collect::<Result<_, _>>()?))
        }
        Kind::M => {
            let entries = map(json)?.iter();
            let read = entries.map(|(name, value)| Ok((name.clone(), read_value(value, level + 1)?)));
            Ok(Value::M(read.collect::<Result<_, _>>()?))
        }
        Kind::Ss => string_set(list(json)?).map(Value::Ss),
        Kind::Ns => number_set(list(json)?).map(Value::Ns),
        Kind::Bs => binary_set(list(json)?).map(Value::Bs),
    }
}

fn string_set(elements: &[Json]) -> Result<BTreeSet<String>, Error> {
    if elements.is_empty() {
        return Err(Error::parameter("An string set  may not be empty"));
    }
    let texts = elements.iter().map(string).collect::<Result<Vec<_>, _>>()?;
    let set: BTreeSet<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    if set.len() < texts.len() {
        let listed = texts.join(", ");
        return Err(Error::parameter(&format!("Input collection [{listed}] contains duplicates.")));
    }
    Ok(set)
}

fn number_set(elements: &[Json]) -> Result<BTreeSet<Number>, Error> {
    if elements.is_empty() {
        return Err(Error::parameter("An number set  may not be empty"));
    }
    let mut set = BTreeSet::new();
    let mut unique = true;
    for element in elements {
        unique &= set.insert(string(element)?.parse()?);
    }
    // Two spellings of one number are duplicates too.
    if unique { Ok(set) } else { Err(Error::validation("Input collection contains duplicates")) }
}

fn binary_set(elements: &[Json]) -> Result<BTreeSet<Vec<u8>>, Error> {
    if elements.is_empty() {
        return Err(Error::parameter("Binary sets should not be empty"));
    }
    let set = elements.iter().map(bytes).collect::<Result<BTreeSet<_>, _>>()?;
    if set.len() < elements.len() {
        let listed: Vec<_> = elements.iter().filter_map(Json::as_str).collect();
        let listed = listed.join(", ");
        return Err(Error::parameter(&format!("Input collection [{listed}]of type BS contains duplicates.")));
    }
    Ok(set)
}

fn string(json: &Json) -> Result<&str, Error> {
    match json {
        Json::String(text) => Ok(text),
        other => Err(scalar_error(other, "String")),
    }
}

/// DynamoDB takes the words for a boolean too.
fn boolean(json: &Json) -> Result<bool, Error> {
    match json {
        Json::Bool(flag) => Ok(*flag),
        Json::String(text) => match text.to_ascii_uppercase().as_str() {
            "TRUE" | "1" | "YES" => Ok(true),
            "FALSE" | "0" | "NO" => Ok(false),
            _ => Err(Error::serialization("Unexpected token received from parser")),
        },
        other => Err(scalar_error(other, "Boolean")),
    }
}

fn bytes(json: &Json) -> Result<Vec<u8>, Error> {
    let text = match json {
        Json::String(text) => text,
        Json::Array(_) => {
            return Err(Error::serialization("Unrecognized collection type class java.nio.ByteBuffer"));
        }
        Json::Object(_) => return Err(structure_error()),
        _ => return Err(Error::serialization("only base-64-encoded strings are convertible to bytes")),
    };
    if text.len() % 4 != 0 {
        let found = text.len();
        return Err(Error::serialization(format!(
            "Base64 encoded length is expected a multiple of 4 bytes but found: {found}"
        )));
    }
    // The spelling is DynamoDB's.
    STANDARD.decode(text).map_err(|_| Error::serialization("Invalid last non-pad Base64 character dectected"))
}

fn list(json: &Json) -> Result<&[Json], Error> {
    match json {
        Json::Array(elements) => Ok(elements),
        Json::Object(_) => Err(structure_error()),
        _ => Err(Error::serialization("Unexpected field type")),
    }
}

fn map(json: &Json) -> Result<&Map<String, Json>, Error> {
    match json {
        Json::Object(entries) => Ok(entries),
        other => Err(not_a_map(other)),
    }
}

fn not_a_map(json: &Json) -> Error {
    Error::serialization(match json {
        Json::Array(_) => {
            "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"
        }
        _ => "Unexpected field type",
    })
}

fn not_a_value(json: &Json) -> Error {
    Error::serialization(match json {
        Json::Array(_) => {
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"
        }
        _ => "Unexpected value type in payload",
    })
}

fn structure_error() -> Error {
    Error::serialization("Start of structure or map found where not expected")
}

/// The words for a JSON value where a Java scalar should stand.
fn scalar_error(json: &Json, class: &str) -> Error {
    let token = match json {
        Json::Bool(true) => "TRUE_VALUE",
        Json::Bool(false) => "FALSE_VALUE",
        Json::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Json::Number(_) => "NUMBER_VALUE",
        Json::Array(_) => {
            return Error::serialization(format!("Unrecognized collection type class java.lang.{class}"));
        }
        Json::Object(_) => return structure_error(),
        Json::String(_) => "STRING_VALUE",
        Json::Null => "NULL_VALUE",
    };
    Error::serialization(format!("{token} cannot be converted to {class}"))
}

/// The first wrong JSON type in a value that was refused for another reason.
fn first_type_error(json: &Json, level: usize) -> Option<Error> {
    if level > NESTING_LEVELS_MAX {
        return None;
    }
    let deeper = |json: &Json| first_type_error(json, level + 1);
    let members = match json {
        Json::Object(members) => members,
        Json::Null => return None,
        _ => return Some(not_a_value(json)),
    };
    members.iter().find_map(|(name, member)| {
        let kind = Kind::of_name(name).filter(|_| !member.is_null())?;
        match (kind, member) {
            (Kind::L, Json::Array(elements)) => elements.iter().find_map(deeper),
            (Kind::M, Json::Object(entries)) => entries.values().find_map(deeper),
            (Kind::Ss | Kind::Ns, Json::Array(elements)) => {
                elements.iter().find_map(|element| string(element).err())
            }
            (Kind::Bs, Json::Array(elements)) => elements.iter().find_map(|element| bytes(element).err()),
            (Kind::S | Kind::N, member) => string(member).err(),
            (Kind::B, member) => bytes(member).err(),
            (Kind::Bool | Kind::Null, member) => boolean(member).err(),
            (Kind::M, member) => map(member).err(),
            (_, member) => list(member).err(),
        }
    })
}

#[cfg(test)]
mod tests;
