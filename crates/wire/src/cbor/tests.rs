use bytes::Bytes;
use proptest::prelude::*;
use shape::{Doc, Schema, Shape, Timestamp};

use super::*;
use crate::aggregate::{DEPTH_MAX, VALUES_MAX};
use crate::json::Error;
use crate::sample::{Sample, Value, samples};

fn read_as(instants: Instants, bytes: &[u8]) -> Result<Sample, Error> {
    decode(Sample::schema(), bytes, instants).map(|doc| Sample::from_doc(doc).unwrap())
}

fn read(bytes: &[u8]) -> Result<Sample, Error> {
    read_as(Instants::Millis, bytes)
}

/// A structure of one member: `{name: value}` with a definite length.
fn one(name: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xa1, 0x60 | u8::try_from(name.len()).unwrap()];
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(value);
    bytes
}

fn message(name: &str, value: &[u8]) -> String {
    read(&one(name, value)).unwrap_err().message
}

/// Bytes from the examples of RFC 8949, appendix A.
#[test]
fn members_of_every_kind() {
    let of = |name: &str, value: &[u8]| read(&one(name, value)).unwrap();
    assert_eq!(of("Text", b"\x64IETF"), Sample { text: Some("IETF".into()), ..Sample::default() });
    assert_eq!(
        of("Text", b"\x7f\x65strea\x64ming\xff"),
        Sample { text: Some("streaming".into()), ..Sample::default() }
    );
    assert_eq!(
        of("Number", b"\x1a\x00\x0f\x42\x40"),
        Sample { number: Some(1_000_000), ..Sample::default() }
    );
    assert_eq!(of("Number", b"\x38\x63"), Sample { number: Some(-100), ..Sample::default() });
    assert_eq!(of("Number", b"\xf9\x3c\x00"), Sample { number: Some(1), ..Sample::default() });
    let long = Sample { long: Some(1_000_000_000_000), ..Sample::default() };
    assert_eq!(of("Long", b"\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), long);
    assert_eq!(of("Double", b"\xf9\x3e\x00"), Sample { double: Some(1.5), ..Sample::default() });
    assert_eq!(
        of("Double", b"\xfa\x47\xc3\x50\x00"),
        Sample { double: Some(100_000.0), ..Sample::default() }
    );
    assert_eq!(
        of("Double", b"\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"),
        Sample { double: Some(1.1), ..Sample::default() }
    );
    assert_eq!(of("Double", b"\x18\x64"), Sample { double: Some(100.0), ..Sample::default() });
    assert_eq!(of("Flag", b"\xf5"), Sample { flag: Some(true), ..Sample::default() });
    let blob = Sample { blob: Some(Bytes::from_static(&[1, 2, 3, 4, 5])), ..Sample::default() };
    assert_eq!(of("Blob", b"\x5f\x42\x01\x02\x43\x03\x04\x05\xff"), blob);
    assert_eq!(
        of("List", b"\x82\x61a\x60"),
        Sample { list: Some(vec!["a".into(), String::new()]), ..Sample::default() }
    );
    assert_eq!(of("List", b"\x9f\xff"), Sample { list: Some(vec![]), ..Sample::default() });
    assert_eq!(
        of("Sparse", b"\x82\x01\xf6"),
        Sample { sparse: Some(vec![Some(1), None]), ..Sample::default() }
    );
    let map = [("b".to_owned(), 1), ("c".to_owned(), 2)].into();
    assert_eq!(of("Map", b"\xbf\x61b\x01\x61c\x02\xff"), Sample { map: Some(map), ..Sample::default() });
    let value = Sample { value: Some(Value::L(vec![Value::N(1.0)])), ..Sample::default() };
    assert_eq!(of("Value", b"\xa1\x61L\x81\xa1\x61N\x01"), value);
}

/// The SDKs for Java write whole milliseconds after tag 1 (SdkCborGenerator.java); Smithy's protocol has seconds.
#[test]
fn instants() {
    let at = |millis: i64| Sample { at: Some(Timestamp::from_millis(millis)), ..Sample::default() };
    let millis = one("At", b"\xc1\x1b\x00\x00\x01\x45\xae\xca\xc7\xc4");
    assert_eq!(read(&millis), Ok(at(1_398_796_896_196)));
    assert_eq!(read(&one("At", b"\x1b\x00\x00\x01\x45\xae\xca\xc7\xc4")), Ok(at(1_398_796_896_196)));
    assert_eq!(read(&one("At", b"\xc1\xf9\x3c\x00")), Ok(at(1)));
    let seconds = |value: &[u8]| read_as(Instants::Seconds, &one("At", value));
    assert_eq!(seconds(b"\xc1\x1a\x51\x4b\x67\xb0"), Ok(at(1_363_896_240_000)));
    assert_eq!(seconds(b"\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00"), Ok(at(1_363_896_240_500)));
    let none = "NUMBER_VALUE can not be converted to milliseconds since epoch";
    assert_eq!(message("At", b"\xc1\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"), none);
    assert_eq!(seconds(b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff").unwrap_err().message, none);
    let written = |instants| encode(Sample::schema(), &at(1_363_896_240_500).into_doc(), instants);
    assert_eq!(written(Instants::Millis), b"\xbf\x62At\xc1\x1b\x00\x00\x01\x3d\x8e\x8d\x09\x74\xff");
    assert_eq!(written(Instants::Seconds), b"\xbf\x62At\xc1\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00\xff");
}

#[test]
fn absent_null_unknown_and_empty() {
    assert_eq!(read(b""), Ok(Sample::default()));
    assert_eq!(read(b"\xbf\xff"), Ok(Sample::default()));
    assert_eq!(read(b"\xa2\x64Text\xf6\x66Number\xf7"), Ok(Sample::default()));
    // What no member is called is passed over, however it is made.
    for unknown in [
        &b"\x9f\x01\x82\x02\x03\xff"[..],
        b"\xa1\x61a\xbf\x61b\x5f\x41a\x40\xff\xff",
        b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xf8\xff",
        b"\xf0",
        b"\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\xd9\xd9\xf7\xc1\x7f\x61x\xff",
        b"\xf9\x7c\x00",
    ] {
        assert_eq!(read(&one("X", unknown)), Ok(Sample::default()), "{unknown:02x?}");
    }
}

#[test]
fn the_last_of_equal_keys_counts() {
    let twice = read(b"\xa3\x64Text\x61a\x63Map\xa2\x61k\x01\x61k\x02\x64Text\x61b").unwrap();
    assert_eq!(
        twice,
        Sample { text: Some("b".into()), map: Some([("k".to_owned(), 2)].into()), ..Sample::default() }
    );
}

/// The texts are those of JSON: see there.
#[test]
fn wrong_kinds_get_the_texts_of_aws() {
    for (name, value, text) in [
        ("Text", &b"\x01"[..], "NUMBER_VALUE can not be converted to a String"),
        ("Text", b"\xf9\x3e\x00", "DECIMAL_VALUE can not be converted to a String"),
        ("Text", b"\xf5", "TRUE_VALUE can not be converted to a String"),
        ("Text", b"\xa0", "Start of structure or map found where not expected."),
        ("Text", b"\x9f\xff", "Start of list found where not expected"),
        ("Text", b"\x41a", "EMBEDDED_OBJECT can not be converted to a String"),
        ("Number", b"\x61\x31", "STRING_VALUE can not be converted to an Integer"),
        ("Number", b"\x1a\x80\x00\x00\x00", "NUMBER_VALUE can not be converted to an Integer"),
        ("Number", b"\xf9\x3e\x00", "DECIMAL_VALUE can not be converted to an Integer"),
        ("Long", b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", "NUMBER_VALUE can not be converted to a Long"),
        ("Long", b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "NUMBER_VALUE can not be converted to a Long"),
        ("Long", b"\xc2\x41\x01", "EMBEDDED_OBJECT can not be converted to a Long"),
        ("Blob", b"\x64aGk=", "STRING_VALUE can not be converted to a Blob"),
        ("At", b"\x61x", "STRING_VALUE can not be converted to milliseconds since epoch"),
        ("At", b"\xf9\x7e\x00", "DECIMAL_VALUE can not be converted to milliseconds since epoch"),
        ("List", b"\x61x", "Expected list or null"),
        ("List", b"\xa0", "Start of structure or map found where not expected."),
        ("Nested", b"\x61x", "Expected null"),
        ("Nested", b"\x80", "Start of list found where not expected"),
        ("List", b"\x81\xf6", "List members must not be null"),
        ("Map", b"\xa1\x61a\xf6", "Map values must not be null"),
        ("Value", b"\xa2\x61S\x61a\x61N\x01", "Unions must have exactly one member set"),
        ("Value", b"\xa0", "Unions must have exactly one member set"),
        ("Value", b"\xa1\x61X\x01", "Unknown union member: X"),
        ("Document", b"\x61x", "STRING_VALUE can not be converted to a String"),
    ] {
        assert_eq!(message(name, value), text, "{name} {value:02x?}");
    }
}

#[test]
fn bytes_that_are_no_cbor() {
    for bytes in [
        &b"\xff"[..],
        b"\xbf",
        b"\xbf\x64Text\xff",
        b"\xa1\x64Text",
        b"\xa2\x64Text\x61a",
        b"\xa0\xa0",
        b"\xa1\x01\x02",
        b"\xa1\x41a\x02",
        b"\xa1\x64Text\xff",
        b"\xa1\x64Text\x63ab",
        b"\xa1\x64Text\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x64Text\x62\xc3\x28",
        b"\xa1\x64Text\x7f\x41a\xff",
        b"\xa1\x64Text\x7f\x7f\x61a\xff\xff",
        b"\xa1\x64Text\x7f\x61a",
        b"\xa1\x64Text\xfc",
        b"\xa1\x64Text\x1c",
        b"\xa1\x64List\x9b\xff\xff\xff\xff\xff\xff\xff\xff\x61a",
        b"\xa1\x64List\x81\xff",
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x64Text\x61a",
        b"\xa1\x61X\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xa1\x61X\xff",
        b"\xc1",
        b"{}",
    ] {
        assert_eq!(read(bytes), Err(Error::syntax()), "{bytes:02x?}");
    }
}

#[test]
fn depth_is_bounded() {
    let deep = |n: usize| one("X", &[vec![0x81; n], vec![0x01]].concat());
    assert_eq!(read(&deep(DEPTH_MAX - 1)), Ok(Sample::default()));
    assert_eq!(read(&deep(1_000_000)), Err(Error::too_deep()));
    let nested = b"\xbf\x66Nested".repeat(100_000);
    assert_eq!(read(&nested), Err(Error::too_deep()));
    // Tags nest as well; they are passed over one after the other.
    let tags = [vec![0xc1; 1_000_000], vec![0xf6]].concat();
    assert_eq!(read(&one("Text", &tags)), Ok(Sample::default()));
}

#[test]
fn the_number_of_values_is_bounded() {
    let list = |count: usize| [&b"\xa1\x61X\x9f"[..], &vec![0x01; count], b"\xff"].concat();
    assert_eq!(read(&list(VALUES_MAX / 2)), Ok(Sample::default()));
    assert_eq!(read(&list(VALUES_MAX)), Err(Error::too_many()));
    let empty = [&b"\xa1\x64List\x9f"[..], &vec![0x60; VALUES_MAX], b"\xff"].concat();
    assert_eq!(read(&empty), Err(Error::too_many()));
}

/// As kinesalite recorded it from AWS: `bf66 __type 7819 UnknownOperationException ff`.
#[test]
fn json_values_become_cbor() {
    let error = serde_json::json!({"__type": "UnknownOperationException"});
    assert_eq!(encode_value(&error), b"\xbf\x66__type\x78\x19UnknownOperationException\xff");
    let every = serde_json::json!([null, true, -1, 1.5, "a", {"b": []}, u64::MAX]);
    assert_eq!(
        encode_value(&every),
        b"\x9f\xf6\xf5\x20\xfb\x3f\xf8\0\0\0\0\0\0\x61a\xbf\x61b\x9f\xff\xff\xfb\x43\xf0\0\0\0\0\0\0\xff"
    );
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(sample in samples()) {
        for instants in [Instants::Millis, Instants::Seconds] {
            let bytes = encode(Sample::schema(), &sample.clone().into_doc(), instants);
            prop_assert_eq!(read_as(instants, &bytes), Ok(sample.clone()));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), sample in samples(), at in any::<usize>(), byte in any::<u8>()) {
        for schema in [Sample::schema(), Schema::Blob, Value::schema()] {
            let _: Result<Doc, Error> = decode(schema, &bytes, Instants::Millis);
        }
        // A document with one byte changed, or cut off, is another document or none.
        let mut changed = encode(Sample::schema(), &sample.into_doc(), Instants::Millis);
        let at = at % changed.len();
        changed[at] = byte;
        let _: Result<Doc, Error> = decode(Sample::schema(), &changed, Instants::Seconds);
        prop_assert!(decode(Sample::schema(), &changed[..at], Instants::Millis).is_err() || at == 0);
    }
}
