use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Error, json as wire, placeholders::Placeholders};

fn values() -> serde_json::Value {
    json!({
        ":a": {"S": "a"}, ":b": {"N": "1"}, ":c": {"B": "YQ=="}, ":d": {"BOOL": false}, ":e": {"NULL": true},
        ":f": {"SS": ["a"]}, ":g": {"NS": ["1"]}, ":h": {"BS": ["YQ=="]}, ":i": {"M": {}}, ":j": {"L": []},
        ":two": {"L": [{"N": "8"}, {"N": "9"}]},
    })
}

fn parse(text: &str) -> Result<Update, Error> {
    let names = [("#c", "c"), ("#d", "[3]"), ("#n", "name")];
    let names = names.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    Update::parse(text, &mut Placeholders::new(Some(&names), Some(&values())).unwrap())
}

fn refused(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("Invalid UpdateExpression: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn item() -> serde_json::Value {
    json!({
        "s": {"S": "old"},
        "n": {"N": "10"},
        "l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]},
        "m": {"M": {"k": {"N": "1"}, "l": {"L": [{"S": "x"}]}}},
        "ss": {"SS": ["a", "b"]},
    })
}

/// What an update changes in [`item`].
fn changed(text: &str) -> Result<serde_json::Value, String> {
    let old = item();
    let update = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let new = update.apply(&wire::read_item(&old).unwrap()).map_err(|error| error.to_string())?;
    let mut new = wire::write_item(&new);
    let entries = new.as_object_mut().unwrap();
    for (name, value) in old.as_object().unwrap() {
        match entries.get(name) {
            Some(same) if same == value => {
                entries.shift_remove(name);
            }
            Some(_) => {}
            None => {
                entries.insert(name.clone(), json!("gone"));
            }
        }
    }
    Ok(new)
}

#[test]
fn set_writes_values() {
    for (text, expected) in [
        ("SET s = :a", json!({"s": {"S": "a"}})),
        ("set x = s", json!({"x": {"S": "old"}})),
        ("SET n = n + :b, x = :b - n", json!({"n": {"N": "11"}, "x": {"N": "-9"}})),
        ("SET x = (n - :b)", json!({"x": {"N": "9"}})),
        ("SET x = ((n)+(:b))", json!({"x": {"N": "11"}})),
        // All values are read from the item as it was (ExtendDB's test_set_evaluation.py).
        ("SET s = n, n = s", json!({"s": {"N": "10"}, "n": {"S": "old"}})),
        (
            "SET m.k = :a, m.#n = :b",
            json!({"m": {"M": {"k": {"S": "a"}, "name": {"N": "1"}, "l": {"L": [{"S": "x"}]}}}}),
        ),
        ("SET l[1] = :a", json!({"l": {"L": [{"S": "0"}, {"S": "a"}, {"S": "2"}]}})),
        // An index behind the end appends, several in their order (`paritysuite/dynamodb-conformance`, path tests).
        (
            "SET l[9] = :a, l[7] = :b",
            json!({"l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}, {"N": "1"}, {"S": "a"}]}}),
        ),
        ("SET x = if_not_exists(x, :a), s = if_not_exists(s, :a)", json!({"x": {"S": "a"}})),
        ("SET x = if_not_exists(x, :b) + :b", json!({"x": {"N": "2"}})),
        ("SET x = if_not_exists(nope, if_not_exists(gone, n))", json!({"x": {"N": "10"}})),
        (
            "SET l = list_append(:two, l)",
            json!({"l": {"L": [{"N": "8"}, {"N": "9"}, {"S": "0"}, {"S": "1"}, {"S": "2"}]}}),
        ),
        ("SET x = list_append(if_not_exists(x, :j), :two)", json!({"x": {"L": [{"N": "8"}, {"N": "9"}]}})),
    ] {
        assert_eq!(changed(text), Ok(expected), "{text}");
    }
}

#[test]
fn remove_add_and_delete_change_values() {
    for (text, expected) in [
        ("REMOVE s", json!({"s": "gone"})),
        ("REMOVE nope, m.nope, l[7]", json!({})),
        ("REMOVE m.k", json!({"m": {"M": {"l": {"L": [{"S": "x"}]}}}})),
        ("REMOVE l[0], l[1]", json!({"l": {"L": [{"S": "2"}]}})),
        ("REMOVE l[0] SET l[1] = :a, l[5] = :b", json!({"l": {"L": [{"S": "a"}, {"S": "2"}, {"N": "1"}]}})),
        ("REMOVE l[3] SET l[5] = :b", json!({"l": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}, {"N": "1"}]}})),
        ("ADD n :b", json!({"n": {"N": "11"}})),
        (
            "ADD x :b, m.k :b",
            json!({"x": {"N": "1"}, "m": {"M": {"k": {"N": "2"}, "l": {"L": [{"S": "x"}]}}}}),
        ),
        ("ADD ss :f, x :g", json!({"x": {"NS": ["1"]}})),
        ("DELETE ss :f", json!({"ss": {"SS": ["b"]}})),
        ("DELETE x :f", json!({})),
        (
            "ADD n :b SET x = n DELETE ss :f REMOVE s",
            json!({"n": {"N": "11"}, "x": {"N": "10"}, "ss": {"SS": ["b"]}, "s": "gone"}),
        ),
    ] {
        assert_eq!(changed(text), Ok(expected), "{text}");
    }
    let all = json!({":ab": {"SS": ["a", "b", "z"]}});
    let update = Update::parse("DELETE ss :ab", &mut Placeholders::new(None, Some(&all)).unwrap()).unwrap();
    assert_eq!(update.apply(&wire::read_item(&item()).unwrap()).unwrap().get("ss"), None);
}

