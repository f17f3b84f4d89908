use serde_json::json;

use super::*;

fn names(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, name)| ((*key).to_owned(), (*name).to_owned())).collect()
}

fn refused_names(entries: &[(&str, &str)]) -> String {
    Placeholders::new(Some(&names(entries)), None).unwrap_err().to_string()
}

fn refused_values(values: Json) -> String {
    Placeholders::new(None, Some(&values)).unwrap_err().to_string()
}

/// The texts of ExtendDB's tests (test_expression_attribute_map_validation.py) and of dynalite's
/// (test/updateItem.js), both run against DynamoDB.
#[test]
fn wrong_placeholders_are_refused() {
    let invalid = "ExpressionAttributeNames contains invalid";
    assert_eq!(refused_names(&[]), "ExpressionAttributeNames must not be empty");
    assert_eq!(refused_names(&[("#", "foo")]), format!("{invalid} key: Syntax error; key: \"#\""));
    assert_eq!(refused_names(&[("#a-b", "foo")]), format!("{invalid} key: Syntax error; key: \"#a-b\""));
    assert_eq!(refused_names(&[("a", "foo")]), format!("{invalid} key: Syntax error; key: \"a\""));
    assert_eq!(refused_names(&[("#a", "")]), format!("{invalid} value: Empty attribute name for key #a"));
    let long = format!("#{}", "a".repeat(255));
    assert_eq!(
        refused_names(&[(&long, "foo")]),
        format!(
            "{invalid} key: The expression attribute map contains a key that is too long; size of key: 256"
        )
    );
    let invalid = "ExpressionAttributeValues contains invalid";
    assert_eq!(refused_values(json!({})), "ExpressionAttributeValues must not be empty");
    assert_eq!(refused_values(json!({":": {"S": "x"}})), format!("{invalid} key: Syntax error; key: \":\""));
    assert_eq!(
        refused_values(json!({":v": {}})),
        format!(
            "{invalid} value: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v"
        )
    );
    assert_eq!(
        refused_values(json!({":v": {"SS": []}})),
        format!(
            "{invalid} value: One or more parameter values were invalid: An string set  may not be empty for key :v"
        )
    );
    assert_eq!(
        refused_values(json!({format!(":{}", "a".repeat(255)): {"S": "x"}})),
        format!("{invalid} key: The expression attribute map contains a key that is too long;")
    );
    assert_eq!(refused_values(json!({":v": {"N": 1}})), "NUMBER_VALUE cannot be converted to String");
}

#[test]
fn unused_placeholders_are_refused() {
    let values = json!({":v": {"S": "x"}, ":w": {"S": "y"}});
    let mut placeholders =
        Placeholders::new(Some(&names(&[("#a", "a"), ("#b", "b")])), Some(&values)).unwrap();
    placeholders.name("#a").unwrap();
    assert_eq!(
        placeholders.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    );
    placeholders.name("#b").unwrap();
    assert_eq!(
        placeholders.finish().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v, :w}"
    );
    placeholders.value(":v").unwrap();
    placeholders.value(":w").unwrap();
    assert_eq!(placeholders.finish(), Ok(()));
}
