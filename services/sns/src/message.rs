//! What a message is: attributes, subject, structure, sizes. Pure.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::limits::{ATTRIBUTE_NAME_BYTES_MAX, FIFO_ID_CHARS_MAX, SUBJECT_CHARS_MAX};

/// A message attribute on the wire.
#[derive(Clone, Debug, Default, Shape)]
pub(crate) struct MessageAttribute {
    #[shape(default)]
    pub(crate) data_type: String,
    pub(crate) string_value: Option<String>,
    pub(crate) binary_value: Option<Bytes>,
}

/// A message attribute that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attribute {
    pub(crate) data_type: String,
    pub(crate) text: Option<String>,
    /// Base64.
    pub(crate) binary: Option<String>,
}

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, Attribute>;

/// The text of a message, for each protocol its own if it says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    One(String),
    Each { default: String, others: BTreeMap<String, String> },
}

impl Content {
    /// Reads `Message` with its `MessageStructure`.
    pub(crate) fn read(message: String, structure: Option<&str>) -> Result<Self, Error> {
        if message.is_empty() {
            return Err(Error::invalid("Empty message"));
        }
        match structure.filter(|structure| !structure.is_empty()) {
            None => Ok(Self::One(message)),
            Some("json") => Self::each(&message),
            Some(_) => Err(Error::invalid("MessageStructure")),
        }
    }

    fn each(message: &str) -> Result<Self, Error> {
        let wrong = |text: &str| Error::invalid(format!("Message Structure - {text}"));
        let parsed: Map<String, Value> =
            serde_json::from_str(message).map_err(|_| wrong("JSON message body failed to parse"))?;
        let mut others: BTreeMap<String, String> = BTreeMap::new();
        for (protocol, text) in parsed {
            // Keys that are no protocols, and values that are no texts, are left out (API reference of Publish).
            if let Value::String(text) = text {
                others.insert(protocol, text);
            }
        }
        let default = others.remove("default");
        let default = default.ok_or_else(|| wrong("No default entry in JSON message body"))?;
        Ok(Self::Each { default, others })
    }

    /// What subscribers of a protocol get.
    pub(crate) fn of(&self, protocol: &str) -> &str {
        match self {
            Self::One(text) => text,
            Self::Each { default, others } => others.get(protocol).unwrap_or(default),
        }
    }
}

/// Refuses subjects that no mail could have (API reference of Publish).
pub(crate) fn check_subject(subject: Option<&String>) -> Result<(), Error> {
    let Some(subject) = subject else { return Ok(()) };
    let begins = subject
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_punctuation());
    let plain = subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if begins && plain && subject.len() <= SUBJECT_CHARS_MAX {
        Ok(())
    } else {
        Err(Error::invalid("Subject"))
    }
}

/// Refuses ids of groups and duplicates that SNS does not allow.
pub(crate) fn check_fifo_id(parameter: &str, id: &str) -> Result<(), Error> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte.is_ascii_punctuation();
    if (1..=FIFO_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(good) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "{parameter} Reason: can only include alphanumeric and punctuation characters and be 1 to 128 in length"
    )))
}

/// Reads message attributes.
pub(crate) fn read_attributes(given: BTreeMap<String, MessageAttribute>) -> Result<Attributes, Error> {
    let mut read = Attributes::new();
    for (name, attribute) in given {
        check_name(&name)?;
        let attribute = read_attribute(&name, attribute)?;
        read.insert(name, attribute);
    }
    Ok(read)
}

fn check_name(name: &str) -> Result<(), Error> {
    let value = |text: String| Err(Error::Value(text));
    if name.is_empty() || name.len() > ATTRIBUTE_NAME_BYTES_MAX {
        return value("Length of message attribute name must be between 1 and 256 bytes.".to_owned());
    }
    if name.starts_with('.') {
        return value("Invalid message attribute name starting with character '.' was found.".to_owned());
    }
    if name.ends_with('.') {
        return value("Invalid message attribute name ending with character '.' was found.".to_owned());
    }
    if name.contains("..") {
        return value("Message attribute name can not have successive '.' character.".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match name.chars().find(|c| !plain(*c)) {
        Some(bad) => value(format!(
            "Invalid non-alphanumeric character '#x{:X}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
            u32::from(bad)
        )),
        None => Ok(()),
    }
}

fn read_attribute(name: &str, attribute: MessageAttribute) -> Result<Attribute, Error> {
    let MessageAttribute { data_type, string_value, binary_value } = attribute;
    let value = |text: String| Err(Error::Value(text));
    if data_type.is_empty() {
        return value(format!(
            "The message attribute '{name}' must contain non-empty message attribute type."
        ));
    }
    let kind = data_type.split('.').next().unwrap_or_default();
    let field = match kind {
        "Binary" => "Binary",
        "String" | "Number" => "String",
        _ => {
            return value(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            ));
        }
    };
    let (text, binary) = if field == "Binary" { (None, binary_value) } else { (string_value, None) };
    if text.is_none() && binary.is_none() {
        return value(format!(
            "The message attribute '{name}' with type '{data_type}' must use field '{field}'."
        ));
    }
    if text.as_deref() == Some("") || binary.as_ref().is_some_and(Bytes::is_empty) {
        return value(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{data_type}'."
        ));
    }
    let given = text.as_deref().unwrap_or_default();
    if kind == "Number" && given.parse::<f64>().is_err() {
        return value(format!("Could not cast message attribute '{name}' value to number."));
    }
    if data_type == "String.Array" && !is_list(given) {
        return value(format!(
            "The message attribute '{name}' with type 'String.Array' must contain a JSON array of strings, numbers, true, false, or null."
        ));
    }
    Ok(Attribute { data_type, text, binary: binary.map(|bytes| STANDARD.encode(bytes)) })
}

