use std::collections::BTreeMap;

use proptest::prelude::*;
use shape::{Doc, Schema, Shape, Timestamp};

use super::read::Error;
use super::*;

#[derive(Debug, Clone, PartialEq, Default, Shape)]
struct Sample {
    text: Option<String>,
    number: Option<i32>,
    at: Option<Timestamp>,
    list: Option<Vec<String>>,
    #[shape(flat)]
    flat: Option<Vec<i64>>,
    #[shape(member = "Item")]
    named: Option<Vec<Sample>>,
    map: Option<BTreeMap<String, String>>,
    #[shape(flat, xml = "Tag", key = "K", value = "V")]
    tags: Option<BTreeMap<String, i32>>,
    #[shape(xml = "xsi:type", attribute)]
    kind: Option<String>,
}

fn written(sample: Sample) -> String {
    let mut writer = Writer::new(false);
    write_root(&mut writer, "Root", Sample::schema(), &sample.into_doc(), None);
    String::from_utf8(writer.finish()).unwrap().split_once('\n').unwrap().1.to_owned()
}

fn read(text: &str) -> Result<Sample, Error> {
    decode(Sample::schema(), &parse(text.as_bytes())?).map(|doc| Sample::from_doc(doc).unwrap())
}

fn full() -> Sample {
    Sample {
        text: Some("a<&>\"'\r\n é".into()),
        number: Some(-1),
        at: Some(Timestamp::from_secs(1_398_796_238)),
        list: Some(vec!["x".into(), String::new()]),
        flat: Some(vec![1, 2]),
        named: Some(vec![Sample { text: Some("y".into()), ..Sample::default() }, Sample::default()]),
        map: Some([("k".to_owned(), "v".to_owned())].into()),
        tags: Some([("a".to_owned(), 1), ("b".to_owned(), 2)].into()),
        kind: Some("CanonicalUser".into()),
    }
}

#[test]
fn every_kind_of_member() {
    let text = "<Root xsi:type=\"CanonicalUser\"><Text>a&lt;&amp;&gt;&quot;'&#xd;\n é</Text><Number>-1</Number>\
        <At>2014-04-29T18:30:38Z</At><List><member>x</member><member></member></List><Flat>1</Flat><Flat>2</Flat>\
        <Named><Item><Text>y</Text></Item><Item></Item></Named>\
        <Map><entry><key>k</key><value>v</value></entry></Map>\
        <Tag><K>a</K><V>1</V></Tag><Tag><K>b</K><V>2</V></Tag></Root>";
    assert_eq!(written(full()), text);
    assert_eq!(read(text).unwrap(), full());
}

#[test]
fn what_clients_send_besides() {
    let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- c --><s3:Root xmlns:s3=\"u\" other='1'>\n <s3:Number> 7 </s3:Number>\
        <Unknown><a/></Unknown><Text><![CDATA[<b>]]>&#65;&#x42;</Text><List/></s3:Root>\n";
    let expected =
        Sample { number: Some(7), text: Some("<b>AB".into()), list: Some(vec![]), ..Sample::default() };
    assert_eq!(read(text.trim_start_matches('\u{feff}')).unwrap(), expected);
    assert_eq!(read("<Root/>").unwrap(), Sample::default());
    assert_eq!(read("<Root><Text/></Root>").unwrap().text.unwrap(), "");
}

/// Some megabytes of `<a/>` took gigabytes of memory.
#[test]
fn the_number_of_elements_is_bounded() {
    let text = |count: usize| format!("<Root>{}</Root>", "<a/>".repeat(count));
    assert!(read(&text(ELEMENTS_MAX - 1)).is_ok());
    assert!(read(&text(ELEMENTS_MAX)).is_err());
}

#[test]
fn hostile_text_is_refused() {
    let deep = format!("{}{}", "<a>".repeat(DEPTH_MAX + 1), "</a>".repeat(DEPTH_MAX + 1));
    for text in [
        "",
        "x",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "</a>",
        "<a b></a>",
        "<a>&nbsp;</a>",
        "<a>&#0x;</a>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        "<!DOCTYPE a><a/>",
        "<a b='1' b='2'/>",
        &deep,
        "<Root><Map><entry><value>v</value></entry></Map></Root>",
    ] {
        assert_eq!(read(text).unwrap_err(), Error::Syntax, "{text}");
    }
    assert!(matches!(read("<Root><Number>x</Number></Root>").unwrap_err(), Error::Value(_)));
    assert!(parse(b"<a>\xff</a>").is_err());
}

#[test]
fn s3_shows_milliseconds() {
    let mut writer = Writer::new(true);
    write_root(&mut writer, "T", Schema::Timestamp, &Doc::Time(Timestamp::from_secs(0)), None);
    assert!(String::from_utf8(writer.finish()).unwrap().ends_with("<T>1970-01-01T00:00:00.000Z</T>"));
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(
        text in "[ -~é\r\n\t]{0,20}", list in proptest::collection::vec("[a-z<&]{0,5}", 0..4),
        tags in proptest::collection::btree_map("[a-z]{1,3}", any::<i32>(), 1..4),
    ) {
        let sample = Sample { text: Some(text), list: Some(list), tags: Some(tags), ..Sample::default() };
        prop_assert_eq!(read(&written(sample.clone())).unwrap(), sample);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), text in "[<>/a-bA-Z=\"'&;#x!\\[\\] ?-]{0,60}") {
        for input in [bytes.as_slice(), text.as_bytes()] {
            if let Ok(root) = parse(input) {
                // Only panics count: most of this is an error.
                drop(decode(Sample::schema(), &root));
            }
        }
    }
}
