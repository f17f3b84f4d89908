use serde_json::json;

use super::*;

fn parse(text: &str) -> Result<KeyCondition, Error> {
    let values = json!({":a": {"S": "a"}, ":b": {"S": "b"}, ":n": {"N": "1"}});
    let condition = KeyCondition::parse(text, &mut Placeholders::new(None, Some(&values)).unwrap())?;
    KeyCondition::of(&condition)
}

fn fit(text: &str) -> Result<KeyQuery, String> {
    let sort = KeyAttribute { name: "sk", kind: Kind::S };
    parse(text)
        .and_then(|condition| condition.fit(KeyAttribute { name: "pk", kind: Kind::S }, Some(sort)))
        .map_err(|error| error.to_string())
}

fn value(text: &str) -> Arc<Value> {
    Arc::new(Value::text(text))
}

#[test]
fn conditions_fit_a_schema() {
    assert_eq!(fit("pk = :a"), Ok(KeyQuery { partition: value("a"), sort: None }));
    for (text, sort) in [
        ("pk = :a AND sk = :b", KeyTest::Equal(value("b"))),
        ("(pk = :a) AND (sk < :b)", KeyTest::Less(value("b"))),
        ("(pk = :a AND (sk <= :b))", KeyTest::LessOrEqual(value("b"))),
        ("sk > :b AND :a = pk", KeyTest::Greater(value("b"))),
        ("pk = :a AND :b <= sk", KeyTest::GreaterOrEqual(value("b"))),
        ("pk = :a AND sk BETWEEN :a AND :b", KeyTest::Between(value("a"), value("b"))),
        ("pk = :a AND begins_with(sk, :b)", KeyTest::BeginsWith(value("b"))),
    ] {
        assert_eq!(fit(text), Ok(KeyQuery { partition: value("a"), sort: Some(sort) }), "{text}");
    }
}

/// The texts of dynalite's tests (test/query.js), run against DynamoDB.
#[test]
fn other_conditions_are_refused() {
    let operator = |name: &str| format!("Invalid operator used in KeyConditionExpression: {name}");
    let condition = |text: &str| format!("Invalid condition in KeyConditionExpression: {text}");
    for (text, expected) in [
        ("a > b and size(b) > c or a > c", operator("OR")),
        ("a in (b, size(c), d)", operator("IN")),
        ("attribute_exists(a)", operator("attribute_exists")),
        ("attribute_not_exists(a)", operator("attribute_not_exists")),
        ("contains(a.d, b)", operator("contains")),
        ("not a > b", operator("NOT")),
        ("a <> b", operator("<>")),
        (
            ":a between size(b) and size(a) and b > :b",
            condition("BETWEEN operator must have the key attribute as its first operand"),
        ),
        (
            "begins_with(:a, b) and a > :b",
            condition("begins_with operator must have the key attribute as its first operand"),
        ),
        ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations".to_owned()),
        (
            "a between size(b) and size(a)",
            "KeyConditionExpressions cannot contain nested operations".to_owned(),
        ),
        ("b > a.b", condition("Multiple attribute names used in one condition")),
        ("begins_with(a, b)", condition("Multiple attribute names used in one condition")),
        (
            "b.d > a AND c.d > e.f",
            "KeyConditionExpressions cannot have conditions on nested attributes".to_owned(),
        ),
        (":b > :a AND a < :b", condition("No key attribute specified")),
        (
            "b > :a AND b < :a and c = :a and d = :a",
            "KeyConditionExpressions must only contain one condition per key".to_owned(),
        ),
        (":a = a and b = :a and :a = c", "Conditions can be of length 1 or 2 only".to_owned()),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
    }
    for (text, expected) in [
        ("sk = :a", "Query condition missed key schema element: pk"),
        ("attr1 = :a", "Query condition missed key schema element: pk"),
        ("pk = :a AND attr1 = :a", "Query condition missed key schema element: sk"),
        ("pk > :a", "Query key condition not supported"),
        ("begins_with(pk, :a) AND sk = :a", "Query key condition not supported"),
        (
            "pk = :n",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            "pk = :a AND sk > :n",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
    ] {
        assert_eq!(fit(text).unwrap_err(), expected, "{text}");
    }
    let alone = parse("pk = :a AND sk = :a").unwrap().fit(KeyAttribute { name: "pk", kind: Kind::S }, None);
    assert_eq!(alone.unwrap_err().to_string(), "Query key condition not supported");
}

#[test]
fn tests_of_the_sort_key_hold() {
    let test = |text: &str| fit(&format!("pk = :a AND {text}")).unwrap().sort.unwrap();
    let passes = |text: &str| {
        let test = test(text);
        ["a", "aa", "b", "bb", "c"]
            .into_iter()
            .filter(|value| test.holds(&Value::text(*value)))
            .collect::<Vec<_>>()
    };
    assert_eq!(passes("sk = :b"), ["b"]);
    assert_eq!(passes("sk < :b"), ["a", "aa"]);
    assert_eq!(passes("sk <= :b"), ["a", "aa", "b"]);
    assert_eq!(passes("sk > :b"), ["bb", "c"]);
    assert_eq!(passes("sk >= :b"), ["b", "bb", "c"]);
    assert_eq!(passes("sk BETWEEN :a AND :b"), ["a", "aa", "b"]);
    assert_eq!(passes("begins_with(sk, :b)"), ["b", "bb"]);
}
