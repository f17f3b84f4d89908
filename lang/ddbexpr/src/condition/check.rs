//! What is wrong with the operands of operators and functions, whatever language they came in.

use base64::engine::{Engine, general_purpose::STANDARD};

use super::{Comparator, Node, Operand};
use crate::limits::IN_OPERANDS_MAX;
use crate::parser::Rank;
use crate::{Kind, Value};

/// A fault and its rank among others of the same part.
pub(crate) type Fault = (Rank, String);

/// The functions of conditions and how many operands they have.
const FUNCTIONS: [(&str, usize); 6] = [
    ("attribute_exists", 1),
    ("attribute_not_exists", 1),
    ("attribute_type", 2),
    ("begins_with", 2),
    ("contains", 2),
    ("size", 1),
];

/// What cannot begin with anything.
const NOT_TEXT: [Kind; 8] = [Kind::N, Kind::Bool, Kind::Null, Kind::M, Kind::L, Kind::Ss, Kind::Ns, Kind::Bs];

/// How many operands a function has; none if conditions do not have it.
pub(crate) fn arity(name: &str) -> Option<usize> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, count)| *count)
}

/// The faults of a comparison.
pub(crate) fn comparison(comparator: Comparator, left: &Operand, right: &Operand) -> Vec<Fault> {
    let mut faults: Vec<_> = distinct(comparator.symbol(), left, right).into_iter().collect();
    if comparator.is_ordering() {
        faults.extend(ordered(comparator.symbol(), [left, right]));
    }
    faults
}

/// The faults of BETWEEN.
pub(crate) fn between(value: &Operand, low: &Operand, high: &Operand) -> Vec<Fault> {
    let mut faults: Vec<_> = ordered("BETWEEN", [value, low, high]).into_iter().collect();
    if let (Operand::Value(low), Operand::Value(high)) = (low, high) {
        let wrong = if low.kind() != high.kind() {
            "same data type for lower and upper bounds"
        } else if low.order(high).is_some_and(std::cmp::Ordering::is_gt) {
            "upper bound to be greater than or equal to lower bound"
        } else {
            return faults;
        };
        let (low, high) = (render(low), render(high));
        faults.push((
            Rank::Function,
            format!(
                "The BETWEEN operator requires {wrong}; lower bound operand: {low}, upper bound operand: {high}"
            ),
        ));
    }
    faults
}

/// The faults of IN.
pub(crate) fn within(list: &[Operand]) -> Vec<Fault> {
    if list.len() <= IN_OPERANDS_MAX {
        return Vec::new();
    }
    let count = list.len();
    let text = format!("The IN operator is provided with too many operands; number of operands: {count}");
    vec![(Rank::Operand, text)]
}

/// The faults of a call of a known function.
pub(crate) fn call(name: &str, operands: &[Operand]) -> Vec<Fault> {
    if arity(name) != Some(operands.len()) {
        let found = operands.len();
        let text = format!(
            "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {found}"
        );
        return vec![(Rank::Operand, text)];
    }
    let mut faults = Vec::new();
    if let [one, two] = operands {
        faults.extend(distinct(name, one, two));
    }
    let requires_path = matches!(name, "attribute_exists" | "attribute_not_exists");
    if requires_path && !matches!(operands[0], Operand::Path(_)) {
        let text = format!("Operator or function requires a document path; operator or function: {name}");
        faults.push((Rank::Function, text));
    }
    let refused: &[Kind] = match name {
        "begins_with" => &NOT_TEXT,
        "size" => &[Kind::N, Kind::Bool, Kind::Null],
        "attribute_type" => {
            faults.extend(type_name(&operands[1]));
            &[]
        }
        _ => &[],
    };
    let wrong = operands.iter().filter_map(known_kind).find(|kind| refused.contains(kind));
    faults.extend(wrong.map(|kind| wrong_type(name, kind.name())));
    faults
}

/// The second operand of `attribute_type` is a value that names a type.
fn type_name(operand: &Operand) -> Option<Fault> {
    match operand {
        Operand::Value(value) => match &**value {
            Value::S(name) if Kind::of_name(name).is_some() => None,
            Value::S(name) => Some((
                Rank::Function,
                format!(
                    "Invalid attribute type name found; type: {name}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
                ),
            )),
            other => Some(wrong_type("attribute_type", other.kind().name())),
        },
        // A path could hold any type.
        _ => Some(wrong_type("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
    }
}

fn ordered<'o>(operator: &str, operands: impl IntoIterator<Item = &'o Operand>) -> Option<Fault> {
    let kind = operands.into_iter().filter_map(known_kind).find(|kind| !kind.is_ordered())?;
    Some(wrong_type(operator, kind.name()))
}

fn distinct(operator: &str, one: &Operand, two: &Operand) -> Option<Fault> {
    match (one, two) {
        (Operand::Path(one), Operand::Path(two)) if one == two => Some((
            Rank::Distinct,
            format!(
                "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {one}"
            ),
        )),
        _ => None,
    }
}

fn wrong_type(operator: &str, kind: &str) -> Fault {
    let text = format!(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
    );
    (Rank::Function, text)
}

/// The condition that a checked function stands for; of a refused one, anything.
pub(crate) fn function(name: &str, operands: Vec<Operand>) -> Node {
    let mut operands = operands.into_iter();
    let mut next = || operands.next().unwrap_or_else(nothing);
    let one = next();
    match name {
        "attribute_not_exists" => Node::Not(Box::new(Node::Exists(one))),
        "attribute_type" => {
            let kind = match next() {
                Operand::Value(value) => value.as_text().and_then(Kind::of_name),
                _ => None,
            };
            Node::IsType(one, kind.unwrap_or(Kind::Null))
        }
        "begins_with" => Node::BeginsWith(one, next()),
        "contains" => Node::Contains(one, next()),
        _ => Node::Exists(one),
    }
}

/// Stands for an operand that is refused, so that nobody will ask for it.
pub(crate) fn nothing() -> Operand {
    Operand::Value(std::sync::Arc::new(Value::Null))
}

/// The type that an operand has for every item.
fn known_kind(operand: &Operand) -> Option<Kind> {
    match operand {
        Operand::Path(_) => None,
        Operand::Value(value) => Some(value.kind()),
        Operand::Size(_) => Some(Kind::N),
    }
}

/// A value as DynamoDB writes it in the errors of `BETWEEN`.
fn render(value: &Value) -> String {
    let plain = match value {
        Value::S(text) => text.clone(),
        Value::N(number) => number.to_string(),
        Value::B(bytes) => STANDARD.encode(bytes),
        other => crate::json::write(other).to_string(),
    };
    format!("AttributeValue: {{{}:{plain}}}", value.kind().name())
}
