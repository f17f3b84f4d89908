//! CBOR, driven by a schema: bodies of `application/x-amz-cbor-1.1`, which the SDKs for Java speak to Kinesis in the
//! place of JSON, and those of Smithy's rpc-v2-cbor.
//!
//! Values mean what they mean in [`crate::json`], and errors have its texts; but blobs are byte strings and instants
//! are numbers behind tag 1. The bytes come from strangers: nesting and values are counted as in JSON, no length is
//! believed before the bytes are there, of members that come twice the last one counts, and tags are passed over.

mod read;
mod write;

pub(crate) use read::decode;
pub(crate) use write::{encode, encode_value};

/// What the number of an instant counts from 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instants {
    /// Whole milliseconds: `application/x-amz-cbor-1.1`, as both SDKs for Java write and read them.
    Millis,
    /// Seconds, with milliseconds as a fraction: rpc-v2-cbor.
    /// <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html#timestamp-type-serialization>
    Seconds,
}

#[cfg(test)]
mod tests;
