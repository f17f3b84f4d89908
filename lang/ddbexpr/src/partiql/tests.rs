use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Kind, json as wire};

fn parse_with(text: &str, parameters: serde_json::Value) -> Result<Statement, Error> {
    let parameters = parameters.as_array().unwrap().iter().map(|value| wire::read(value).unwrap()).collect();
    Statement::parse(text, parameters)
}

fn parse(text: &str) -> Result<Statement, Error> {
    parse_with(text, json!([]))
}

fn refused(text: &str) -> String {
    parse(text).map(|found| panic!("{text}: {found:?}")).unwrap_or_else(|error| error.to_string())
}

fn select(text: &str) -> Select {
    match parse(text) {
        Ok(Statement::Select(select)) => select,
        other => panic!("{text}: {other:?}"),
    }
}

fn change(text: &str) -> Change {
    match parse(text) {
        Ok(Statement::Update(change) | Statement::Delete(change)) => change,
        other => panic!("{text}: {other:?}"),
    }
}

fn item() -> Item {
    wire::read_item(&json!({
        "pk": {"S": "k"},
        "sk": {"N": "2"},
        "age": {"N": "30"},
        "tags": {"SS": ["a", "b"]},
        "m": {"M": {"x": {"S": "deep"}, "l": {"L": [{"N": "7"}]}}},
        "nil": {"NULL": true},
    }))
    .unwrap()
}

const PARTITION: KeyAttribute<'static> = KeyAttribute { name: "pk", kind: Kind::S };
const SORT: KeyAttribute<'static> = KeyAttribute { name: "sk", kind: Kind::N };

#[test]
fn conditions_hold() {
    for text in [
        "pk = 'k' AND age > 20",
        "age >= 30 AND age <= 3e1 AND age <> 29 AND age != .5",
        "age BETWEEN 1 AND 30",
        "pk IN ['x', 'k']",
        "pk IN ('k')",
        "NOT pk = 'x'",
        "age NOT BETWEEN 40 AND 50 AND pk NOT IN ['x']",
        "(pk = 'x' OR age = 30) AND NOT (age = 1)",
        "begins_with(pk, 'k') AND contains(tags, 'a') AND size(tags) = 2",
        "BEGINS_WITH(\"pk\", 'k')",
        "attribute_type(age, 'N') AND attribute_exists(m.x) AND attribute_not_exists(gone)",
        "m.x = 'deep' AND m.\"l\"[0] = 7 AND m['x'] = 'deep'",
        "gone IS MISSING AND age IS NOT MISSING AND nil IS NULL AND age IS NOT NULL",
        "age IS NUMERIC AND pk IS STRING AND m IS STRUCT AND m IS TUPLE AND m.l IS LIST",
        "tags = <<'b', 'a'>> AND m.l = [7] AND nil = NULL",
        "'k' = pk",
        "pk = 'k' -- a note\n AND /* another */ age = 30;",
    ] {
        assert!(select(&format!("SELECT * FROM t WHERE {text}")).holds(&item()), "{text}");
    }
    for text in [
        "age = '30'",
        "gone = 1",
        "NOT age = 30",
        "pk = 'it''s'",
        "age IS MISSING",
        "tags IS LIST",
        "gone IS NULL",
    ] {
        assert!(!select(&format!("SELECT * FROM t WHERE {text}")).holds(&item()), "{text}");
    }
    assert!(select("SELECT * FROM t").holds(&item()));
}

#[test]
fn columns_are_named_by_their_last_name() {
    let shown = |text: &str| wire::write_item(&select(text).show(item()));
    assert_eq!(
        shown("SELECT pk, m.x, m.l[0] FROM \"t\".\"by-age\" WHERE age = 1"),
        json!({"pk": {"S": "k"}, "x": {"S": "deep"}, "l": {"N": "7"}})
    );
    assert_eq!(shown("SELECT gone FROM t"), json!({}));
    assert_eq!(shown("select * from t")["sk"], json!({"N": "2"}));
    let found = select("SELECT pk FROM \"t\".\"by-age\" ORDER BY sk DESC, pk");
    assert_eq!(found.source, Source { table: "t".to_owned(), index: Some("by-age".to_owned()) });
    assert_eq!(found.attributes(), Some(BTreeSet::from(["pk"])));
    assert_eq!(
        found.order,
        [
            Order { name: "sk".to_owned(), descending: true },
            Order { name: "pk".to_owned(), descending: false },
        ]
    );
}