fn is_list(text: &str) -> bool {
    let list: Option<Vec<Value>> = serde_json::from_str(text).ok();
    list.is_some_and(|list| !list.iter().any(|value| value.is_object() || value.is_array()))
}

/// Bytes of attributes that count against the limit of a message.
pub(crate) fn size_bytes(attributes: &Attributes) -> usize {
    attributes
        .iter()
        .map(|(name, attribute)| {
            let binary = attribute.binary.as_ref().map_or(0, |text| text.len() / 4 * 3);
            name.len() + attribute.data_type.len() + attribute.text.as_ref().map_or(0, String::len) + binary
        })
        .sum()
}

/// Attributes as a queue takes them.
pub(crate) fn for_queue(attributes: &Attributes) -> Map<String, Value> {
    let shown = attributes.iter().map(|(name, attribute)| {
        let value = match &attribute.binary {
            Some(binary) => json!({"DataType": attribute.data_type, "BinaryValue": binary}),
            // SQS has no type of its own for lists, but takes every one that begins with `String`.
            None => json!({"DataType": attribute.data_type, "StringValue": attribute.text}),
        };
        (name.clone(), value)
    });
    shown.collect()
}

/// Attributes as they stand in a notification.
pub(crate) fn shown(attributes: &Attributes) -> Map<String, Value> {
    let shown = attributes.iter().map(|(name, attribute)| {
        let value = attribute.binary.as_ref().or(attribute.text.as_ref());
        (name.clone(), json!({"Type": attribute.data_type, "Value": value}))
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures() {
        let read = |message: &str, structure| Content::read(message.to_owned(), structure);
        let each = read(r#"{"default": "a", "sqs": "b", "x": {"no": 1}}"#, Some("json")).unwrap();
        assert_eq!((each.of("sqs"), each.of("lambda"), each.of("x")), ("b", "a", "a"));
        for (message, structure, expected) in [
            ("", None, "Empty message"),
            ("x", Some("json"), "Message Structure - JSON message body failed to parse"),
            ("{}", Some("json"), "Message Structure - No default entry in JSON message body"),
            ("x", Some("xml"), "MessageStructure"),
        ] {
            assert!(matches!(read(message, structure), Err(Error::Invalid(text)) if text == expected));
        }
    }

    #[test]
    fn subjects() {
        let good = |text: &str| check_subject(Some(&text.to_owned())).is_ok();
        assert!(good("Hello world!") && good("[x]") && good(&"a".repeat(100)));
        assert!(!good("") && !good(" x") && !good("a\nb") && !good("é") && !good(&"a".repeat(101)));
    }

    #[test]
    fn attributes_have_types_and_values() {
        let read = |name: &str, kind: &str, text: Option<&str>| {
            let attribute = MessageAttribute {
                data_type: kind.to_owned(),
                string_value: text.map(str::to_owned),
                binary_value: None,
            };
            read_attributes([(name.to_owned(), attribute)].into())
        };
        assert!(read("a.b", "String.Array", Some("[\"x\", 1]")).is_ok());
        assert!(read("a", "Number.int", Some("1e3")).is_ok());
        for (name, kind, text) in [
            (".a", "String", Some("x")),
            ("a..b", "String", Some("x")),
            ("a b", "String", Some("x")),
            ("a", "", Some("x")),
            ("a", "Text", Some("x")),
            ("a", "String", None),
            ("a", "String", Some("")),
            ("a", "Binary", Some("x")),
            ("a", "Number", Some("x")),
            ("a", "String.Array", Some("{}")),
        ] {
            assert!(matches!(read(name, kind, text), Err(Error::Value(_))), "{name} {kind}");
        }
    }
}
