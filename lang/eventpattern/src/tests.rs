//! The language as a whole. Cases after "Comparison operators for use in event patterns in Amazon EventBridge"
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>).

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn check(pattern: Value, event: Value, expected: bool) {
    let read = Pattern::of(&pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(read.matches(&event), expected, "{pattern} {event}");
}

/// Which of some values a list at a leaf takes.
#[track_caller]
fn taken(list: Value, values: &[Value]) -> Vec<bool> {
    let pattern = Pattern::of(&json!({"a": list})).unwrap();
    values.iter().map(|value| pattern.matches(&json!({"a": value}))).collect()
}

#[track_caller]
fn error(pattern: Value) -> String {
    Pattern::of(&pattern).unwrap_err().to_string()
}

#[test]
fn all_fields_and_one_of_each_list() {
    let pattern = json!({"source": ["aws.ec2", "aws.s3"], "detail": {"state": ["running"]}});
    check(pattern.clone(), json!({"source": "aws.s3", "detail": {"state": "running", "x": 1}}), true);
    check(pattern.clone(), json!({"source": "aws.s3", "detail": {"state": "stopped"}}), false);
    check(pattern, json!({"source": "aws.s3"}), false);
}

#[test]
fn plain_values_are_compared_as_they_are_written() {
    let values = [json!("x"), json!(""), json!(null), json!(1), json!(1.0), json!("1"), json!(true)];
    assert_eq!(taken(json!(["x"]), &values), [true, false, false, false, false, false, false]);
    assert_eq!(taken(json!([""]), &values), [false, true, false, false, false, false, false]);
    assert_eq!(taken(json!([null]), &values), [false, false, true, false, false, false, false]);
    assert_eq!(taken(json!([1]), &values), [false, false, false, true, false, false, false]);
    assert_eq!(taken(json!([true]), &values), [false, false, false, false, false, false, true]);
}

#[test]
fn texts_have_beginnings_ends_and_forms() {
    let values = [json!("us-east-1"), json!("US-EAST-1"), json!("eu-west-1"), json!(1)];
    assert_eq!(taken(json!([{"prefix": "us-"}]), &values), [true, false, false, false]);
    let ignoring = json!([{"prefix": {"equals-ignore-case": "us-"}}]);
    assert_eq!(taken(ignoring, &values), [true, true, false, false]);
    assert_eq!(taken(json!([{"suffix": "-1"}]), &values), [true, true, true, false]);
    assert_eq!(taken(json!([{"equals-ignore-case": "Us-East-1"}]), &values), [true, true, false, false]);
    assert_eq!(taken(json!([{"wildcard": "*-east-*"}]), &values), [true, false, false, false]);
}

#[test]
fn anything_but_has_many_forms() {
    let values = [json!("open"), json!("closed"), json!(7), json!(null)];
    assert_eq!(taken(json!([{"anything-but": "open"}]), &values), [false, true, true, true]);
    assert_eq!(taken(json!([{"anything-but": ["open", "closed"]}]), &values), [false, false, true, true]);
    assert_eq!(taken(json!([{"anything-but": [7, 8]}]), &values), [true, true, false, true]);
    assert_eq!(taken(json!([{"anything-but": {"prefix": "op"}}]), &values), [false, true, true, true]);
    assert_eq!(
        taken(json!([{"anything-but": {"suffix": ["en", "ed"]}}]), &values),
        [false, false, true, true]
    );
    let ignoring = json!([{"anything-but": {"equals-ignore-case": ["OPEN"]}}]);
    assert_eq!(taken(ignoring, &values), [false, true, true, true]);
    assert_eq!(taken(json!([{"anything-but": {"wildcard": "*e*"}}]), &values), [false, false, true, true]);
    // A field that is missing is not anything.
    check(json!({"a": [{"anything-but": "x"}]}), json!({"b": 1}), false);
}

#[test]
fn numbers_lie_in_ranges() {
    let values = [json!(0), json!(5), json!(5.5), json!(10), json!("5")];
    assert_eq!(taken(json!([{"numeric": ["=", 5.0]}]), &values), [false, true, false, false, false]);
    assert_eq!(taken(json!([{"numeric": [">", 0, "<=", 10]}]), &values), [false, true, true, true, false]);
    assert_eq!(taken(json!([{"numeric": ["<", 5]}]), &values), [true, false, false, false, false]);
}

#[test]
fn addresses_lie_in_networks() {
    let values = [json!("10.0.0.7"), json!("10.0.1.7"), json!("x")];
    assert_eq!(taken(json!([{"cidr": "10.0.0.0/24"}]), &values), [true, false, false]);
}

#[test]
fn fields_are_there_or_not() {
    let there = json!({"detail": {"state": [{"exists": true}]}});
    check(there.clone(), json!({"detail": {"state": "x"}}), true);
    check(there.clone(), json!({"detail": {"state": null}}), true);
    check(there.clone(), json!({"detail": {}}), false);
    // Only leaves count.
    check(there, json!({"detail": {"state": {"x": 1}}}), false);
    let absent = json!({"detail": {"state": [{"exists": false}]}});
    check(absent.clone(), json!({"detail": {"other": "x"}}), true);
    check(absent.clone(), json!({"source": "x"}), true);
    check(absent.clone(), json!({"detail": {"state": "x"}}), false);
    check(absent, json!({"detail": [{"state": "x"}, {"other": "y"}]}), false);
    check(json!({"a": ["x", {"exists": false}]}), json!({"b": 1}), true);
}

#[test]
fn lists_in_events_stand_for_their_elements_and_objects_in_them_stay_whole() {
    check(json!({"a": ["x"]}), json!({"a": ["y", "x"]}), true);
    check(json!({"a": ["x"]}), json!({"a": []}), false);
    let event = json!({"a": [{"b": 1, "c": 2}, {"b": 2, "c": 1}]});
    check(json!({"a": {"b": [1], "c": [2]}}), event.clone(), true);
    check(json!({"a": {"b": [1], "c": [1]}}), event, false);
}

#[test]
fn alternatives() {
    let pattern = json!({"source": ["s"], "detail": {"$or": [
        {"c": [{"numeric": [">", 10]}]}, {"d": [{"numeric": ["<", 2]}]}
    ]}});
    check(pattern.clone(), json!({"source": "s", "detail": {"c": 11}}), true);
    check(pattern.clone(), json!({"source": "s", "detail": {"c": 1, "d": 1}}), true);
    check(pattern.clone(), json!({"source": "s", "detail": {"c": 1, "d": 3}}), false);
    check(pattern, json!({"source": "t", "detail": {"c": 11}}), false);
    // A field may have this name.
    check(json!({"$or": ["a", "b"]}), json!({"$or": "a"}), true);
}

/// The first nine are recorded for SNS (LocalStack's test_sns_filter_policy).
#[test]
fn what_is_wrong_has_the_words_of_aws() {
    for (pattern, expected) in [
        (json!({"key": []}), "Empty arrays are not allowed"),
        (json!({"key": [{"suffix": 100}]}), "suffix match pattern must be a string"),
        (json!({"key": [{"suffix": ["a"]}]}), "suffix match pattern must be a string"),
        (json!({"key": {"suffix": "value"}}), "\"suffix\" must be an object or an array"),
        (json!({"key": [{"cidr": ["x"]}]}), "prefix match pattern must be a string"),
        (json!({"key": [{"cidr": "x"}]}), "Malformed CIDR, one '/' required"),
        (json!({"key": [{"exists": null}]}), "exists match pattern must be either true or false."),
        (json!({"key": [{"cidr": "x/64"}]}), "Nonstandard IP address: x"),
        (json!({"key": [{"cidr": "x/64f"}]}), "Malformed CIDR, mask bits must be an integer"),
        (json!([]), "Filter is not an object"),
        (json!({}), "Empty objects are not allowed"),
        (json!({"key": {}}), "Empty objects are not allowed"),
        (json!({"key": [["x"]]}), "Match value must be String, number, true, false, or null"),
        (json!({"key": [{"what": 1}]}), "Unrecognized match type what"),
        (json!({"key": [{"prefix": "a", "suffix": "b"}]}), "Only one key allowed in match expression"),
        (json!({"key": [{"numeric": [">", 5, "<", 4]}]}), "Bottom must be less than top"),
        (json!({"key": [{"numeric": [">", "x"]}]}), "Value of > must be numeric"),
        (json!({"key": [{"numeric": ["!", 1]}]}), "Unrecognized numeric range operator: !"),
        (json!({"key": [{"numeric": ["<", 1, "<", 2]}]}), "Too many elements in numeric expression"),
        (json!({"key": [{"numeric": ["<", 5e10]}]}), "Value must be between -5.0E9 and 5.0E9, inclusive"),
        (json!({"key": [{"anything-but": {"cidr": "x"}}]}), "Unsupported anything-but pattern: cidr"),
    ] {
        assert_eq!(error(pattern.clone()), expected, "{pattern}");
    }
    assert!(Pattern::parse("{").is_err());
}

#[test]
fn sizes_multiply() {
    let size = |pattern: Value| Pattern::of(&pattern).unwrap().size();
    assert_eq!(size(json!({"a": [1, 2], "b": {"c": [1, 2, 3]}})), Size { leaves: 2, combinations: 6 });
    let some = json!({"a": [1, 2], "$or": [{"b": [1]}, {"c": [1, 2]}]});
    assert_eq!(size(some), Size { leaves: 3, combinations: 6 });
}

fn json_value() -> impl Strategy<Value = Value> {
    let keys = "[ab]|exists|prefix|numeric|anything-but|\\$or|wildcard|cidr";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_i64..9).prop_map(Value::from),
        "[ab*\\\\/.1]{0,5}".prop_map(Value::from),
        Just(json!(">")),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is given, reading and asking end with an answer.
    #[test]
    fn nothing_panics(pattern in json_value(), event in json_value()) {
        if let Ok(pattern) = Pattern::of(&pattern) {
            pattern.matches(&event);
            pattern.size();
        }
    }

    /// A list of plain values takes exactly the values in it.
    #[test]
    fn plain_lists_are_sets(list in prop::collection::vec("[abc]{1,2}", 1..5), value in "[abc]{1,2}") {
        let pattern = Pattern::of(&json!({"a": &list})).unwrap();
        prop_assert_eq!(pattern.matches(&json!({"a": &value})), list.contains(&value));
    }
}
