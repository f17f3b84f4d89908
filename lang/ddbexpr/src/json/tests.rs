use serde_json::json;

use super::*;

fn refused(json: Json) -> String {
    match read(&json) {
        Err(Error::Validation(text)) => text,
        other => panic!("{json}: {other:?}"),
    }
}

fn malformed(json: Json) -> String {
    match read(&json) {
        Err(Error::Serialization(text)) => text,
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn every_type_goes_both_ways() {
    for json in [
        json!({"S": ""}),
        json!({"S": "é\u{1f600}"}),
        json!({"N": "-1.5"}),
        json!({"B": ""}),
        json!({"B": "AAECAw=="}),
        json!({"BOOL": false}),
        json!({"NULL": true}),
        json!({"M": {}}),
        json!({"L": []}),
        json!({"M": {"a": {"L": [{"S": "b"}, {"M": {"c": {"N": "1"}}}]}}}),
        json!({"SS": ["", "a", "b"]}),
        json!({"NS": ["-1", "0", "2.5"]}),
        json!({"BS": ["AA==", "AQ=="]}),
    ] {
        assert_eq!(write(&read(&json).unwrap()), json);
    }
    let item = json!({"a": {"S": "x"}, "b": {"N": "1"}});
    assert_eq!(write_item(&read_item(&item).unwrap()), item);
}

#[test]
fn booleans_are_taken_as_words_and_unknown_members_are_passed_over() {
    assert_eq!(read(&json!({"BOOL": "yes", "X": 1, "S": null})), Ok(Value::Bool(true)));
    assert_eq!(malformed(json!({"BOOL": "x"})), "Unexpected token received from parser");
}

/// The texts of dynalite's tests (test/putItem.js), which were run against DynamoDB.
#[test]
fn wrong_values_are_refused_in_dynamodbs_words() {
    for json in [
        json!({}),
        json!({"a": ""}),
        json!({"M": {"a": {}}}),
        json!({"L": [{}]}),
        json!({"L": [{"a": {}}]}),
        json!(null),
    ] {
        assert_eq!(refused(json), EMPTY);
    }
    assert_eq!(refused(json!({"S": "a", "N": "1"})), AMBIGUOUS);
    let prefixed = [
        (json!({"NULL": "no"}), "Null attribute value types must have the value of true"),
        (json!({"SS": []}), "An string set  may not be empty"),
        (json!({"NS": []}), "An number set  may not be empty"),
        (json!({"BS": []}), "Binary sets should not be empty"),
        (json!({"SS": ["a", "a"]}), "Input collection [a, a] contains duplicates."),
        (json!({"BS": ["Yg==", "Yg=="]}), "Input collection [Yg==, Yg==]of type BS contains duplicates."),
    ];
    for (json, text) in prefixed {
        assert_eq!(refused(json), format!("One or more parameter values were invalid: {text}"));
    }
    let plain = [
        (json!({"S": "", "N": ""}), "The parameter cannot be converted to a numeric value"),
        (json!({"S": "a", "N": "b"}), "The parameter cannot be converted to a numeric value: b"),
        (json!({"NS": ["1", ""]}), "The parameter cannot be converted to a numeric value"),
        (json!({"NS": ["1", "1"]}), "Input collection contains duplicates"),
        (json!({"NS": ["1", "2", "2.0"]}), "Input collection contains duplicates"),
    ];
    for (json, text) in plain {
        assert_eq!(refused(json), text);
    }
}

/// The texts of dynalite's tests (test/helpers.js, assertType), which were run against DynamoDB.
#[test]
fn wrong_json_types_are_refused_in_dynamodbs_words() {
    let cases = [
        (json!("a"), "Unexpected value type in payload"),
        (json!([]), "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"),
        (json!({"S": true}), "TRUE_VALUE cannot be converted to String"),
        (json!({"S": false}), "FALSE_VALUE cannot be converted to String"),
        (json!({"N": 23}), "NUMBER_VALUE cannot be converted to String"),
        (json!({"N": 2.5}), "DECIMAL_VALUE cannot be converted to String"),
        (json!({"S": []}), "Unrecognized collection type class java.lang.String"),
        (json!({"S": {}}), "Start of structure or map found where not expected"),
        (json!({"B": 1}), "only base-64-encoded strings are convertible to bytes"),
        (json!({"B": "abc"}), "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        (json!({"B": "=+/="}), "Invalid last non-pad Base64 character dectected"),
        (json!({"B": "+f=="}), "Invalid last non-pad Base64 character dectected"),
        (json!({"BOOL": 1}), "NUMBER_VALUE cannot be converted to Boolean"),
        (json!({"SS": ""}), "Unexpected field type"),
        (json!({"SS": {}}), "Start of structure or map found where not expected"),
        (json!({"L": ["a"]}), "Unexpected value type in payload"),
        (json!({"M": 1}), "Unexpected field type"),
    ];
    for (json, text) in cases {
        assert_eq!(malformed(json), text);
    }
    // A wrong type anywhere comes before every other fault.
    assert_eq!(malformed(json!({"L": [{}, {"S": 1}]})), "NUMBER_VALUE cannot be converted to String");
}

/// 31 maps around a leaf are accepted and 32 are not (`nubo-db/dynamodb-conformance`, nesting depth tests).
#[test]
fn documents_nest_32_levels() {
    let nest = |depth: usize| (0..depth).fold(json!({"S": "leaf"}), |value, _| json!({"M": {"n": value}}));
    assert_eq!(read(&nest(31)).map(|value| value.levels()), Ok(32));
    assert_eq!(refused(nest(32)), NESTING);
    assert_eq!(refused((0..60).fold(json!({"S": "leaf"}), |value, _| json!({"L": [value]}))), NESTING);
}
