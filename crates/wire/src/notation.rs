//! In what a protocol writes documents.

use serde_json::Value;
use shape::{Doc, Schema};

use crate::cbor::{self, Instants};
use crate::json;
use crate::table::Protocol;

/// In what a protocol writes documents: the bodies of answers, and the payloads of the events in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// JSON.
    #[default]
    Json,
    /// CBOR in the place of awsJson's JSON.
    AmzCbor,
    /// CBOR of rpc-v2-cbor.
    Cbor,
}

impl Notation {
    /// That of a protocol. Those of XML have JSON where they have documents at all.
    pub fn of(protocol: &Protocol) -> Self {
        match protocol {
            Protocol::Cbor { .. } => Self::AmzCbor,
            Protocol::RpcCbor { .. } => Self::Cbor,
            Protocol::Json { .. }
            | Protocol::Query { .. }
            | Protocol::RestJson
            | Protocol::RestXml { .. } => Self::Json,
        }
    }

    /// The media type of a document, such as an event's payload.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::AmzCbor => "application/x-amz-cbor-1.1",
            Self::Cbor => "application/cbor",
        }
    }

    /// Reads a document. No bytes are an empty structure.
    ///
    /// # Errors
    /// When it is not of this notation, or a value has another kind than the schema says.
    pub fn decode(self, schema: Schema, bytes: &[u8]) -> Result<Doc, json::Error> {
        match self {
            Self::Json => json::decode(schema, bytes),
            Self::AmzCbor => cbor::decode(schema, bytes, Instants::Millis),
            Self::Cbor => cbor::decode(schema, bytes, Instants::Seconds),
        }
    }

    /// `doc` in this notation. Members that are absent are left out.
    pub fn encode(self, schema: Schema, doc: &Doc) -> Vec<u8> {
        match self {
            Self::Json => {
                let mut text = Vec::with_capacity(256);
                json::encode(schema, doc, &mut text);
                text
            }
            Self::AmzCbor => cbor::encode(schema, doc, Instants::Millis),
            Self::Cbor => cbor::encode(schema, doc, Instants::Seconds),
        }
    }

    /// A JSON value in this notation.
    pub fn encode_value(self, value: &Value) -> Vec<u8> {
        match self {
            Self::Json => value.to_string().into_bytes(),
            Self::AmzCbor | Self::Cbor => cbor::encode_value(value),
        }
    }
}
