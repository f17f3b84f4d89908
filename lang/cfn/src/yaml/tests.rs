use serde_json::{Value as Json, json};

use super::*;

fn check(text: &str, expected: Json) {
    let node = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(node.to_json().unwrap(), expected, "{text}");
}

fn fails(text: &str, expected: &str) {
    let error = match parse(text) {
        Err(error) => error,
        Ok(node) => node.to_json().expect_err(text),
    };
    let found = error.to_string();
    assert!(found.contains(expected), "{text:?}: {found}");
}

#[test]
fn values_know_their_places() {
    let node = parse("service: a\nfunctions:\n  hello:\n    handler: !Sub '${x}'\n").unwrap();
    let handler = node
        .get("functions")
        .and_then(|node| node.get("hello"))
        .and_then(|node| node.entry("handler"))
        .unwrap();
    assert_eq!(handler.span, Span::new(4, 5));
    assert_eq!(handler.value.span, Span::new(4, 14));
    assert_eq!(handler.value.tag.as_deref(), Some("Sub"));
    assert_eq!(handler.span.in_file("serverless.yml"), "serverless.yml:4:5");
}

#[test]
fn quoted_scalars_are_texts() {
    check("[1, '1', \"1\", true, 'true', ~, 'null']", json!([1, "1", "1", true, "true", null, "null"]));
    check("a: |\n  1\nb: >-\n  2\n  3\n", json!({"a": "1\n", "b": "2 3"}));
    check("a: 2012-10-17\n", json!({"a": "2012-10-17"}));
    check("", Json::Null);
    check("# nothing\n", Json::Null);
    check("a:\n", json!({"a": null}));
}

/// Long forms from the AWS documentation, "Intrinsic function reference".
#[test]
fn short_tags_become_functions() {
    check("!Ref X", json!({"Ref": "X"}));
    check("!Condition X", json!({"Condition": "X"}));
    check("!Ref 012", json!({"Ref": "012"}));
    check("!GetAZs", json!({"Fn::GetAZs": ""}));
    check("!GetAtt A.Arn", json!({"Fn::GetAtt": ["A", "Arn"]}));
    check("!GetAtt A.Outputs.B", json!({"Fn::GetAtt": ["A", "Outputs.B"]}));
    check("!GetAtt [A, Arn]", json!({"Fn::GetAtt": ["A", "Arn"]}));
    check("!Sub '${A}'", json!({"Fn::Sub": "${A}"}));
    check("!Sub ['${A}', {A: !Ref B}]", json!({"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}));
    check("!Join [',', [a, b]]", json!({"Fn::Join": [",", ["a", "b"]]}));
    check("!Select [0, !GetAZs '']", json!({"Fn::Select": [0, {"Fn::GetAZs": ""}]}));
    check("!If [C, 1, !Ref AWS::NoValue]", json!({"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}));
    for name in FUNCTION_TAGS {
        check(&format!("!{name} [x]"), Json::from_iter([(format!("Fn::{name}"), json!(["x"]))]));
    }
    check("Fn::Base64: !Sub |\n  x\n", json!({"Fn::Base64": {"Fn::Sub": "x\n"}}));
    fails("a: !Nope x", "1:4: unknown tag `!Nope`");
}

const FUNCTION_TAGS: &[&str] = &[
    "Sub",
    "Join",
    "Select",
    "Split",
    "If",
    "Equals",
    "Not",
    "And",
    "Or",
    "FindInMap",
    "ImportValue",
    "Base64",
    "Cidr",
    "GetAZs",
    "Transform",
];

#[test]
fn tags_of_yaml_itself_are_applied() {
    check("!!str 12", json!("12"));
    check("! 12", json!("12"));
    check("!!int 12", json!(12));
    check("!!float 1.5", json!(1.5));
    check("!!map {a: !!seq [1]}", json!({"a": [1]}));
    fails("!!int x", "cannot read");
    fails("!!binary aGk=", "!!binary");
    fails("!!set {a, b}", "!!set");
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    check("a: &x {k: 1}\nb: *x\n", json!({"a": {"k": 1}, "b": {"k": 1}}));
    check(
        "base: &b {k: 1, l: 2}\nc:\n  k: 0\n  <<: *b\n  m: 3\n",
        json!({"base": {"k": 1, "l": 2}, "c": {"k": 0, "l": 2, "m": 3}}),
    );
    check(
        "x: &x {k: 1}\ny: &y {k: 2, l: 3}\nc:\n  <<: [*x, *y]\n  l: 4\n",
        json!({"x": {"k": 1}, "y": {"k": 2, "l": 3}, "c": {"k": 1, "l": 4}}),
    );
    check("'<<': 1", json!({"<<": 1}));
    check("&k key: 1\nother: *k\n", json!({"key": 1, "other": "key"}));
    fails("a: &x [*x]", "alias inside of its own value");
    fails("a: *x", "1:4");
    fails("a: {<<: 1}", "takes a mapping");
}

#[test]
fn keys_are_texts_and_unique() {
    check("200: a\ntrue: b\n012345678901: c\n", json!({"200": "a", "true": "b", "012345678901": "c"}));
    fails("a: 1\nb: 2\na: 3\n", "3:1: duplicate key `a`");
    fails("? [a]\n: 1\n", "a key must be a text");
    fails("!Ref a: 1\n", "a key must be a text");
}

#[test]
fn broken_texts_are_refused_with_their_place() {
    fails("a: [1\nb: 2\n", "2:");
    fails("a: b: c", "1:");
    fails("a: 1\n---\nb: 2\n", "more than one document");
    fails("a: !Base64 !Sub x", "1:");
    fails("a:\n\tb: 1", "2:");
}

#[test]
fn depth_size_and_alias_bombs_are_bounded() {
    fails(&"[".repeat(DEPTH_MAX + 2), "deeper");
    fails(&"- ".repeat(DEPTH_MAX + 2), "deeper");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 10].join(", "));
    }
    fails(&bomb, "more than 500000 values");
    let mut ladder = String::from("a0: &a0 [x]\n");
    for level in 1..=DEPTH_MAX {
        ladder += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    fails(&ladder, "deeper");
}
