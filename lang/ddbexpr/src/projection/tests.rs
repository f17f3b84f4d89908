use serde_json::json;

use super::*;
use crate::json as wire;

fn parse(text: &str) -> Result<Projection, Error> {
    let names = [("#a", "a"), ("#b", "b"), ("#d", "[3]")];
    let names = names.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    Projection::parse(text, &mut Placeholders::new(Some(&names), None).unwrap())
}

fn refused(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("Invalid ProjectionExpression: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn shown(text: &str) -> serde_json::Value {
    let item = json!({
        "pk": {"S": "x"},
        "a": {"M": {"b": {"S": "bb"}, "c": {"L": [{"S": "0"}, {"M": {"d": {"N": "1"}, "e": {"N": "2"}}}]}}},
        "l": {"L": [{"S": "l0"}, {"S": "l1"}, {"S": "l2"}]},
    });
    wire::write_item(&parse(text).unwrap().of_item(&wire::read_item(&item).unwrap()))
}

#[test]
fn parts_are_shown_in_their_places() {
    assert_eq!(shown("pk"), json!({"pk": {"S": "x"}}));
    assert_eq!(shown("pk, a.b"), json!({"pk": {"S": "x"}, "a": {"M": {"b": {"S": "bb"}}}}));
    // Elements move together, in the order of the list (`nubo-db/dynamodb-conformance`, projection tests).
    assert_eq!(shown("l[2], l[0]"), json!({"l": {"L": [{"S": "l0"}, {"S": "l2"}]}}));
    assert_eq!(
        shown("a.c[1].e, #a.#b"),
        json!({"a": {"M": {"b": {"S": "bb"}, "c": {"L": [{"M": {"e": {"N": "2"}}}]}}}})
    );
    assert_eq!(shown("nope, a.nope, l[7].x, pk.x"), json!({}));
}

#[test]
fn wrong_projections_are_refused() {
    assert_eq!(refused("!!"), "Syntax error; token: \"!\", near: \"!!\"");
    assert_eq!(refused("a b"), "Syntax error; token: \"b\", near: \"a b\"");
    assert_eq!(refused("a,"), "Syntax error; token: \"<EOF>\", near: \",\"");
    assert_eq!(refused(":a"), "Syntax error; token: \":a\", near: \":a\"");
    assert_eq!(refused(""), "The expression can not be empty;");
    assert_eq!(refused("#c, Abort"), "Attribute name is a reserved keyword; reserved keyword: Abort");
    assert_eq!(
        refused("a, #c, a"),
        "An expression attribute name used in the document path is not defined; attribute name: #c"
    );
    // dynalite's tests (test/getItem.js), run against DynamoDB.
    let words = |verb: &str, one: &str, two: &str| {
        format!(
            "Two document paths {verb} with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    assert_eq!(refused("#a, a.b"), words("overlap", "[a]", "[a, b]"));
    assert_eq!(refused("b.c[1], b.c[1]"), words("overlap", "[b, c, [1]]", "[b, c, [1]]"));
    assert_eq!(refused("a.b, a[1]"), words("conflict", "[a, b]", "[a, [1]]"));
    assert_eq!(refused("a[1].#d, a.#b, a"), words("overlap", "[a, [1], [3]]", "[a]"));
}

#[test]
fn attributes_to_get_are_unique() {
    let names = ["a".to_owned(), "b".to_owned(), "a".to_owned()];
    assert_eq!(
        Projection::attributes_to_get(&names).unwrap_err().to_string(),
        "One or more parameter values were invalid: Duplicate value in attribute name: a"
    );
    assert_eq!(Projection::attributes_to_get(&names[..2]).unwrap().paths().len(), 2);
}
