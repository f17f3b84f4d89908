use std::collections::BTreeMap;

use crate::{Doc, Shape, validate, violations_text};

#[derive(Shape)]
struct Publish {
    topic_arn: String,
    #[shape(len = 1..=2, each(len = 1..=3))]
    entries: Vec<Entry>,
    #[shape(range = 0..=900)]
    delay: Option<i32>,
    #[shape(pattern = "[a-z]+")]
    name: Option<String>,
    mode: Option<Mode>,
}

#[derive(Shape)]
struct Entry {
    attributes: Option<BTreeMap<String, Attribute>>,
}

#[derive(Shape)]
struct Attribute {
    data_type: String,
}

#[derive(Shape, Debug, PartialEq)]
enum Mode {
    Active,
    #[shape(name = "pass-through")]
    PassThrough,
}

fn check(members: Vec<Doc>, expected: &str) {
    let violations = validate(Publish::schema(), &Doc::Structure(members));
    assert_eq!(violations_text(&violations), expected);
}

/// The wording and the joining are those recorded from SNS PublishBatch and API Gateway UpdateMethodResponse.
#[test]
fn reports_all_violations_in_awss_words() {
    let attribute = Doc::Structure(vec![Doc::Null]);
    let entry = Doc::Structure(vec![Doc::Map(vec![("attr1".to_owned(), attribute)])]);
    check(
        vec![Doc::Null, Doc::List(vec![entry]), Doc::Int(901), Doc::Text("A".into()), Doc::Text("x".into())],
        "5 validation errors detected: \
         Value null at 'topicArn' failed to satisfy constraint: Member must not be null; \
         Value null at 'entries.1.member.attributes.attr1.member.dataType' failed to satisfy constraint: \
         Member must not be null; \
         Value '901' at 'delay' failed to satisfy constraint: Member must have value less than or equal to 900; \
         Value 'A' at 'name' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-z]+; \
         Value 'x' at 'mode' failed to satisfy constraint: \
         Member must satisfy enum value set: [Active, pass-through]",
    );
}

#[test]
fn counts_elements_of_lists() {
    check(
        vec![Doc::Text("t".into()), Doc::List(vec![])],
        "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: \
         Member must have length greater than or equal to 1",
    );
}

/// A request of three megabytes got an answer of two hundred.
#[test]
fn violations_and_quotes_are_bounded() {
    let attribute = Doc::Structure(vec![Doc::Null]);
    let entry = Doc::Structure(vec![Doc::Map(vec![("a".to_owned(), attribute)])]);
    let members = vec![Doc::Text("t".into()), Doc::List(vec![entry; 100_000])];
    let violations = validate(Publish::schema(), &Doc::Structure(members));
    assert_eq!(violations.len(), 100);
    assert_eq!(violations[99].path, "entries.99.member.attributes.a.member.dataType");
    let text = violations_text(&violations);
    assert!(text.starts_with("100 validation errors detected: Value '[structure, structure"), "{text}");
    assert!(text.len() < 20_000, "{}", text.len());
}

#[test]
fn patterns_match_the_whole_text_only() {
    check(
        vec![
            Doc::Text("t".into()),
            Doc::List(vec![Doc::Structure(vec![])]),
            Doc::Null,
            Doc::Text("a\nB".into()),
        ],
        "1 validation error detected: Value 'a\nB' at 'name' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-z]+",
    );
}

#[test]
fn enumerations_convert_both_ways() {
    assert_eq!(Mode::from_doc(Doc::Text("pass-through".into())), Ok(Mode::PassThrough));
    assert_eq!(Mode::PassThrough.into_doc().as_text(), Some("pass-through"));
    assert!(Mode::from_doc(Doc::Text("other".into())).is_err());
}
