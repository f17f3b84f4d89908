//! CloudFormation's short YAML tags and their long form.

use serde_json::{Map, Value as Json};

use crate::node::{Error, Node, Value};

/// Every short tag whose long form is `Fn::` and its name.
/// From the AWS documentation, "Intrinsic function reference" and "Rule-specific intrinsic functions".
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The long name of a short tag: `Fn::Sub` for `Sub`, `Ref` for `Ref`; `None` for a tag that CloudFormation has not.
pub fn long_name(tag: &str) -> Option<String> {
    match tag {
        "Ref" | "Condition" => Some(tag.to_owned()),
        _ if FUNCTIONS.contains(&tag) => Some(format!("Fn::{tag}")),
        _ => None,
    }
}

/// A tree as JSON, tags in their long form.
pub(crate) fn to_json(node: &Node) -> Result<Json, Error> {
    let value = match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => {
            let items: Result<Vec<Json>, Error> = items.iter().map(to_json).collect();
            Json::Array(items?)
        }
        Value::Map(entries) => {
            let mut map = Map::with_capacity(entries.len());
            for entry in entries {
                map.insert(entry.key.clone(), to_json(&entry.value)?);
            }
            Json::Object(map)
        }
    };
    let Some(tag) = &node.tag else {
        return Ok(value);
    };
    let Some(name) = long_name(tag) else {
        return Err(Error::new(node.span, format!("unknown tag `!{tag}`")));
    };
    let value = match (name.as_str(), value) {
        ("Fn::GetAtt", Json::String(text)) => dotted(text),
        (_, value) => value,
    };
    Ok(Json::Object(Map::from_iter([(name, value)])))
}

/// `A.B.C` as `["A", "B.C"]`: the attribute of a nested stack has dots of its own (`Outputs.Name`).
fn dotted(text: String) -> Json {
    match text.split_once('.') {
        Some((resource, attribute)) => Json::from(vec![resource, attribute]),
        None => Json::String(text),
    }
}
