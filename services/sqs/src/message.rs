//! What a message is: attributes, their digests, contents, receipt handles. Pure.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cloud::prelude::*;
use serde::{Deserialize, Serialize};
use wire::digest::{Algorithm, Hasher};

use crate::error::Error;
use crate::limits::{ATTRIBUTE_NAME_BYTES_MAX, FIFO_ID_CHARS_MAX, MESSAGE_ATTRIBUTES_MAX};

/// A message attribute on the wire.
#[derive(Clone, Debug, Default, Shape)]
pub(crate) struct MessageAttribute {
    string_value: Option<String>,
    binary_value: Option<Bytes>,
    #[shape(flat, query_name = "StringListValue")]
    string_list_values: Option<Vec<String>>,
    #[shape(flat, query_name = "BinaryListValue")]
    binary_list_values: Option<Vec<Bytes>>,
    #[shape(default)]
    data_type: String,
}

/// A message attribute in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredAttribute {
    pub(crate) data_type: String,
    pub(crate) text: Option<String>,
    /// Base64.
    pub(crate) binary: Option<String>,
}

impl StoredAttribute {
    fn bytes(&self) -> Vec<u8> {
        match &self.binary {
            // Written by us from bytes, so it always decodes.
            Some(text) => STANDARD.decode(text).unwrap_or_default(),
            None => self.text.clone().unwrap_or_default().into_bytes(),
        }
    }

    /// As it travels.
    pub(crate) fn shown(&self) -> MessageAttribute {
        MessageAttribute {
            string_value: self.text.clone(),
            binary_value: self.binary.as_ref().map(|_| Bytes::from(self.bytes())),
            data_type: self.data_type.clone(),
            ..MessageAttribute::default()
        }
    }
}

/// Attributes by name.
pub(crate) type Attributes = BTreeMap<String, StoredAttribute>;

/// Reads message attributes. Texts as recorded from SQS (replay: test_send_message_with_invalid_string_attributes).
pub(crate) fn read_attributes(given: BTreeMap<String, MessageAttribute>) -> Result<Attributes, Error> {
    if given.len() > MESSAGE_ATTRIBUTES_MAX {
        return Err(Error::Invalid(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MESSAGE_ATTRIBUTES_MAX}].",
            given.len()
        )));
    }
    let mut read = Attributes::new();
    for (name, attribute) in given {
        check_name(&name)?;
        let stored = read_attribute(&name, attribute, "user")?;
        read.insert(name, stored);
    }
    Ok(read)
}

/// Reads message system attributes: there is one that can be sent.
pub(crate) fn read_system_attributes(given: BTreeMap<String, MessageAttribute>) -> Result<Attributes, Error> {
    let mut read = Attributes::new();
    for (name, attribute) in given {
        if name != "AWSTraceHeader" {
            return Err(Error::Invalid(format!("Message system attribute name '{name}' is invalid.")));
        }
        let stored = read_attribute(&name, attribute, "system")?;
        if stored.text.is_none() {
            return Err(Error::Invalid(format!(
                "The message system attribute '{name}' must be of type 'String'."
            )));
        }
        read.insert(name, stored);
    }
    Ok(read)
}

fn check_name(name: &str) -> Result<(), Error> {
    let invalid = |text: &str| Err(Error::Invalid(text.to_owned()));
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("aws.")
        || lower.starts_with("amazon.")
        || name.starts_with('.')
        || name.ends_with('.')
    {
        return invalid(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.",
        );
    }
    // Letters of every alphabet are letters (recorded: test_send_message_with_invalid_string_attributes).
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        return invalid(
            "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ",
        );
    }
    if name.len() >= ATTRIBUTE_NAME_BYTES_MAX {
        return invalid("Message (user) attribute names must be shorter than 256 Bytes");
    }
    Ok(())
}