#[test]
fn items_are_inserted() {
    let statement = "INSERT INTO \"t\" VALUE {'pk': ?, 'n': -7.325e1, 'l': [1, 'x', true, null], 'm': {'a': {}}, 's': <<1, 2>>}";
    match parse_with(statement, json!([{"S": "k"}])) {
        Ok(Statement::Insert(insert)) => {
            assert_eq!(insert.table, "t");
            assert_eq!(
                wire::write_item(&insert.item),
                json!({
                    "l": {"L": [{"N": "1"}, {"S": "x"}, {"BOOL": true}, {"NULL": true}]},
                    "m": {"M": {"a": {"M": {}}}},
                    "n": {"N": "-73.25"},
                    "pk": {"S": "k"},
                    "s": {"NS": ["1", "2"]},
                })
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn updates_change_items() {
    let changed = |text: &str| change(text).update.apply(&item()).map(|item| wire::write_item(&item));
    let new = changed("UPDATE t SET age = age + 1 SET x = 'y', z = m.x REMOVE nil WHERE pk = 'k' AND sk = 2")
        .unwrap();
    assert_eq!(new["age"], json!({"N": "31"}));
    assert_eq!((&new["x"], &new["z"], new.get("nil")), (&json!({"S": "y"}), &json!({"S": "deep"}), None));
    let new =
        changed("FROM t WHERE pk = 'k' SET m.l = list_append(m.l, [8]) SET o = if_not_exists(o, 5)").unwrap();
    assert_eq!(new["m"]["M"]["l"], json!({"L": [{"N": "7"}, {"N": "8"}]}));
    assert_eq!(new["o"], json!({"N": "5"}));
    let new =
        changed("UPDATE t SET tags = SET_ADD(tags, <<'c'>>) SET new = set_add(new, <<1>>) WHERE pk = 'k'")
            .unwrap();
    assert_eq!((&new["tags"], &new["new"]), (&json!({"SS": ["a", "b", "c"]}), &json!({"NS": ["1"]})));
    let new = changed("UPDATE t SET tags = set_delete(tags, <<'a', 'b'>>) WHERE pk = 'k'").unwrap();
    assert_eq!(new.get("tags"), None);
    assert_eq!(
        changed("UPDATE t SET tags = set_add(tags, <<1>>) WHERE pk = 'k'").unwrap_err().to_string(),
        "An operand in the update expression has an incorrect data type"
    );
}

#[test]
fn returning_is_read() {
    let returning =
        |clause: &str| change(&format!("UPDATE t SET a = 1 WHERE pk = 'k' RETURNING {clause}")).returning;
    assert_eq!(returning("ALL OLD *"), Some(Returning::AllOld));
    assert_eq!(returning("all new *"), Some(Returning::AllNew));
    assert_eq!(returning("MODIFIED OLD *"), Some(Returning::ModifiedOld));
    assert_eq!(returning("MODIFIED NEW *"), Some(Returning::ModifiedNew));
    assert_eq!(change("DELETE FROM t WHERE pk = 'k' RETURNING ALL OLD *").returning, Some(Returning::AllOld));
}

#[test]
fn parameters_are_taken_in_their_order() {
    let statement =
        parse_with("UPDATE t SET a = ?, b = ? WHERE pk = ?", json!([{"N": "1"}, {"L": []}, {"S": "k"}]));
    let Ok(Statement::Update(change)) = statement else { panic!("{statement:?}") };
    assert_eq!(change.key(PARTITION, None), Ok(Item::from([("pk".to_owned(), Value::text("k"))])));
    let mismatch = "Number of parameters in request and statement don't match.";
    assert_eq!(refused("SELECT * FROM t WHERE pk = ?"), mismatch);
    assert_eq!(
        parse_with("SELECT * FROM t WHERE pk = '?'", json!([{"S": "x"}])).unwrap_err().to_string(),
        mismatch
    );
}

/// The texts of `paritysuite/dynamodb-conformance` (error messages of PartiQL), run against DynamoDB.
#[test]
fn wrong_statements_are_refused_in_dynamodbs_words() {
    const NOT_WELL_FORMED: &str = "Statement wasn't well formed, can't be processed: ";
    let leftover = format!("{NOT_WELL_FORMED}Unexpected token after expression");
    for text in [
        "SELECT * FROM \"t\" WHERE pk = 1 foo",
        "SELECT * FROM \"t\" WHERE pk = 1 e5",
        "INSERT INTO \"t\" VALUE {'pk': 970001} foo",
        "UPDATE \"t\" SET a = 9 WHERE pk = 970002 foo",
        "DELETE FROM \"t\" WHERE pk = 970003 foo",
        "SELECT * FROM \"t\" WHERE pk = 1)",
        "DELETE FROM \"t\" WHERE pk = 970004 ORDER BY pk",
        "SELECT * FROM \"t\" ORDER BY pk WHERE pk = 1",
        "INSERT INTO \"t\" t VALUE {'pk': 'x'}",
    ] {
        assert_eq!(refused(text), leftover, "{text}");
    }
    for text in [
        "SELECT * FROM \"t\" WHERE pk = 1e2147483648",
        "SELECT * FROM \"t\" WHERE pk = 1e99999999999",
        "SELECT * FROM \"t\" WHERE pk = 1.5e-2147483647",
        "SELECT * FROM \"t\" WHERE pk = 1 # note",
        "SELECT * FROM \"t\" WHERE pk = 1 /* note",
        "SELECT * FROM \"t",
    ] {
        assert_eq!(refused(text), NOT_WELL_FORMED, "{text}");
    }
    for text in [
        "SELECT * FROM \"t\" t WHERE pk = 'x'",
        "SELECT * FROM \"t\" AS t WHERE pk = 'x'",
        "UPDATE \"t\" t SET a = 3 WHERE pk = 'x'",
        "DELETE FROM \"t\" t WHERE pk = 'x'",
    ] {
        assert_eq!(refused(text), "Aliasing is not supported", "{text}");
    }
    for (text, expected) in [
        ("SLECT * FROM \"t\"", format!("{NOT_WELL_FORMED}Expected data manipulation")),
        ("SELECT * FROM \"t\".\"i\".\"x\" WHERE pk = 'p'", "A path may contain at most 2 components in the FROM clause".to_owned()),
        ("SELECT * FROM \"t\".\"\" WHERE pk = 'p'", "Path component cannot be an empty string".to_owned()),
        ("SELECT * FROM \"\" WHERE pk = 'p'", "Path component cannot be an empty string".to_owned()),
        (
            "DELETE FROM \"t\" WHERE pk = 'x' RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
                .to_owned(),
        ),
        (
            "DELETE FROM t",
            "Where clause does not contain a mandatory equality on all key attributes".to_owned(),
        ),
        (
            "SELECT * FROM t WHERE attribute_exists('ss')",
            "Operator or function requires a document path; operator or function: attribute_exists".to_owned(),
        ),
        (
            "SELECT * FROM t WHERE attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 0"
                .to_owned(),
        ),
        ("SELECT attribute_exists(ss) FROM t", "Unexpected path component at 1:8:16".to_owned()),
        ("SELECT * FROM t WHERE EXISTS(ss)", "Unrecognized function: exists at 1:23:6".to_owned()),
        ("SELECT * FROM t\nWHERE dog(ss) = 1", "Unrecognized function: dog at 2:7:3".to_owned()),
        ("SELECT * FROM t WHERE attribute_exists(m.inner)", format!("{NOT_WELL_FORMED}Invalid path dot component")),
        (
            "SELECT * FROM t WHERE a < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL".to_owned(),
        ),
        (
            "UPDATE t SET t = set_add(ss, <<'x'>>) WHERE pk = 1",
            "The first argument to SET_ADD must equal the assignment value at 1:18:7".to_owned(),
        ),
        (
            "UPDATE t SET ss = set_add(ss, 'x') WHERE pk = 1",
            "The second argument to SET_ADD must be a value with type SET at 1:27:2".to_owned(),
        ),
        (
            "UPDATE t SET ss = set_delete(ss) WHERE pk = 1",
            "SET_DELETE must have exactly two arguments at 1:19:10".to_owned(),
        ),
        (
            "UPDATE t SET ss = set_add(ss, <<'x', 'x'>>) WHERE pk = 1",
            "One or more parameter values were invalid: Input collection [x, x] contains duplicates.".to_owned(),
        ),
        ("UPDATE t SET ss = set_add(ss, <<>>) WHERE pk = 1", "Empty bags are not supported".to_owned()),
        (
            "INSERT INTO t VALUE {'pk': 'x', 'ss': set_add(<<'a'>>, <<'b'>>)}",
            "Unsupported data type: set_add under key root at 1:39:7".to_owned(),
        ),
        (
            "SELECT * FROM t WHERE pk = 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root"
                .to_owned(),
        ),
        (
            "UPDATE t SET a = 1e-131 WHERE pk = 1",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range under root"
                .to_owned(),
        ),
        (
            "INSERT INTO t VALUE {'pk': 1, 'm': {'x': 123456789012345678901234567890123456789}}",
            "Attempting to store more than 38 significant digits in a Number under root.x".to_owned(),
        ),
        (
            "INSERT INTO t VALUE {'pk': 1, 'l': [1, 1e126]}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root[1]"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
    let nested = format!("UPDATE t SET d = {}1{} WHERE pk = 1", "{'a':".repeat(32), "}".repeat(32));
    assert_eq!(
        refused(&nested),
        format!("Nesting Levels have exceeded supported limits under root{}", ".a".repeat(32))
    );
}

#[test]
fn rows_are_reached_by_their_keys() {
    let access = |text: &str| select(&format!("SELECT * FROM t WHERE {text}")).access(PARTITION, Some(SORT));
    let text = |text: &str| std::sync::Arc::new(Value::text(text));
    let number = |number: i64| std::sync::Arc::new(Value::from(number));
    let query = |partition: &str, sort| KeyQuery { partition: text(partition), sort };
    use crate::KeyTest::{BeginsWith, Between, Equal, Greater};
    assert_eq!(access("pk = 'a'"), Access::Queries(vec![query("a", None)]));
    assert_eq!(
        access("sk > 1 AND age = 2 AND 'a' = pk"),
        Access::Queries(vec![query("a", Some(Greater(number(1))))])
    );
    assert_eq!(access("pk = 'a' AND 1 < sk"), Access::Queries(vec![query("a", Some(Greater(number(1))))]));
    assert_eq!(
        access("pk IN ['a', 'b', 'a'] AND sk BETWEEN 1 AND 2"),
        Access::Queries(vec![
            query("a", Some(Between(number(1), number(2)))),
            query("b", Some(Between(number(1), number(2)))),
        ])
    );
    let by_text = select("SELECT * FROM t WHERE pk = 'a' AND begins_with(sk, 'x')");
    let sort = KeyAttribute { name: "sk", kind: Kind::S };
    assert_eq!(
        by_text.access(PARTITION, Some(sort)),
        Access::Queries(vec![query("a", Some(BeginsWith(text("x"))))])
    );
    for scanned in
        ["sk = 1", "pk > 'a'", "pk = 'a' OR pk = 'b'", "NOT pk = 'a'", "pk = 1", "pk = sk", "pk.x = 'a'"]
    {
        assert_eq!(access(scanned), Access::Scan, "{scanned}");
    }
    let whole = select("SELECT * FROM t WHERE pk = 'a' AND sk = 1 AND age = 2");
    assert_eq!(
        whole.access(PARTITION, Some(SORT)),
        Access::Queries(vec![query("a", Some(Equal(number(1))))])
    );
    assert!(whole.has_more_than_key(2));
    assert_eq!(
        wire::write_item(&whole.key(PARTITION, Some(SORT)).unwrap()),
        json!({"pk": {"S": "a"}, "sk": {"N": "1"}})
    );
}

#[test]
fn writes_name_one_key() {
    let key = |text: &str| {
        change(&format!("DELETE FROM t WHERE {text}"))
            .key(PARTITION, Some(SORT))
            .map_err(|error| error.to_string())
    };
    let incomplete = "Where clause does not contain a mandatory equality on all key attributes";
    assert_eq!(key("pk = 'a' AND sk = 1 AND age > 1").map(|key| key.len()), Ok(2));
    assert_eq!(key("pk = 'a'").unwrap_err(), incomplete);
    assert_eq!(key("pk = 'a' AND sk > 1").unwrap_err(), incomplete);
    assert_eq!(key("pk = 'a' AND sk = 1 OR age = 1").unwrap_err(), incomplete);
    assert_eq!(
        key("pk = 'a' AND pk = 'b' AND sk = 1").unwrap_err(),
        "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"
    );
    assert_eq!(
        key("pk = 1 AND sk = 1").unwrap_err(),
        "Key attribute's data type should match its data type in table's schema: Key pk"
    );
}

#[test]
fn hostile_statements_end_soon() {
    for text in [
        "(", "NOT ", "[", "{'a':", "<<", "a=1 AND(", "size(", "''", "\"", "--", "/*", "SELECT ", "a.",
        "a[0]", "- ", "?",
    ] {
        for start in ["", "SELECT * FROM t WHERE ", "INSERT INTO t VALUE {'a': ", "UPDATE t SET a = "] {
            let _ = parse(&format!("{start}{}", text.repeat((8000 - start.len()) / text.len())));
        }
        assert!(parse(&text.repeat(100_000)).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in ".{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_tokens_are_answered(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "SELECT", "*", "FROM", "t", "\"t\"", "WHERE", "a", "=", "'x'", "1", "AND", "OR", "NOT", "IN", "[", "]", "(", ")",
        "{", "}", "<<", ">>", ",", ":", ".", "UPDATE", "SET", "REMOVE", "DELETE", "INSERT", "INTO", "VALUE", "IS",
        "MISSING", "NULL", "BETWEEN", "size", "?", "-", "+", "RETURNING", "ALL", "OLD", "ORDER", "BY", "EXISTS", "é",
    ]), 0..24)) {
        if let Ok(statement) = parse_with(&tokens.join(" "), json!([{"S": "p"}])) {
            match statement {
                Statement::Select(select) | Statement::Exists(select) => {
                    let _ = select.access(PARTITION, Some(SORT));
                    let _ = select.holds(&item());
                }
                Statement::Update(change) | Statement::Delete(change) => {
                    let _ = change.key(PARTITION, Some(SORT));
                    let _ = change.update.apply(&item());
                }
                Statement::Insert(_) => {}
            }
        }
    }
}
