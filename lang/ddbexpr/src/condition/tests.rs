use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::parser::Parameter;
use crate::placeholders::Placeholders;
use crate::{Error, json as wire};

fn placeholders(values: serde_json::Value) -> Placeholders {
    let names = [("#a", "a"), ("#b", "b"), ("#n", "name")];
    let names = names.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    Placeholders::new(Some(&names), (values != json!({})).then_some(&values)).unwrap()
}

fn parse(text: &str, values: serde_json::Value) -> Result<Condition, Error> {
    Condition::parse(Parameter::Condition, text, &mut placeholders(values))
}

fn refused(text: &str, values: serde_json::Value) -> String {
    let error = parse(text, values).expect_err(text).to_string();
    error.strip_prefix("Invalid ConditionExpression: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn item() -> Item {
    wire::read_item(&json!({
        "a": {"S": "hello"},
        "b": {"N": "5"},
        "n": {"N": "3"},
        "bin": {"B": "AAECAw=="},
        "flag": {"BOOL": true},
        "nil": {"NULL": true},
        "ss": {"SS": ["x", "y"]},
        "ns": {"NS": ["1", "2"]},
        "bs": {"BS": ["AA=="]},
        "l": {"L": [{"N": "3"}, {"S": "dog"}, {"M": {"deep": {"S": "x"}}}]},
        "m": {"M": {"k": {"S": "v"}, "name": {"N": "1"}}},
    }))
    .unwrap()
}

fn holds(text: &str, values: serde_json::Value) -> bool {
    parse(text, values).unwrap_or_else(|error| panic!("{text}: {error}")).holds(&item())
}

#[test]
fn comparisons_look_at_types() {
    let v = json!({":v": {"N": "5"}, ":s": {"S": "5"}, ":h": {"S": "hello"}});
    for text in
        ["b = :v", "b >= :v", "b <= :v", "NOT b < :v", "b <> :s", "a = :h", ":v = b", "n < b", "(b) = (:v)"]
    {
        assert!(holds(text, v.clone()), "{text}");
    }
    for text in ["b = :s", "b < :s", "b > :s", "b >= :s", "a < b"] {
        assert!(!holds(text, v.clone()), "{text}");
    }
    // Sets and documents are equal by content.
    assert!(holds("ss = :v", json!({":v": {"SS": ["y", "x"]}})));
    assert!(holds("m.k = :v AND l[2].deep = :x", json!({":v": {"S": "v"}, ":x": {"S": "x"}})));
    assert!(holds("m.#n = :v", json!({":v": {"N": "1.0"}})));
}

/// Missing attributes: comparisons are false, but `<>` is true (ExtendDB's test_expr_operand_type_and_size.py, run
/// against DynamoDB).
#[test]
fn what_is_missing_only_differs() {
    let v = json!({":v": {"N": "0"}});
    for text in [
        "nope = :v",
        "nope < :v",
        "nope BETWEEN :v AND :v",
        "nope IN (:v)",
        "contains(nope, :v)",
        "nope = gone",
    ] {
        assert!(!holds(text, v.clone()), "{text}");
    }
    for text in ["nope <> :v", "nope <> gone", "attribute_not_exists(nope)", "NOT nope = :v", "size(b) <> :v"]
    {
        assert!(holds(text, v.clone()), "{text}");
    }
    // No size: the comparison is false, not an error.
    for text in ["size(flag) > :v", "size(nil) >= :v", "size(b) > :v", "size(nope) > :v"] {
        assert!(!holds(text, v.clone()), "{text}");
    }
}

/// The cases of the Alternator tests (test_condition_expression.py), run against DynamoDB.
#[test]
fn functions_ask_about_values() {
    let yes = [
        ("contains(a, :v)", json!({"S": "ell"})),
        ("contains(ns, :v)", json!({"N": "2"})),
        ("contains(l, :v)", json!({"N": "3"})),
        ("contains(l, :v)", json!({"M": {"deep": {"S": "x"}}})),
        ("contains(bin, :v)", json!({"B": "AQI="})),
        ("contains(:v, a)", json!({"S": "oh, hello!"})),
        ("begins_with(a, :v)", json!({"S": "hell"})),
        ("begins_with(bin, :v)", json!({"B": "AAE="})),
        ("begins_with(:v, a)", json!({"S": "hello, you"})),
        ("attribute_type(l, :v)", json!({"S": "L"})),
        ("attribute_type(:v, :v)", json!({"S": "S"})),
        ("size(a) = :v", json!({"N": "5"})),
        ("size(bin) = :v", json!({"N": "4"})),
        ("size(ss) = :v", json!({"N": "2"})),
        ("size(l) = :v AND size(m) < :v", json!({"N": "3"})),
        (":v = size(l)", json!({"N": "3"})),
        ("size(l) = n AND n = :v", json!({"N": "3"})),
        ("n BETWEEN :v AND b", json!({"N": "3"})),
        ("n IN (:v, b, n)", json!({"S": "no"})),
        (
            "attribute_exists(m.k) AND attribute_exists(l[1]) AND attribute_not_exists(l[3]) AND a <> :v",
            json!({"S": ""}),
        ),
    ];
    for (text, value) in yes {
        assert!(holds(text, json!({":v": value})), "{text}");
    }
    let no = [
        ("contains(a, :v)", json!({"N": "1"})),
        ("contains(bin, :v)", json!({"SS": ["a"]})),
        ("begins_with(b, :v)", json!({"S": "5"})),
        ("attribute_type(a, :v)", json!({"S": "N"})),
        ("size(a) = :v", json!({"S": "dog"})),
        ("a BETWEEN n AND b AND a = :v", json!({"S": "hello"})),
    ];
    for (text, value) in no {
        assert!(!holds(text, json!({":v": value})), "{text}");
    }
}

#[test]
fn not_binds_closer_than_and_closer_than_or() {
    for (text, expected) in [
        ("n < b OR b < n AND b < n", true),
        ("NOT n < b AND b < n", false),
        ("NOT (n < b AND b < n)", true),
        ("b BETWEEN n AND b AND n < b", true),
        ("NOT NOT NOT NOT n < b", true),
        ("nOt nOt nOt n < b", false),
        ("(n < b or b < n) aNd (n < b)", true),
        ("(n < b AND (n < b))", true),
    ] {
        assert_eq!(holds(text, json!({})), expected, "{text}");
    }
}

/// The windows of `near` as seen in the issues of public projects: the token, and its neighbours as they are written.
#[test]
fn syntax_errors_show_the_token_and_its_neighbours() {
    for (text, token, near) in [
        ("a-b", "-", "a-b"),
        ("#a attribute_not_exists :ckpst", "attribute_not_exists", "#a attribute_not_exists :ckpst"),
        ("a = = :v", "=", "= = :v"),
        ("attribute_exists()", ")", "()"),
        ("attribute_exists([1)", "[", "([1"),
        ("a", "<EOF>", "a"),
        ("a = ", "<EOF>", "="),
        ("things are not gonna be ok", "are", "things are not"),
        ("b > 4", "4", "> 4"),
        ("(size(a))[0] > a", "[", ")[0"),
        ("_hidden = a", "_", "_hidden"),
        ("a = b c", "c", "b c"),
        ("a AND b = c", "AND", "a AND b"),
        ("(a = b) = c", "=", ") = c"),
        ("a IN ()", ")", "()"),
        ("NOT", "<EOF>", "NOT"),
        ("a BETWEEN b OR c", "OR", "b OR c"),
        ("!!", "!", "!!"),
        ("a.[0] = b", "[", ".[0"),
        ("a[b] = c", "b", "[b]"),
        (")", ")", ")"),
    ] {
        assert_eq!(
            refused(text, json!({})),
            format!("Syntax error; token: \"{token}\", near: \"{near}\""),
            "{text}"
        );
    }
    for text in ["", "  \n"] {
        assert_eq!(refused(text, json!({})), "The expression can not be empty;");
    }
}

/// The texts of dynalite's tests (test/query.js, test/putItem.js), run against DynamoDB.
#[test]
fn meaning_is_judged_before_an_item_is_seen() {
    let values = json!({":n": {"N": "1"}, ":s": {"S": "a"}, ":x": {"S": "b"}, ":dog": {"S": "DOG"}, ":b": {"BOOL": true}});
    let wrong_type = "Incorrect operand type for operator or function; operator or function";
    let distinct =
        "The first operand must be distinct from the remaining operands for this operator or function";
    for (text, expected) in [
        ("dog(a) = :n", "Invalid function name; function: dog".to_owned()),
        ("Attribute_exists(a)", "Invalid function name; function: Attribute_exists".to_owned()),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size".to_owned()),
        (
            "attribute_exists(a) < :n",
            "The function is not allowed to be used this way in an expression; function: attribute_exists".to_owned(),
        ),
        (
            "if_not_exists(a, b) = :n",
            "The function is not allowed to be used this way in an expression; function: if_not_exists".to_owned(),
        ),
        ("((a = :n))", REDUNDANT.to_owned()),
        ("((a)) = :n", REDUNDANT.to_owned()),
        ("a = ((:n))", REDUNDANT.to_owned()),
        ("abOrt = :n", "Attribute name is a reserved keyword; reserved keyword: abOrt".to_owned()),
        ("a.name = :n", "Attribute name is a reserved keyword; reserved keyword: name".to_owned()),
        (
            "#c = :n",
            "An expression attribute name used in the document path is not defined; attribute name: #c".to_owned(),
        ),
        (
            "a = :missing",
            "An expression attribute value used in expression is not defined; attribute value: :missing".to_owned(),
        ),
        (
            "size(a, b) = :n",
            "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"
                .to_owned(),
        ),
        (
            "attribute_exists(:n)",
            "Operator or function requires a document path; operator or function: attribute_exists".to_owned(),
        ),
        ("begins_with(a, :n)", format!("{wrong_type}: begins_with, operand type: N")),
        ("begins_with(a, size(b))", format!("{wrong_type}: begins_with, operand type: N")),
        ("attribute_type(a, :n)", format!("{wrong_type}: attribute_type, operand type: N")),
        (
            "attribute_type(a, b)",
            format!("{wrong_type}: attribute_type, operand type: {{NS,SS,L,BS,N,M,B,BOOL,NULL,S}}"),
        ),
        (
            "attribute_type(a, :dog)",
            "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}".to_owned(),
        ),
        ("size(:n) = a", format!("{wrong_type}: size, operand type: N")),
        ("a < :b", format!("{wrong_type}: <, operand type: BOOL")),
        (":b >= a", format!("{wrong_type}: >=, operand type: BOOL")),
        ("a BETWEEN :b AND :b", format!("{wrong_type}: BETWEEN, operand type: BOOL")),
        ("a = #a", format!("{distinct}; operator: =, first operand: [a]")),
        ("contains(a.b[1], #a.b[1])", format!("{distinct}; operator: contains, first operand: [a, b, [1]]")),
        (
            "a BETWEEN :n AND :s",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"
                .to_owned(),
        ),
        (
            "a BETWEEN :x AND :s",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(text, values.clone()), expected, "{text}");
    }
}

/// Which fault is told when there are several: the whole syntax first, then by rank, then by place.
#[test]
fn the_best_fault_is_told() {
    for (text, expected) in [
        ("dog(a) AND", "Syntax error"),
        ("((abort = :x)) AND dog(a)", "The expression has redundant"),
        ("abort = :x AND dog(a)", "Invalid function name"),
        ("abort = :x AND size(a)", "The function is not allowed"),
        ("a = :x AND abort = b", "Attribute name is a reserved"),
        ("contains(a) AND #undefined = b", "Incorrect number of operands"),
        ("#undefined = b AND contains(a)", "An expression attribute name"),
        (
            "contains(a, :x, #y)",
            "An expression attribute value used in expression is not defined; attribute value: :x",
        ),
    ] {
        let text_of = refused(text, json!({}));
        assert!(text_of.starts_with(expected), "{text}: {text_of}");
    }
}

#[test]
fn limits_hold() {
    let comparisons = |count: usize| vec!["a<b"; count].join(" and ");
    assert!(parse(&comparisons(300), json!({})).is_ok());
    // Observed: scylladb/scylladb issue 14473, aws/aws-sdk-js issue 3721.
    assert_eq!(
        refused(&comparisons(301), json!({})),
        "The expression contains too many operators; operator count: 301"
    );
    let nested = format!("{}a<b{}", "a<b and (".repeat(299), ")".repeat(299));
    assert!(
        parse(&nested, json!({}))
            .unwrap()
            .holds(&wire::read_item(&json!({"a": {"N": "1"}, "b": {"N": "2"}})).unwrap())
    );
    let list = |count: usize| format!("a IN ({})", vec!["b"; count].join(","));
    assert!(parse(&list(100), json!({})).is_ok());
    // Observed: reapit/foundations issue 8255.
    assert_eq!(
        refused(&list(163), json!({})),
        "The IN operator is provided with too many operands; number of operands: 163"
    );
    // Observed: pynamodb/PynamoDB issue 979.
    let long = format!("a = {}", "b".repeat(4105));
    assert_eq!(
        refused(&long, json!({})),
        "Expression size has exceeded the maximum allowed size; expression size: 4109"
    );
    let deep = (0..40).fold("a".to_owned(), |path, _| path + ".b") + " = c";
    assert!(refused(&deep, json!({})).starts_with("The document path has too many nesting elements"));
}

#[test]
fn hostile_expressions_end_soon() {
    for text in ["(", ")", "NOT ", "a=b AND(", "NOT(", "size(", "a IN (", "a[", "((a", "a.", "contains(a,"] {
        let _ = parse(&text.repeat(4096 / text.len()), json!({}));
        assert!(parse(&text.repeat(100_000), json!({})).is_err(), "{text}");
    }
    // A byte string that would make a naive search quadratic.
    let bytes = Value::B(vec![0; 200_000]);
    let mut part = vec![0; 100_000];
    part.push(1);
    assert!(!contains(&bytes, &Value::B(part)));
}

#[test]
fn attributes_are_told() {
    let condition = parse("m.k = :v AND (size(l) > n OR contains(ss, a))", json!({":v": {"S": ""}})).unwrap();
    assert_eq!(condition.attributes().into_iter().collect::<Vec<_>>(), ["a", "l", "m", "n", "ss"]);
}

/// An expression as text, and what a simple reading of it says about an item of small numbers.
#[derive(Debug, Clone)]
enum Model {
    Compare(usize, u8, u8),
    Between(u8, u8, u8),
    In(u8, Vec<u8>),
    Exists(u8),
    Not(Box<Model>),
    And(Vec<Model>),
    Or(Vec<Model>),
}

const ATTRIBUTES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

impl Model {
    fn text(&self) -> String {
        let name = |at: &u8| ATTRIBUTES[usize::from(*at)];
        let join = |parts: &[Self], word: &str| {
            let texts: Vec<_> = parts.iter().map(Self::text).collect();
            format!("({})", texts.join(word))
        };
        match self {
            Self::Compare(operator, left, right) => {
                format!("{} {} {}", name(left), ["=", "<>", "<", "<=", ">", ">="][*operator], name(right))
            }
            Self::Between(value, low, high) => {
                format!("{} BETWEEN {} AND {}", name(value), name(low), name(high))
            }
            Self::In(value, list) => {
                format!("{} IN ({})", name(value), list.iter().map(name).collect::<Vec<_>>().join(", "))
            }
            Self::Exists(value) => format!("attribute_exists({})", name(value)),
            Self::Not(inner) => format!("NOT {}", inner.text()),
            Self::And(parts) => join(parts, " AND "),
            Self::Or(parts) => join(parts, " OR "),
        }
    }

    fn holds(&self, values: &[Option<i64>]) -> bool {
        let get = |at: &u8| values[usize::from(*at)];
        match self {
            Self::Compare(operator, left, right) => match (get(left), get(right)) {
                (Some(left), Some(right)) => {
                    [left == right, left != right, left < right, left <= right, left > right, left >= right]
                        [*operator]
                }
                _ => *operator == 1,
            },
            Self::Between(value, low, high) => match (get(value), get(low), get(high)) {
                (Some(value), Some(low), Some(high)) => low <= value && value <= high,
                _ => false,
            },
            Self::In(value, list) => {
                get(value).is_some_and(|value| list.iter().any(|at| get(at) == Some(value)))
            }
            Self::Exists(value) => get(value).is_some(),
            Self::Not(inner) => !inner.holds(values),
            Self::And(parts) => parts.iter().all(|part| part.holds(values)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(values)),
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    let attribute = || 0u8..6;
    let leaf = prop_oneof![
        (0usize..6, attribute(), 1u8..6)
            .prop_map(|(operator, left, step)| { Model::Compare(operator, left, (left + step) % 6) }),
        (attribute(), attribute(), attribute())
            .prop_map(|(value, low, high)| Model::Between(value, low, high)),
        (attribute(), proptest::collection::vec(attribute(), 1..4))
            .prop_map(|(value, list)| Model::In(value, list)),
        attribute().prop_map(Model::Exists),
    ];
    leaf.prop_recursive(4, 20, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Model::Not(Box::new(inner))),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Model::And),
            proptest::collection::vec(inner, 2..4).prop_map(Model::Or),
        ]
    })
}