fn read_attribute(name: &str, attribute: MessageAttribute, owner: &str) -> Result<StoredAttribute, Error> {
    let MessageAttribute { string_value, binary_value, string_list_values, binary_list_values, data_type } =
        attribute;
    if string_list_values.is_some() || binary_list_values.is_some() {
        let text = "Message attribute list values in SendMessage operation are not supported.";
        return Err(Error::Unsupported(text.to_owned()));
    }
    if data_type.is_empty() {
        return Err(Error::Invalid(format!(
            "The message attribute '{name}' must contain non-empty message attribute type."
        )));
    }
    if data_type.len() >= ATTRIBUTE_NAME_BYTES_MAX {
        return Err(Error::Invalid(format!(
            "Message ({owner}) attribute types must be shorter than 256 Bytes"
        )));
    }
    let kind = data_type.split('.').next().unwrap_or_default();
    let empty = || {
        Err(Error::Invalid(format!(
            "Message ({owner}) attribute '{name}' must contain a non-empty value of type '{kind}'."
        )))
    };
    match kind {
        "String" | "Number" => {
            let Some(text) = string_value.filter(|text| !text.is_empty()) else {
                return if kind == "String" {
                    empty()
                } else {
                    Err(Error::Invalid(format!(
                        "Can't cast the value of message ({owner}) attribute '{name}' to a number."
                    )))
                };
            };
            if let Some(wrong) = first_bad_character(&text) {
                return Err(Error::Invalid(wrong));
            }
            if kind == "Number" && !is_number(&text) {
                return Err(Error::Invalid(format!(
                    "Can't cast the value of message ({owner}) attribute '{name}' to a number."
                )));
            }
            Ok(StoredAttribute { data_type, text: Some(text), binary: None })
        }
        "Binary" => match binary_value.filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => {
                Ok(StoredAttribute { data_type, text: None, binary: Some(STANDARD.encode(bytes)) })
            }
            None => empty(),
        },
        _ => Err(Error::Invalid(format!(
            "Type for parameter MessageAttributes.{name}.DataType must be prefixedwith \"String\", \"Binary\", or \"Number\", but was: {data_type}"
        ))),
    }
}

/// Up to 38 digits with an exponent, as the developer guide says of the type `Number`.
fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
        && text.parse::<f64>().is_ok()
}

/// AWS's text about the first character that no message may hold.
pub(crate) fn first_bad_character(text: &str) -> Option<String> {
    let good = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    (!text.chars().all(good)).then(|| {
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF".to_owned()
    })
}

/// Refuses a group or deduplication id that is not one (recorded: test_message_deduplication_id_invalid).
pub(crate) fn check_fifo_id(parameter: &str, value: &str) -> Result<(), Error> {
    let fits = (1..=FIFO_ID_CHARS_MAX).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(());
    }
    let reason =
        format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(Error::value(value, parameter, &reason))
}

/// Bytes that attributes add to a message: names, types and values.
pub(crate) fn size_bytes(attributes: &Attributes) -> i64 {
    let each = |(name, attribute): (&String, &StoredAttribute)| {
        name.len() + attribute.data_type.len() + attribute.bytes().len()
    };
    let all: usize = attributes.iter().map(each).sum();
    i64::try_from(all).unwrap_or(i64::MAX)
}

/// The digest of attributes that clients check ("Calculating the MD5 message digest for message attributes" in the
/// developer guide); `None` for none.
pub(crate) fn attributes_md5<'a>(
    attributes: impl IntoIterator<Item = (&'a String, &'a StoredAttribute)>,
) -> Option<String> {
    let mut hasher = Hasher::new(Algorithm::Md5);
    let mut any = false;
    let add = |hasher: &mut Hasher, bytes: &[u8]| {
        hasher.update(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(bytes);
    };
    for (name, attribute) in attributes {
        any = true;
        add(&mut hasher, name.as_bytes());
        add(&mut hasher, attribute.data_type.as_bytes());
        hasher.update(&[if attribute.binary.is_some() { 2 } else { 1 }]);
        add(&mut hasher, &attribute.bytes());
    }
    any.then(|| hasher.finish().hex())
}

/// Whether a receiver that asks for `wanted` gets the attribute `name`.
pub(crate) fn is_wanted(name: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|pattern| match pattern.as_str() {
        "All" | ".*" | "*" => true,
        pattern => pattern.strip_suffix(".*").map_or(pattern == name, |prefix| name.starts_with(prefix)),
    })
}

/// What a receipt handle says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    /// The queue's id.
    pub(crate) queue_id: String,
    /// The message's id.
    pub(crate) message_id: String,
    /// Which receive of the message it is from.
    pub(crate) receipt: String,
}

impl Handle {
    /// As a client sees it.
    pub(crate) fn to_text(&self) -> String {
        STANDARD.encode(format!("{} {} {}", self.queue_id, self.message_id, self.receipt))
    }

