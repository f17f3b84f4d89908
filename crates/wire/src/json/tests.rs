use proptest::prelude::*;
use shape::{Doc, Shape};

use super::*;
use crate::aggregate::{DEPTH_MAX, VALUES_MAX};
use crate::sample::{Mode, Sample, Value, samples};

fn read(text: &str) -> Result<Sample, Error> {
    decode(Sample::schema(), text.as_bytes()).map(|doc| Sample::from_doc(doc).unwrap())
}

fn rewrite(text: &str) -> String {
    let doc = decode(Sample::schema(), text.as_bytes()).unwrap();
    let mut out = Vec::new();
    encode(Sample::schema(), &doc, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn members_of_every_kind() {
    let text = r#"{"Text":"a\"b\\c\n\u0001é😀","Number":-5,"Long":9007199254740993,"Float":1.1,"Double":1e300,"Flag":true,"Blob":"aGk=","At":1398796238.5,"Iso":"2014-04-29T18:30:38Z","List":["a",""],"Sparse":[1,null],"Map":{"b":1,"a":2},"Value":{"L":[{"S":"x"},{"N":1}]},"Mode":"pass-through","Nested":{"Text":"n","Nested":{"Text":"m"}},"Document":{"k":[1,null,"x"]},"MD5OfBody":"x"}"#;
    assert_eq!(rewrite(text), text);
    let sample = read(text).unwrap();
    assert_eq!(sample.mode, Some(Mode::PassThrough));
    assert_eq!(sample.value, Some(Value::L(vec![Value::S("x".into()), Value::N(1.0)])));
    assert_eq!(sample.at.unwrap().millis(), 1_398_796_238_500);
}

#[test]
fn absent_null_unknown_and_empty() {
    let empty = read("{}").unwrap();
    assert_eq!(read("").unwrap(), empty);
    assert_eq!(
        read(" \n{ \"Text\" : null , \"New\" : [ { \"a\" : -1.5e-3 } , true , false , null , \"x\" ] } ")
            .unwrap(),
        empty
    );
    assert_eq!(rewrite("{}"), "{}");
}

#[test]
fn escapes_and_surrogates() {
    let text = |json: &str| read(&format!("{{\"Text\":\"{json}\"}}")).unwrap().text.unwrap();
    assert_eq!(text(r"\ud83d\ude00\/\b\f\t"), "😀/\u{8}\u{c}\t");
    assert_eq!(text(r"\ud83dx"), "\u{fffd}x");
    assert_eq!(text(r"\ud83d\u0041"), "\u{fffd}A");
    assert_eq!(text(r"\ude00"), "\u{fffd}");
    assert_eq!(rewrite(r#"{"Text":"\u0000\u001f\u007f"}"#), "{\"Text\":\"\\u0000\\u001f\u{7f}\"}");
}

#[test]
fn numbers_are_exact() {
    assert_eq!(read(r#"{"Number":1.0,"Long":1e3}"#).unwrap().number, Some(1));
    assert!(read(r#"{"Double":"NaN"}"#).unwrap().double.unwrap().is_nan());
    assert_eq!(rewrite(r#"{"Float":"-Infinity","Double":"NaN"}"#), r#"{"Float":"-Infinity","Double":"NaN"}"#);
    assert_eq!(rewrite(r#"{"Double":0.1,"Float":16777216}"#), r#"{"Float":16777216,"Double":0.1}"#);
}

#[test]
fn the_last_of_equal_keys_counts() {
    assert_eq!(
        rewrite(r#"{"Text":"a","Map":{"k":1,"j":2,"k":3},"Text":"b"}"#),
        r#"{"Text":"b","Map":{"k":3,"j":2}}"#
    );
}

/// Texts as seen from live services: Kinesis and Athena (`NUMBER_VALUE can not be converted to a String`,
/// `Start of structure or map found where not expected.`), X-Ray (`STRING_VALUE can not be converted to
/// milliseconds since epoch`), SES (`Expected null`).
#[test]
fn wrong_kinds_get_the_texts_of_aws() {
    for (json, message) in [
        (r#"{"Text":1}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"Text":1.5}"#, "DECIMAL_VALUE can not be converted to a String"),
        (r#"{"Text":true}"#, "TRUE_VALUE can not be converted to a String"),
        (r#"{"Text":{}}"#, "Start of structure or map found where not expected."),
        (r#"{"Text":[]}"#, "Start of list found where not expected"),
        (r#"{"Number":"1"}"#, "STRING_VALUE can not be converted to an Integer"),
        (r#"{"Number":2147483648}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (r#"{"Number":1.5}"#, "DECIMAL_VALUE can not be converted to an Integer"),
        (r#"{"Long":9223372036854775808}"#, "NUMBER_VALUE can not be converted to a Long"),
        (r#"{"Flag":"true"}"#, "STRING_VALUE can not be converted to a Boolean"),
        (r#"{"Blob":"a"}"#, "STRING_VALUE can not be converted to a Blob"),
        (r#"{"At":"2014-04-29T18:30:38Z"}"#, "STRING_VALUE can not be converted to milliseconds since epoch"),
        (r#"{"List":"x"}"#, "Expected list or null"),
        (r#"{"Nested":"x"}"#, "Expected null"),
        (r#"{"List":[null]}"#, "List members must not be null"),
        (r#"{"Map":{"a":null}}"#, "Map values must not be null"),
        (r#"{"Value":{"S":"a","N":1}}"#, "Unions must have exactly one member set"),
        (r#"{"Value":{}}"#, "Unions must have exactly one member set"),
        (r#"{"Value":{"X":1}}"#, "Unknown union member: X"),
        ("[]", "Start of list found where not expected"),
    ] {
        assert_eq!(read(json).unwrap_err().message, message, "{json}");
    }
}

#[test]
fn text_that_is_no_json() {
    for json in [
        "{",
        "}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"List\":[\"a\"",
        "{\"List\":[\"a\",]}",
        "{} x",
        "nul",
        "{\"Number\":01}",
        "{\"Number\":-}",
        "{\"Number\":1.}",
        "{\"Number\":1e}",
        "{\"Number\":+1}",
        "{\"Text\":\"\n\"}",
        "{\"Text\":\"\\x\"}",
        "{\"Text\":\"\\u12\"}",
        "{\"Text\":\"a",
        "{\"x\":tru}",
        "{\"Document\":[}",
        "\u{feff}{}",
    ] {
        assert_eq!(read(json).unwrap_err(), Error::syntax(), "{json}");
    }
    assert!(decode(Sample::schema(), b"{\"Text\":\"\xff\"}").is_err());
}

#[test]
fn depth_is_bounded() {
    let deep =
        |n: usize, open: &str, close: &str| format!("{{\"x\":{}1{}}}", open.repeat(n), close.repeat(n));
    assert!(read(&deep(DEPTH_MAX - 1, "[", "]")).is_ok());
    assert_eq!(read(&deep(100_000, "[", "]")).unwrap_err().message, "The document is nested too deeply.");
    let nested = format!("{}{}", "{\"Text\":\"n\",\"Nested\":".repeat(1000), "null");
    assert!(decode(Sample::schema(), nested.as_bytes()).is_err());
}

/// Three megabytes of `{},{},…` took a gigabyte of memory.
#[test]
fn the_number_of_values_is_bounded() {
    let text = |count: usize| format!("{{\"x\":[{}0]}}", "0,".repeat(count));
    assert!(read(&text(VALUES_MAX / 2)).is_ok());
    assert_eq!(read(&text(VALUES_MAX)).unwrap_err().message, "The document has too many values.");
    let nested = format!("{{\"List\":[{}\"\"]}}", "\"\",".repeat(VALUES_MAX));
    assert_eq!(read(&nested).unwrap_err().message, "The document has too many values.");
}

#[test]
fn values_go_both_ways() {
    let value = serde_json::json!({"Text": "x", "Map": {"a": 1}, "Value": {"S": "y"}});
    let doc = from_value(Sample::schema(), &value).unwrap();
    assert_eq!(to_value(Sample::schema(), &doc), value);
    assert_eq!(to_value(Sample::schema(), &Doc::Null), serde_json::Value::Null);
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(sample in samples()) {
        let mut out = Vec::new();
        encode(Sample::schema(), &sample.clone().into_doc(), &mut out);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&out).is_ok());
        let back = Sample::from_doc(decode(Sample::schema(), &out).unwrap()).unwrap();
        prop_assert_eq!(back, sample);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in r#"[{}\[\]",:\\untrfalse0-9.eE+\- A-Z]{0,60}"#) {
        for input in [bytes.as_slice(), text.as_bytes()] {
            let ours = decode(Sample::schema(), input);
            // Only panics count, and that we take nothing for JSON that is none.
            if ours.is_ok() && !input.iter().all(u8::is_ascii_whitespace) {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(input).is_ok());
            }
        }
    }
}