#[test]
fn items_can_refuse_an_update() {
    let wrong_type = "An operand in the update expression has an incorrect data type";
    let missing = "The provided expression refers to an attribute that does not exist in the item";
    let wrong_path = "The document path provided in the update expression is invalid for update";
    for (text, expected) in [
        ("SET x = s + :b", wrong_type),
        ("SET x = list_append(n, :j)", wrong_type),
        ("ADD s :b", wrong_type),
        ("ADD n :f", wrong_type),
        ("ADD ss :g", wrong_type),
        ("DELETE n :f", wrong_type),
        ("SET x = nope", missing),
        ("SET x = nope + :b", missing),
        ("SET x = list_append(nope, :j)", missing),
        ("SET x = if_not_exists(nope, gone)", missing),
        ("SET nope.x = :a", wrong_path),
        ("SET s.x = :a", wrong_path),
        ("SET m[0] = :a", wrong_path),
        ("SET l.x = :a", wrong_path),
        ("SET nope[0] = :a", wrong_path),
        ("REMOVE nope.x", wrong_path),
        ("REMOVE s[0]", wrong_path),
        ("ADD nope.x :b", wrong_path),
    ] {
        assert_eq!(changed(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn what_is_written_may_not_nest_too_deep() {
    let nest = |depth: usize| (0..depth).fold(Value::Null, |value, _| Value::L(vec![value]));
    let item = Item::from([("a".to_owned(), Value::L(vec![Value::Null])), ("b".to_owned(), nest(31))]);
    let set = |text: &str| Update::parse(text, &mut Placeholders::default()).unwrap().apply(&item);
    assert!(set("SET c = b").is_ok());
    assert!(
        set("SET a[0] = b")
            .unwrap_err()
            .to_string()
            .starts_with("Nesting Levels have exceeded supported limits")
    );
}

/// The cases of dynalite's tests (test/updateItem.js), run against DynamoDB.
#[test]
fn syntax_is_checked_first() {
    for text in [
        "whatever",
        "set a",
        "add a",
        "delete a",
        "set a=set",
        "remove a = b",
        "add a = b",
        "delete a = b",
        "delete a b",
        "delete a if_not_exist(b)",
        "add abort b",
        "add a if_not_exist(b)",
        "remove a b",
        "set a b",
        "set :a = b",
        "add :a b",
        "delete :a b",
        "remove :a",
        "set a = b / c",
        "set a = b * c",
        "set a[1] = \"eight\"",
        "set a[1] = 1",
        "SET a = if_not_exist(a, 100)",
        "SET if_not_exist(a, b) = a",
        "set (a = (b + c))",
        "set a = (b.c).d + e",
        "set a = (b.c)[0] + e",
        "set a = b + c + d",
        "set a = list_append(a, b + c)",
        "set a = b, ",
        "set",
    ] {
        assert!(refused(text).starts_with("Syntax error; "), "{text}: {}", refused(text));
    }
    assert_eq!(refused("INVALID SYNTAX HERE"), "Syntax error; token: \"INVALID\", near: \"INVALID SYNTAX\"");
    assert_eq!(refused("SET a = :a,"), "Syntax error; token: \"<EOF>\", near: \",\"");
    assert_eq!(refused(""), "The expression can not be empty;");
}

/// The texts and ranks of dynalite's tests (test/updateItem.js), run against DynamoDB.
#[test]
fn meaning_is_judged_before_an_item_is_seen() {
    let paths = |verb: &str, one: &str, two: &str| {
        format!(
            "Two document paths {verb} with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    let cases = [
        (" set #c = :x set abOrt = true ", "Attribute name is a reserved keyword; reserved keyword: abOrt".to_owned()),
        (" remove Absolute ", "Attribute name is a reserved keyword; reserved keyword: Absolute".to_owned()),
        ("set #c = if_not_exist(:x) set c = d", "Invalid function name; function: if_not_exist".to_owned()),
        ("set a = #x set c = :x", "The \"SET\" section can only be used once in an update expression;".to_owned()),
        ("add #x :x set a = b add e :f", "The \"ADD\" section can only be used once in an update expression;".to_owned()),
        (
            "SET #x = if_not_exists(:x)",
            "An expression attribute name used in the document path is not defined; attribute name: #x".to_owned(),
        ),
        (
            "SET a = if_not_exists(:x)",
            "An expression attribute value used in expression is not defined; attribute value: :x".to_owned(),
        ),
        ("set d[1] = a, d.b = a, c[1].a = a, #c = if_not_exists(a)", paths("overlap", "[c, [1], a]", "[c]")),
        ("set #c[3].#d = a, #c[3] = a", paths("overlap", "[c, [3], [3]]", "[c, [3]]")),
        ("SET m.k = :a REMOVE m", paths("overlap", "[m, k]", "[m]")),
        ("set #c[3].#d = a, #c.#d[3] = if_not_exists(a)", paths("conflict", "[c, [3], [3]]", "[c, [3], [3]]")),
        ("remove a.#c set a[1] = #d", paths("conflict", "[a, c]", "[a, [1]]")),
        (
            "set a = if_not_exists(c)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1"
                .to_owned(),
        ),
        (
            "set a = if_not_exists(if_not_exists(a, b), c)",
            "Operator or function requires a document path; operator or function: if_not_exists".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected, "{text}");
    }
    for (value, name, long) in [
        (":a", "S", "STRING"),
        (":c", "B", "BINARY"),
        (":d", "BOOL", "BOOLEAN"),
        (":e", "NULL", "NULL"),
        (":i", "M", "MAP"),
        (":j", "L", "LIST"),
    ] {
        for section in ["ADD", "DELETE"] {
            assert_eq!(
                refused(&format!("{section} a.b {value}")),
                format!(
                    "Incorrect operand type for operator or function; operator: {section}, operand type: {long}"
                )
            );
        }
        for operator in ["+", "-"] {
            assert_eq!(
                refused(&format!("set a = a {operator} {value}")),
                format!(
                    "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {name}"
                )
            );
        }
    }
    assert_eq!(
        refused("delete a.b :b"),
        "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"
    );
    for (value, name) in [(":a", "S"), (":b", "N"), (":f", "SS"), (":g", "NS"), (":h", "BS"), (":i", "M")] {
        assert_eq!(
            refused(&format!("set a = list_append({value}, a)")),
            format!(
                "Incorrect operand type for operator or function; operator or function: list_append, operand type: {name}"
            )
        );
    }
}

#[test]
fn touched_parts_are_shown() {
    let old = wire::read_item(&item()).unwrap();
    let update = parse("SET m.k = :b, m.x = :a REMOVE s, l[1]").unwrap();
    let new = update.apply(&old).unwrap();
    assert_eq!(
        wire::write_item(&update.touched(&old)),
        json!({"l": {"L": [{"S": "1"}]}, "m": {"M": {"k": {"N": "1"}}}, "s": {"S": "old"}})
    );
    assert_eq!(
        wire::write_item(&update.touched(&new))["m"],
        json!({"M": {"k": {"N": "1"}, "x": {"S": "a"}}})
    );
    assert_eq!(update.attributes().collect::<Vec<_>>(), ["m", "m", "s", "l"]);
}

/// The sizes found by `nubo-db/dynamodb-conformance` (item size by surface): 3, and 19 for each SET with its name
/// and value.
#[test]
fn update_item_counts_what_it_writes() {
    let item = Item::from([("pk".to_owned(), Value::text("K"))]);
    let update = parse("SET b = :a").unwrap();
    assert_eq!(update.measured_size(&update.apply(&item).unwrap()), 3 + 19 + 1 + 1);
}

#[test]
fn hostile_updates_end_soon() {
    for text in ["SET ", "a = (", "SET a = list_append(", "SET a = if_not_exists(a,", "REMOVE a,", "("] {
        let _ = parse(&text.repeat(4096 / text.len()));
        assert!(parse(&text.repeat(100_000)).is_err(), "{text}");
    }
    let nested = format!("SET a = {}b{}", "(".repeat(2000), ")".repeat(2000));
    assert!(parse(&nested).is_err());
    let paths: Vec<_> = (0..700).map(|at| format!("a[{at}]")).collect();
    assert!(parse(&format!("REMOVE {}", paths[..580].join(","))).is_ok());
}

proptest! {
    #[test]
    fn any_tokens_are_answered(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "a", "#c", ":b", "(", ")", "[", "]", "0", ".", ",", "=", "+", "-", "SET", "REMOVE", "ADD", "DELETE",
        "if_not_exists", "list_append", "é",
    ]), 0..20)) {
        if let Ok(update) = parse(&tokens.join(" ")) {
            let _ = update.apply(&wire::read_item(&item()).unwrap());
        }
    }

    /// SET and REMOVE on a list, against a list of options.
    #[test]
    fn lists_change_as_a_simple_model_says(
        length in 0usize..5,
        set in proptest::collection::btree_set(0usize..8, 0..4),
        removed in proptest::collection::btree_set(0usize..8, 0..4),
    ) {
        let removed: Vec<_> = removed.difference(&set).copied().collect();
        prop_assume!(!set.is_empty() || !removed.is_empty());
        let mut text = String::new();
        if !set.is_empty() {
            text += &format!("SET {} ", set.iter().rev().map(|at| format!("l[{at}] = :a")).collect::<Vec<_>>().join(", "));
        }
        if !removed.is_empty() {
            text += &format!("REMOVE {}", removed.iter().map(|at| format!("l[{at}]")).collect::<Vec<_>>().join(", "));
        }
        let mut model: Vec<Option<Value>> = (0..length).map(|at| Some(Value::from(at as i64))).collect();
        for at in &set {
            if let Some(slot) = model.get_mut(*at) {
                *slot = Some(Value::text("a"));
            }
        }
        for at in &removed {
            if let Some(slot) = model.get_mut(*at) {
                *slot = None;
            }
        }
        let behind = set.iter().filter(|at| **at >= length).count();
        let mut expected: Vec<_> = model.into_iter().flatten().collect();
        expected.extend(std::iter::repeat_n(Value::text("a"), behind));
        let old = Item::from([("l".to_owned(), Value::L((0..length).map(|at| Value::from(at as i64)).collect()))]);
        let new = parse(&text).unwrap().apply(&old).unwrap();
        prop_assert_eq!(new.get("l"), Some(&Value::L(expected)), "{}", text);
    }
}
