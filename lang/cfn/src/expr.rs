//! Values with intrinsic functions in them: read once into a tree, so that a misuse is found before anything is made.

use serde_json::{Map, Value};

use crate::Invalid;

/// A value of a template: plain, or with functions somewhere in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A text, number, boolean or null.
    Plain(Value),
    /// A list.
    List(Vec<Expr>),
    /// A map, in the order it was written.
    Map(Vec<(String, Expr)>),
    /// An intrinsic function.
    Call(Box<Function>),
}

/// An intrinsic function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `Ref`: a parameter, a pseudo parameter or a resource.
    Ref(String),
    /// `Fn::GetAtt`: an attribute of a resource.
    GetAtt(String, Expr),
    /// `Fn::Sub`: a text with variables.
    Sub(Vec<Part>, Vec<(String, Expr)>),
    /// `Fn::Join`: delimiter and list.
    Join(String, Expr),
    /// `Fn::Select`: index and list.
    Select(Expr, Expr),
    /// `Fn::Split`: delimiter and text.
    Split(String, Expr),
    /// `Fn::If`: condition, value when true, value when false.
    If(String, Expr, Expr),
    /// `Fn::FindInMap`: map, top key, second key.
    FindInMap(Expr, Expr, Expr),
    /// `Fn::ImportValue`: the export's name.
    ImportValue(Expr),
    /// `Fn::Base64`.
    Base64(Expr),
    /// `Fn::Cidr`: block, count, bits of each part.
    Cidr(Expr, Expr, Option<Expr>),
    /// `Fn::GetAZs`: region.
    GetAZs(Expr),
    /// `Condition`: another condition by its name.
    Condition(String),
    /// `Fn::Equals`.
    Equals(Expr, Expr),
    /// `Fn::And`.
    And(Vec<Expr>),
    /// `Fn::Or`.
    Or(Vec<Expr>),
    /// `Fn::Not`.
    Not(Expr),
}

/// A piece of the text of `Fn::Sub`.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it is.
    Text(String),
    /// `${Name}` or `${Resource.Attribute}`, without the braces.
    Variable(String),
}

const JOIN: &str = "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.";
const SPLIT: &str = "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.";
const GET_ATT: &str = "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
const GET_ATT_ONE: &str = "Template error: if specifying one argument to Fn::GetAtt, that argument must be a non-empty string in format <LogicalId>.<Attribute>";
const FIND_IN_MAP: &str = "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
const SUB: &str = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string";
const SUB_NAME: &str = "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons";
const SELECT: &str =
    "Template error: Fn::Select requires a list argument with two elements: an integer index and a list";
const EQUALS: &str = "Template error: every Fn::Equals object requires a list of 2 string parameters.";

impl Expr {
    /// Reads a value of the Resources or Outputs section.
    pub fn read(json: &Value) -> Result<Self, Invalid> {
        match json {
            Value::Array(items) => Ok(Self::List(items.iter().map(Self::read).collect::<Result<_, _>>()?)),
            Value::Object(map) => match lone_function(map)? {
                Some((name, argument)) => Ok(Self::Call(Box::new(function(name, argument)?))),
                None => {
                    let mut entries = Vec::with_capacity(map.len());
                    for (key, value) in map {
                        entries.push((key.clone(), Self::read(value)?));
                    }
                    Ok(Self::Map(entries))
                }
            },
            plain => Ok(Self::Plain(plain.clone())),
        }
    }

    /// Reads a condition: of the Conditions section, or an argument of another condition.
    pub fn read_condition(json: &Value) -> Result<Self, Invalid> {
        let only_functions = || {
            Invalid::new(
                "Template format error: Conditions can only be boolean operations on parameters and other conditions",
            )
        };
        let map = json.as_object().ok_or_else(only_functions)?;
        if map.len() != 1 {
            return Err(only_functions());
        }
        let (name, argument) = map.iter().next().ok_or_else(only_functions)?;
        let call = match name.as_str() {
            "Condition" => match argument.as_str() {
                Some(name) => Function::Condition(name.to_owned()),
                None => {
                    return Err(Invalid::new("Template error: All Conditions must be of type string"));
                }
            },
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => function(name, argument)?,
            _ => return Err(only_functions()),
        };
        Ok(Self::Call(Box::new(call)))
    }

