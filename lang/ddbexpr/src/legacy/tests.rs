use serde_json::json;

use super::*;
use crate::{Item, json as wire};

fn comparison(operator: &str, values: serde_json::Value) -> BTreeMap<String, Comparison> {
    let values = values.as_array().unwrap().clone();
    BTreeMap::from([("a".to_owned(), Comparison { operator: operator.to_owned(), values })])
}

fn refused(operator: &str, values: serde_json::Value) -> String {
    let error = filter(&comparison(operator, values.clone()), None).unwrap_err();
    assert_eq!(key_conditions(&comparison(operator, values)).unwrap_err(), error, "{operator}");
    error.to_string()
}

fn item() -> Item {
    wire::read_item(&json!({"a": {"S": "hello"}, "n": {"N": "5"}, "ss": {"SS": ["x"]}})).unwrap()
}

#[test]
fn filters_hold() {
    for (operator, values, expected) in [
        ("EQ", json!([{"S": "hello"}]), true),
        ("NE", json!([{"S": "hello"}]), false),
        ("LE", json!([{"S": "hello"}]), true),
        ("LT", json!([{"S": "hello"}]), false),
        ("GE", json!([{"S": "z"}]), false),
        ("GT", json!([{"S": "a"}]), true),
        ("NOT_NULL", json!([]), true),
        ("NULL", json!([]), false),
        ("CONTAINS", json!([{"S": "ell"}]), true),
        ("NOT_CONTAINS", json!([{"S": "ell"}]), false),
        ("BEGINS_WITH", json!([{"S": "he"}]), true),
        ("IN", json!([{"S": "x"}, {"S": "hello"}]), true),
        ("BETWEEN", json!([{"S": "a"}, {"S": "i"}]), true),
    ] {
        assert_eq!(
            filter(&comparison(operator, values), None).unwrap().holds(&item()),
            expected,
            "{operator}"
        );
    }
    assert!(filter(&BTreeMap::new(), None).unwrap().holds(&item()));
}

/// The texts of dynalite's tests (test/query.js), run against DynamoDB.
#[test]
fn wrong_comparisons_are_refused() {
    let prefix = "One or more parameter values were invalid: ";
    for (operator, values) in [
        ("EQ", json!([])),
        ("NULL", json!([{"S": "a"}])),
        ("IN", json!([])),
        ("BETWEEN", json!([{"S": "a"}])),
        ("GT", json!([{"S": "a"}, {"S": "b"}])),
    ] {
        let expected = format!("{prefix}Invalid number of argument(s) for the {operator} ComparisonOperator");
        assert_eq!(refused(operator, values), expected);
    }
    for (operator, values, kind) in [
        ("LT", json!([{"BOOL": true}]), "BOOL"),
        ("IN", json!([{"NULL": true}]), "NULL"),
        ("CONTAINS", json!([{"SS": ["a"]}]), "SS"),
        ("NOT_CONTAINS", json!([{"L": []}]), "L"),
        ("BEGINS_WITH", json!([{"N": "1"}]), "N"),
        ("BETWEEN", json!([{"M": {}}, {"M": {}}]), "M"),
    ] {
        let expected =
            format!("{prefix}ComparisonOperator {operator} is not valid for {kind} AttributeValue type");
        assert_eq!(refused(operator, values), expected);
    }
    assert_eq!(
        refused("IN", json!([{"S": "b"}, {"N": "1"}])),
        format!("{prefix}AttributeValues inside AttributeValueList must be of same type")
    );
    assert_eq!(
        refused("BETWEEN", json!([{"S": "b"}, {"S": "a"}])),
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    );
    assert_eq!(
        refused("EQ", json!([{}])),
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    );
}

#[test]
fn key_conditions_become_tests() {
    let fitted = |operator: &str, values: serde_json::Value| {
        let attribute = crate::KeyAttribute { name: "a", kind: Kind::S };
        key_conditions(&comparison(operator, values))
            .unwrap()
            .fit(attribute, None)
            .map_err(|error| error.to_string())
    };
    assert_eq!(fitted("EQ", json!([{"S": "x"}])).unwrap().partition, Arc::new(Value::text("x")));
    assert_eq!(fitted("GT", json!([{"S": "x"}])).unwrap_err(), "Query key condition not supported");
    for (operator, values) in
        [("NULL", json!([])), ("CONTAINS", json!([{"S": "x"}])), ("IN", json!([{"S": "x"}]))]
    {
        assert_eq!(
            fitted(operator, values).unwrap_err(),
            "Attempted conditional constraint is not an indexable operation"
        );
    }
    assert_eq!(
        key_conditions(&BTreeMap::new()).unwrap_err().to_string(),
        "Conditions can be of length 1 or 2 only"
    );
}

