//! Reading a payload: a visitor that borrows from the bytes, because bodies may be megabytes long.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Malformed;

/// The fields of a response, of all kinds together.
#[derive(Debug, Default)]
pub(super) struct Payload<'a> {
    pub(super) status_code: Option<Scalar<'a>>,
    pub(super) headers: Vec<(Cow<'a, str>, Scalar<'a>)>,
    pub(super) multi_value_headers: Vec<(Cow<'a, str>, Vec<Scalar<'a>>)>,
    pub(super) cookies: Vec<Cow<'a, str>>,
    pub(super) body: Option<Cow<'a, str>>,
    pub(super) is_base64_encoded: bool,
    /// The first field that is none of REST's.
    pub(super) unknown: Option<Cow<'a, str>>,
}

/// A value where AWS takes a text, a number or a truth value for a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Bool(bool),
    Null,
}

/// A text, borrowed when it has no escapes.
#[derive(Debug)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'a> Payload<'a> {
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(payload).map_err(super::form)
    }
}

impl<'a> Scalar<'a> {
    /// The value as the text of a header; `null` is none.
    pub(super) fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) => Some(Cow::Owned(number.to_string())),
            Scalar::Bool(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
            Scalar::Null => None,
        }
    }
}

impl<'de> Deserialize<'de> for Payload<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with statusCode, headers and body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload::default();
        while let Some(Text(name)) = map.next_key()? {
            match name.as_ref() {
                "statusCode" => {
                    payload.status_code = Some(map.next_value()?).filter(|value| *value != Scalar::Null)
                }
                "headers" => {
                    let headers: Option<Pairs<Scalar<'de>>> = map.next_value()?;
                    payload.headers = headers.map(|pairs| pairs.0).unwrap_or_default();
                }
                "multiValueHeaders" => {
                    let headers: Option<Pairs<Option<Vec<Scalar<'de>>>>> = map.next_value()?;
                    let pairs = headers.map(|pairs| pairs.0).unwrap_or_default();
                    payload.multi_value_headers =
                        pairs.into_iter().map(|(name, values)| (name, values.unwrap_or_default())).collect();
                }
                "body" => payload.body = map.next_value::<Option<Text<'de>>>()?.map(|text| text.0),
                "isBase64Encoded" => {
                    payload.is_base64_encoded = map.next_value::<Option<bool>>()?.unwrap_or(false)
                }
                "cookies" => {
                    let cookies: Option<Vec<Text<'de>>> = map.next_value()?;
                    payload.cookies = cookies.unwrap_or_default().into_iter().map(|text| text.0).collect();
                    payload.unknown.get_or_insert(name);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    payload.unknown.get_or_insert(name);
                }
            }
        }
        Ok(payload)
    }
}

/// A JSON object as pairs in order.
struct Pairs<'a, T = Scalar<'a>>(Vec<(Cow<'a, str>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
            type Value = Pairs<'de, T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of header names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(0).min(64));
                while let Some((Text(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor(std::marker::PhantomData))
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string, number or boolean")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(Scalar::Bool(flag))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Scalar::Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Scalar::Number(number))
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Scalar::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(A::Error::custom("a list where a string was expected"))
            }
        }

        deserializer.deserialize_any(ScalarVisitor)
    }
}