    /// A literal text, when this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Plain(Value::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// The function that a map is, when it is one. `Condition` is none here: it is also a key of policies.
fn lone_function(map: &Map<String, Value>) -> Result<Option<(&str, &Value)>, Invalid> {
    for (key, value) in map {
        if key != "Ref" && !key.starts_with("Fn::") {
            continue;
        }
        if map.len() == 1 {
            return Ok(Some((key, value)));
        }
        if key != "Ref" {
            return Err(Invalid::new(format!("Template error: {key} must be the only member of its object")));
        }
    }
    Ok(None)
}

fn function(name: &str, argument: &Value) -> Result<Function, Invalid> {
    match name {
        "Ref" => match argument.as_str() {
            Some(name) => Ok(Function::Ref(name.to_owned())),
            None => Err(Invalid::new("Template error: All References must be of type string")),
        },
        "Fn::GetAtt" => get_att(argument),
        "Fn::Sub" => sub(argument),
        "Fn::Join" => match delimited(argument) {
            Some((delimiter, list)) if is_list_like(list) => {
                Ok(Function::Join(delimiter.to_owned(), Expr::read(list)?))
            }
            _ => Err(Invalid::new(JOIN)),
        },
        "Fn::Split" => match delimited(argument) {
            Some((delimiter, text)) if !delimiter.is_empty() && !text.is_array() => {
                Ok(Function::Split(delimiter.to_owned(), Expr::read(text)?))
            }
            _ => Err(Invalid::new(SPLIT)),
        },
        "Fn::Select" => match pair(argument) {
            Some((index, list)) if is_list_like(list) => {
                Ok(Function::Select(Expr::read(index)?, Expr::read(list)?))
            }
            _ => Err(Invalid::new(SELECT)),
        },
        "Fn::If" => if_(argument),
        "Fn::FindInMap" => find_in_map(argument),
        "Fn::ImportValue" => Ok(Function::ImportValue(Expr::read(argument)?)),
        "Fn::Base64" => match argument {
            Value::Array(_) | Value::Null => {
                Err(Invalid::new("Template error: every Fn::Base64 object must have a String-typed value."))
            }
            argument => Ok(Function::Base64(Expr::read(argument)?)),
        },
        "Fn::Cidr" => cidr(argument),
        "Fn::GetAZs" => match argument {
            Value::Array(_) => {
                Err(Invalid::new("Template error: every Fn::GetAZs object must have a String-typed value."))
            }
            argument => Ok(Function::GetAZs(Expr::read(argument)?)),
        },
        "Fn::Equals" => match pair(argument) {
            Some((one, other)) => Ok(Function::Equals(Expr::read(one)?, Expr::read(other)?)),
            None => Err(Invalid::new(EQUALS)),
        },
        "Fn::And" => Ok(Function::And(conditions(name, argument)?)),
        "Fn::Or" => Ok(Function::Or(conditions(name, argument)?)),
        "Fn::Not" => match argument.as_array().map(Vec::as_slice) {
            Some([one]) => Ok(Function::Not(Expr::read_condition(one)?)),
            _ => Err(Invalid::new("Template error: Fn::Not requires a list argument with one element")),
        },
        "Fn::Transform" => Err(Invalid::new("Template error: Fn::Transform is not supported here")),
        other => Err(Invalid::new(format!("Template error: {other} is not a supported intrinsic function"))),
    }
}

fn get_att(argument: &Value) -> Result<Function, Invalid> {
    let (resource, attribute) = match argument {
        Value::String(text) => match text.split_once('.') {
            Some((resource, attribute)) if !resource.is_empty() && !attribute.is_empty() => {
                (resource, Expr::Plain(Value::String(attribute.to_owned())))
            }
            _ => return Err(Invalid::new(GET_ATT_ONE)),
        },
        argument => match pair(argument) {
            Some((Value::String(resource), attribute)) if !resource.is_empty() => {
                (resource.as_str(), Expr::read(attribute)?)
            }
            _ => return Err(Invalid::new(GET_ATT)),
        },
    };
    let fits = match &attribute {
        Expr::Plain(Value::String(text)) => !text.is_empty(),
        Expr::Call(call) => matches!(call.as_ref(), Function::Ref(_)),
        _ => false,
    };
    match fits {
        true => Ok(Function::GetAtt(resource.to_owned(), attribute)),
        false => Err(Invalid::new(GET_ATT)),
    }
}

fn sub(argument: &Value) -> Result<Function, Invalid> {
    let (text, variables) = match argument {
        Value::String(text) => (text, Vec::new()),
        argument => match pair(argument) {
            Some((Value::String(text), Value::Object(map))) => {
                let mut variables = Vec::with_capacity(map.len());
                for (name, value) in map {
                    variables.push((name.clone(), Expr::read(value)?));
                }
                (text, variables)
            }
            _ => return Err(Invalid::new(SUB)),
        },
    };
    Ok(Function::Sub(parts(text)?, variables))
}

/// The text of `Fn::Sub` in pieces. `${!Name}` stands for the text `${Name}`.
fn parts(text: &str) -> Result<Vec<Part>, Invalid> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        plain.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let Some(end) = inside.find('}') else {
            plain.push_str(&rest[at..]);
            rest = "";
            break;
        };
        let name = inside[..end].trim();
        rest = &inside[end + 1..];
        if let Some(literal) = name.strip_prefix('!') {
            plain.push_str("${");
            plain.push_str(literal);
            plain.push('}');
            continue;
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
        if name.is_empty() || !name.chars().all(fits) {
            return Err(Invalid::new(SUB_NAME));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Variable(name.to_owned()));
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

fn if_(argument: &Value) -> Result<Function, Invalid> {
    match argument.as_array().map(Vec::as_slice) {
        Some([Value::String(condition), yes, no]) => {
            Ok(Function::If(condition.clone(), Expr::read(yes)?, Expr::read(no)?))
        }
        Some([Value::String(_), ..]) => {
            Err(Invalid::new("Template error: Fn::If requires a list argument with three elements"))
        }
        _ => Err(Invalid::new(
            "Template error: Fn::If requires a list argument with the first element being a condition",
        )),
    }
}

fn find_in_map(argument: &Value) -> Result<Function, Invalid> {
    let Some([map, top, second]) = argument.as_array().map(Vec::as_slice) else {
        return Err(Invalid::new(FIND_IN_MAP));
    };
    let read = |value: &Value| {
        let expr = Expr::read(value)?;
        let fits = match &expr {
            Expr::Plain(value) => !value.is_null(),
            Expr::Call(call) => matches!(call.as_ref(), Function::Ref(_) | Function::FindInMap(..)),
            _ => false,
        };
        match fits {
            true => Ok(expr),
            false => Err(Invalid::new(FIND_IN_MAP)),
        }
    };
    Ok(Function::FindInMap(read(map)?, read(top)?, read(second)?))
}

fn cidr(argument: &Value) -> Result<Function, Invalid> {
    match argument.as_array().map(Vec::as_slice) {
        Some([block, count]) => Ok(Function::Cidr(Expr::read(block)?, Expr::read(count)?, None)),
        Some([block, count, bits]) => {
            Ok(Function::Cidr(Expr::read(block)?, Expr::read(count)?, Some(Expr::read(bits)?)))
        }
        _ => Err(Invalid::new(
            "Template error: every Fn::Cidr object requires two or three parameters, the ipBlock, the count and the cidrBits",
        )),
    }
}

fn conditions(name: &str, argument: &Value) -> Result<Vec<Expr>, Invalid> {
    match argument.as_array() {
        Some(items) if (2..=10).contains(&items.len()) => items.iter().map(Expr::read_condition).collect(),
        _ => Err(Invalid::new(format!(
            "Template error: every {name} object requires a list of at least 2 and at most 10 boolean parameters."
        ))),
    }
}

fn pair(argument: &Value) -> Option<(&Value, &Value)> {
    match argument.as_array()?.as_slice() {
        [one, other] => Some((one, other)),
        _ => None,
    }
}

fn delimited(argument: &Value) -> Option<(&str, &Value)> {
    let (delimiter, value) = pair(argument)?;
    Some((delimiter.as_str()?, value))
}

fn is_list_like(value: &Value) -> bool {
    value.is_array() || value.is_object()
}