fn expect(expectation: Expectation) -> Result<bool, String> {
    let expectations = BTreeMap::from([("a".to_owned(), expectation)]);
    expected(&expectations, None).map(|condition| condition.holds(&item())).map_err(|error| error.to_string())
}

/// The texts of dynalite's tests (test/putItem.js), run against DynamoDB.
#[test]
fn expectations_hold_or_are_refused() {
    let value = || Some(json!({"S": "hello"}));
    let values = || Some(vec![json!({"S": "hello"})]);
    let of = |operator: &str| Some(operator.to_owned());
    let plain = Expectation::default;
    assert_eq!(expect(Expectation { value: value(), ..plain() }), Ok(true));
    assert_eq!(expect(Expectation { value: value(), exists: Some(true), ..plain() }), Ok(true));
    assert_eq!(expect(Expectation { exists: Some(false), ..plain() }), Ok(false));
    assert_eq!(expect(Expectation { operator: of("NE"), values: values(), ..plain() }), Ok(false));
    assert_eq!(expect(Expectation { operator: of("GE"), value: value(), ..plain() }), Ok(true));
    assert_eq!(expect(Expectation { operator: of("NOT_NULL"), ..plain() }), Ok(true));
    for (expectation, expected) in [
        (
            Expectation { value: value(), values: values(), ..plain() },
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            Expectation { operator: of("EQ"), exists: Some(true), value: value(), ..plain() },
            "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            Expectation { operator: of("EQ"), ..plain() },
            "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
        ),
        (
            Expectation { operator: of("NULL"), value: value(), ..plain() },
            "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            Expectation { values: values(), ..plain() },
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (plain(), "Value must be provided when Exists is null for Attribute: a"),
        (
            Expectation { exists: Some(true), ..plain() },
            "Value must be provided when Exists is true for Attribute: a",
        ),
        (
            Expectation { exists: Some(false), value: value(), ..plain() },
            "Value cannot be used when Exists is false for Attribute: a",
        ),
    ] {
        assert_eq!(
            expect(expectation),
            Err(format!("One or more parameter values were invalid: {expected}"))
        );
    }
}

#[test]
fn conditions_are_joined() {
    let both = |second: &str| {
        let mut both = comparison("EQ", json!([{"S": "hello"}]));
        both.extend([("n".to_owned(), Comparison { operator: second.to_owned(), values: Vec::new() })]);
        both
    };
    assert!(filter(&both("NULL"), Some("OR")).unwrap().holds(&item()));
    assert!(!filter(&both("NULL"), Some("AND")).unwrap().holds(&item()));
    assert!(!filter(&both("NULL"), None).unwrap().holds(&item()));
    // ExtendDB's tests (test_conditional_operator.py), run against DynamoDB.
    assert_eq!(
        filter(&BTreeMap::new(), Some("AND")).unwrap_err().to_string(),
        "ConditionalOperator cannot be used without Filter or Expected"
    );
    assert_eq!(
        filter(&comparison("NOT_NULL", json!([])), Some("OR")).unwrap_err().to_string(),
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    );
}

fn update(action: Option<&str>, value: Option<serde_json::Value>) -> Result<serde_json::Value, String> {
    let update = AttributeUpdate { action: action.map(str::to_owned), value };
    let all = BTreeMap::from([("x".to_owned(), update.clone()), ("ss".to_owned(), update)]);
    let new = updates(&all).and_then(|update| update.apply(&item()).map_err(update_error));
    new.map(|item| wire::write_item(&item)).map_err(|error| error.to_string())
}

/// The texts of dynalite's tests (test/updateItem.js), run against DynamoDB.
#[test]
fn attribute_updates_change_items() {
    let set = || Some(json!({"SS": ["x", "y"]}));
    assert_eq!(update(None, set()).unwrap()["x"], json!({"SS": ["x", "y"]}));
    assert_eq!(update(Some("ADD"), set()).unwrap()["ss"], json!({"SS": ["x", "y"]}));
    let deleted = update(Some("DELETE"), set()).unwrap();
    assert_eq!((deleted.get("ss"), deleted.get("x")), (None, None));
    assert_eq!(update(Some("DELETE"), None).unwrap().get("ss"), None);
    let prefix = "One or more parameter values were invalid: ";
    assert_eq!(
        update(Some("PUT"), None).unwrap_err(),
        format!("{prefix}Only DELETE action is allowed when no attribute value is specified")
    );
    assert_eq!(
        update(Some("DELETE"), Some(json!({"N": "1"}))).unwrap_err(),
        format!("{prefix}DELETE action with value is not supported for the type N")
    );
    assert_eq!(
        update(Some("ADD"), Some(json!({"S": "1"}))).unwrap_err(),
        format!("{prefix}ADD action is not supported for the type S")
    );
    assert_eq!(
        update(Some("ADD"), Some(json!({"N": "1"}))).unwrap_err(),
        "Type mismatch for attribute to update"
    );
}