proptest! {
    #[test]
    fn conditions_mean_what_they_say(model in model(), values in proptest::collection::vec(proptest::option::of(0i64..4), 6)) {
        let pairs = ATTRIBUTES.into_iter().zip(&values);
        let item: Item = pairs.filter_map(|(name, value)| Some((name.to_owned(), Value::from((*value)?)))).collect();
        let condition = Condition::parse(Parameter::Filter, &model.text(), &mut Placeholders::default());
        prop_assert_eq!(condition.unwrap().holds(&item), model.holds(&values), "{}", model.text());
    }

    #[test]
    fn any_text_is_answered(text in ".{0,60}") {
        let _ = parse(&text, json!({}));
    }

    #[test]
    fn any_tokens_are_answered(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "a", "#a", ":v", "(", ")", "[", "]", "0", ".", ",", "=", "<", "<>", "AND", "OR", "NOT", "BETWEEN", "IN", "size",
        "contains", "attribute_exists", "begins_with", "!", "é",
    ]), 0..20)) {
        let _ = parse(&tokens.join(" "), json!({":v": {"S": "x"}}));
    }

    #[test]
    fn parts_of_bytes_are_found(bytes in proptest::collection::vec(0u8..3, 0..30), part in proptest::collection::vec(0u8..3, 0..5)) {
        let naive = part.is_empty() || bytes.windows(part.len()).any(|window| window == part);
        prop_assert_eq!(contains_bytes(&bytes, &part), naive);
    }
}

const REDUNDANT: &str = "The expression has redundant parentheses;";