    /// Reads what a client sends.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::Missing("ReceiptHandle"));
        }
        let wrong = || Error::ReceiptHandleIsInvalid(text.to_owned());
        let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
        let inner = String::from_utf8(bytes).map_err(|_| wrong())?;
        let mut parts = inner.split(' ').map(str::to_owned);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(queue_id), Some(message_id), Some(receipt), None) => {
                Ok(Self { queue_id, message_id, receipt })
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> MessageAttribute {
        MessageAttribute {
            string_value: Some(value.into()),
            data_type: "String".into(),
            ..MessageAttribute::default()
        }
    }

    fn read(name: &str, attribute: MessageAttribute) -> Result<Attributes, String> {
        read_attributes(BTreeMap::from([(name.to_owned(), attribute)]))
            .map_err(|error| cloud::ApiError::into_failure(error).message().to_owned())
    }

    /// Digests recorded from SQS (replay: test_receive_message_message_attribute_names_filters).
    #[test]
    fn digests() {
        let all = [("Help.Me", "Me"), ("Hello", "There"), ("General", "Kenobi")];
        let given = all.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
        let attributes = read_attributes(given).unwrap();
        assert_eq!(attributes_md5(&attributes).unwrap(), "4c360f3fdafd970e05fae2f149d997f5");
        let some = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
            attributes_md5(attributes.iter().filter(|(name, _)| is_wanted(name, &wanted)))
        };
        assert_eq!(some(&["Hel.*"]).unwrap(), "83fee93c1bcd8b9a5a923ffacdc636c7");
        assert_eq!(some(&["Hello"]).unwrap(), "a311262e065454b75da111d535b8dacd");
        assert_eq!(some(&[".*"]), attributes_md5(&attributes));
        assert_eq!(some(&["*"]), attributes_md5(&attributes));
        assert_eq!(some(&["Other"]), None);
        let foreign = read("attr.1øßä", text("Valida")).unwrap();
        assert_eq!(attributes_md5(&foreign).unwrap(), "e191658c20136060d5770e3c678ea594");
    }

    #[test]
    fn wrong_attributes_get_recorded_texts() {
        let reserved = "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.";
        for name in ["aWs.x", "AMAZON.x", ".x", "x."] {
            assert_eq!(read(name, text("v")), Err(reserved.to_owned()), "{name}");
        }
        for name in ["a!", "a\"", "§", "", "a(b"] {
            assert!(
                read(name, text("v")).unwrap_err().starts_with("Message (user) attributes name can only"),
                "{name}"
            );
        }
        assert_eq!(
            read(&"n".repeat(256), text("v")),
            Err("Message (user) attribute names must be shorter than 256 Bytes".into())
        );
        assert_eq!(
            read("a", text("")),
            Err("Message (user) attribute 'a' must contain a non-empty value of type 'String'.".into())
        );
        assert!(read("a", text("\u{b}")).unwrap_err().starts_with("Invalid characters found."));
        let kind = |data_type: &str| MessageAttribute { data_type: data_type.into(), ..text("1") };
        assert_eq!(
            read("a", kind("Invalid")),
            Err("Type for parameter MessageAttributes.a.DataType must be prefixedwith \"String\", \"Binary\", or \"Number\", but was: Invalid".into())
        );
        assert_eq!(
            read("a", kind(&format!("Number.{}", "L".repeat(256)))),
            Err("Message (user) attribute types must be shorter than 256 Bytes".into())
        );
        assert!(read("a", kind("Number.int")).is_ok());
        let word = MessageAttribute { data_type: "Number".into(), ..text("x") };
        assert_eq!(
            read("a", word),
            Err("Can't cast the value of message (user) attribute 'a' to a number.".into())
        );
        let many = (0..11).map(|n| (n.to_string(), text("v"))).collect();
        assert!(read_attributes(many).is_err());
    }

    #[test]
    fn handles_read_back_and_strangers_do_not() {
        let handle = Handle { queue_id: "q".into(), message_id: "m".into(), receipt: "r".into() };
        assert_eq!(Handle::parse(&handle.to_text()).unwrap(), handle);
        for text in ["garbage", "YQ==", "YSBiIGMgZA==", ""] {
            assert!(Handle::parse(text).is_err(), "{text}");
        }
    }
}
