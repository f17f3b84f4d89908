//! Parameters: what a template asks for, and whether what it is given fits.

use serde_json::{Map, Value};

use crate::Invalid;
use crate::eval::text_of;
use crate::limits::PARAMETER_VALUE_BYTES_MAX;

/// One parameter of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// The type as it was written.
    pub type_name: String,
    /// The value when none is given.
    pub default: Option<String>,
    /// Whether the value is hidden wherever the stack is described.
    pub no_echo: bool,
    /// What it is for.
    pub description: Option<String>,
    /// The values that it may have.
    pub allowed_values: Option<Vec<String>>,
    constraint_description: Option<String>,
    allowed_pattern: Option<String>,
    min_length: Option<f64>,
    max_length: Option<f64>,
    min_value: Option<f64>,
    max_value: Option<f64>,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, or a name of some AWS thing.
    Text,
    /// A number, kept as it was written.
    Number,
    /// Texts between commas.
    Texts,
    /// Numbers between commas.
    Numbers,
    /// The name of an SSM parameter whose value is a text.
    SsmText,
    /// The name of an SSM parameter whose value is texts between commas.
    SsmTexts,
}

/// The types that name something of an account. That it exists is not checked.
const AWS_TYPES: &[&str] = &[
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

const MEMBERS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        let inside = |prefix: &str| name.strip_prefix(prefix)?.strip_suffix('>');
        match name {
            "String" | "AWS::SSM::Parameter::Name" => return Some(Self::Text),
            "Number" => return Some(Self::Number),
            "CommaDelimitedList" | "List<String>" => return Some(Self::Texts),
            "List<Number>" => return Some(Self::Numbers),
            _ if AWS_TYPES.contains(&name) => return Some(Self::Text),
            _ => {}
        }
        if let Some(item) = inside("List<") {
            return AWS_TYPES.contains(&item).then_some(Self::Texts);
        }
        match Self::parse(inside("AWS::SSM::Parameter::Value<")?)? {
            Self::Text => Some(Self::SsmText),
            Self::Texts => Some(Self::SsmTexts),
            _ => None,
        }
    }

    /// Whether the value is the name of an SSM parameter, to be looked up.
    pub fn is_ssm(self) -> bool {
        matches!(self, Self::SsmText | Self::SsmTexts)
    }
}

impl Parameter {
    pub(crate) fn read(name: &str, json: &Value) -> Result<Self, Invalid> {
        let Some(members) = json.as_object() else {
            return Err(Invalid::new("Template format error: Every Parameters member must be a map"));
        };
        if let Some(unknown) = members.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(Invalid::new(format!("Invalid template parameter property '{unknown}'")));
        }
        let Some(type_name) = members.get("Type").and_then(Value::as_str) else {
            return Err(Invalid::new(
                "Template format error: Every Parameters object must contain a Type member.",
            ));
        };
        let Some(kind) = Kind::parse(type_name) else {
            return Err(Invalid::new(format!(
                "Template format error: Unrecognized parameter type: {type_name}"
            )));
        };
        let parameter = Self {
            name: name.to_owned(),
            kind,
            type_name: type_name.to_owned(),
            default: default(members, kind)?,
            no_echo: text(members, "NoEcho")?.is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
            description: text(members, "Description")?,
            allowed_values: allowed_values(members)?,
            constraint_description: text(members, "ConstraintDescription")?,
            allowed_pattern: text(members, "AllowedPattern")?,
            min_length: number(members, "MinLength", name)?,
            max_length: number(members, "MaxLength", name)?,
            min_value: number(members, "MinValue", name)?,
            max_value: number(members, "MaxValue", name)?,
        };
        parameter.check_bounds()?;
        if let Some(default) = &parameter.default {
            parameter.check(default)?;
        }
        Ok(parameter)
    }

    fn check_bounds(&self) -> Result<(), Invalid> {
        for (low, low_name, high, high_name) in [
            (self.min_length, "MinLength", self.max_length, "MaxLength"),
            (self.min_value, "MinValue", self.max_value, "MaxValue"),
        ] {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                return Err(Invalid::new(format!(
                    "Template error: Parameter '{}' {low_name} must be less than {high_name}.",
                    self.name
                )));
            }
        }
        Ok(())
    }

    /// Whether `value` satisfies the parameter's type and constraints.
    pub fn check(&self, value: &str) -> Result<(), Invalid> {
        if value.len() > PARAMETER_VALUE_BYTES_MAX {
            return Err(Invalid::new(format!(
                "Parameter '{}' exceeds the maximum allowed length of {PARAMETER_VALUE_BYTES_MAX} bytes",
                self.name
            )));
        }
        let items = match self.kind {
            Kind::Texts | Kind::Numbers => split(value),
            _ => vec![value],
        };
        for item in items {
            let Err(reason) = self.check_item(item)? else {
                continue;
            };
            return Err(Invalid(match &self.constraint_description {
                Some(description) => {
                    format!("Parameter {} failed to satisfy constraint: {description}", self.name)
                }
                None => format!("Parameter '{}' {reason}", self.name),
            }));
        }
        Ok(())
    }

    /// The inner error is what the item does not satisfy; the outer one is a fault of the template.
    fn check_item(&self, item: &str) -> Result<Result<(), String>, Invalid> {
        if let Some(allowed) = &self.allowed_values
            && !allowed.iter().any(|value| value == item)
        {
            return Ok(Err("must be one of AllowedValues".to_owned()));
        }
        let chars = item.chars().count() as f64;
        if let Some(min) = self.min_length.filter(|min| chars < *min) {
            return Ok(Err(format!("must contain at least {min} characters")));
        }
        if let Some(max) = self.max_length.filter(|max| chars > *max) {
            return Ok(Err(format!("must contain at most {max} characters")));
        }
        if let Some(pattern) = &self.allowed_pattern
            && !self.matches(pattern, item)?
        {
            return Ok(Err(format!("must match pattern {pattern}")));
        }
        if !matches!(self.kind, Kind::Number | Kind::Numbers) {
            return Ok(Ok(()));
        }
        let number: f64 = match item.trim().parse() {
            Ok(number) => number,
            Err(_) => return Ok(Err("must be a number".to_owned())),
        };
        if let Some(min) = self.min_value.filter(|min| number < *min) {
            return Ok(Err(format!("must be a number not less than {min}")));
        }
        if let Some(max) = self.max_value.filter(|max| number > *max) {
            return Ok(Err(format!("must be a number not greater than {max}")));
        }
        Ok(Ok(()))
    }

    fn matches(&self, pattern: &str, item: &str) -> Result<bool, Invalid> {
        let wrong = || {
            Invalid::new(format!(
                "Parameter '{}' AllowedPattern must be a valid regular expression.",
                self.name
            ))
        };
        // A pattern speaks of the whole value. The library bounds its backtracking, so a hostile pattern ends in an error.
        let regex = fancy_regex::Regex::new(&format!("^(?:{pattern})$")).map_err(|_| wrong())?;
        regex.is_match(item).map_err(|_| wrong())
    }

    /// What `Ref` of the parameter gives for this text: lists become arrays.
    pub fn value(&self, text: &str) -> Value {
        match self.kind {
            Kind::Texts | Kind::Numbers | Kind::SsmTexts => Value::from(split(text)),
            _ => Value::String(text.to_owned()),
        }
    }
}

/// The items of a list parameter, without the spaces around them.
fn split(text: &str) -> Vec<&str> {
    match text.is_empty() {
        true => Vec::new(),
        false => text.split(',').map(str::trim).collect(),
    }
}

fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Invalid> {
    match members.get(name) {
        None => Ok(None),
        Some(value) => match text_of(value) {
            Some(text) => Ok(Some(text)),
            None => {
                Err(Invalid::new(format!("Template format error: Every {name} member must be a string.")))
            }
        },
    }
}

/// A default may be a list for a list parameter.
fn default(members: &Map<String, Value>, kind: Kind) -> Result<Option<String>, Invalid> {
    match (members.get("Default"), kind) {
        (Some(Value::Array(items)), Kind::Texts | Kind::Numbers) => {
            match items.iter().map(text_of).collect::<Option<Vec<_>>>() {
                Some(items) => Ok(Some(items.join(","))),
                None => Err(Invalid::new("Template format error: Every Default member must be a string.")),
            }
        }
        _ => text(members, "Default"),
    }
}

fn allowed_values(members: &Map<String, Value>) -> Result<Option<Vec<String>>, Invalid> {
    match members.get("AllowedValues") {
        None => Ok(None),
        Some(Value::Array(items)) => match items.iter().map(text_of).collect::<Option<Vec<_>>>() {
            Some(items) => Ok(Some(items)),
            None => Err(Invalid::new("Template format error: Every AllowedValues value must be a string.")),
        },
        Some(_) => Err(Invalid::new("Template format error: Every AllowedValues member must be a list.")),
    }
}

fn number(members: &Map<String, Value>, name: &str, parameter: &str) -> Result<Option<f64>, Invalid> {
    match text(members, name)? {
        None => Ok(None),
        Some(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(Invalid::new(format!(
                "Template format error: Parameter '{parameter}' {name} must be a number."
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(parameter: Value, value: &str, expected: &str) {
        let found = Parameter::read("P", &parameter)
            .and_then(|parameter| parameter.check(value))
            .err()
            .map_or_else(String::new, |error| error.0);
        assert_eq!(found, expected, "{parameter} {value}");
    }

    /// Texts: AWS documentation "Parameters" (ConstraintDescription), aws-quickstart/quickstart-pivotal-cloudfoundry
    /// issue 9 (pattern), and the order in which they are found.
    #[test]
    fn constraints_are_checked() {
        let string = |more: Value| {
            let mut parameter = json!({"Type": "String"});
            for (key, value) in more.as_object().unwrap() {
                parameter[key] = value.clone();
            }
            parameter
        };
        check(string(json!({})), "", "");
        check(string(json!({"AllowedValues": ["a", 1]})), "1", "");
        check(string(json!({"AllowedValues": ["a", 1]})), "b", "Parameter 'P' must be one of AllowedValues");
        check(string(json!({"AllowedPattern": "[a-z]+"})), "ab1", "Parameter 'P' must match pattern [a-z]+");
        check(string(json!({"AllowedPattern": "(?!x)[a-z]+"})), "ab", "");
        check(
            string(json!({"AllowedPattern": "("})),
            "ab",
            "Parameter 'P' AllowedPattern must be a valid regular expression.",
        );
        check(string(json!({"MinLength": 3})), "ab", "Parameter 'P' must contain at least 3 characters");
        check(string(json!({"MaxLength": "1"})), "ab", "Parameter 'P' must contain at most 1 characters");
        check(
            string(json!({"MaxLength": 1, "ConstraintDescription": "one char"})),
            "ab",
            "Parameter P failed to satisfy constraint: one char",
        );
        check(json!({"Type": "Number", "MinValue": 1, "MaxValue": 3.5}), "2", "");
        check(json!({"Type": "Number"}), "x", "Parameter 'P' must be a number");
        check(
            json!({"Type": "Number", "MinValue": 1}),
            "0",
            "Parameter 'P' must be a number not less than 1",
        );
        check(
            json!({"Type": "Number", "MaxValue": 3.5}),
            "4",
            "Parameter 'P' must be a number not greater than 3.5",
        );
        check(json!({"Type": "List<Number>"}), "1, 2", "");
        check(json!({"Type": "List<Number>"}), "1,x", "Parameter 'P' must be a number");
        check(
            json!({"Type": "CommaDelimitedList", "AllowedValues": ["a", "b"]}),
            "a,c",
            "Parameter 'P' must be one of AllowedValues",
        );
        check(
            json!({"Type": "String", "Default": "c", "AllowedValues": ["a"]}),
            "a",
            "Parameter 'P' must be one of AllowedValues",
        );
        check(
            json!({"Type": "String"}),
            &"x".repeat(4097),
            "Parameter 'P' exceeds the maximum allowed length of 4096 bytes",
        );
        check(json!({"Type": "Strin"}), "", "Template format error: Unrecognized parameter type: Strin");
        check(json!({}), "", "Template format error: Every Parameters object must contain a Type member.");
        check(json!({"Type": "String", "Defautl": 1}), "", "Invalid template parameter property 'Defautl'");
        check(
            json!({"Type": "String", "Default": {}}),
            "",
            "Template format error: Every Default member must be a string.",
        );
        check(
            json!({"Type": "String", "MinLength": 2, "MaxLength": 1}),
            "",
            "Template error: Parameter 'P' MinLength must be less than MaxLength.",
        );
    }

    #[test]
    fn types_give_texts_and_lists() {
        let value = |type_name: &str, text: &str| {
            Parameter::read("P", &json!({"Type": type_name})).unwrap().value(text)
        };
        assert_eq!(value("Number", "1.50"), json!("1.50"));
        assert_eq!(value("CommaDelimitedList", "a, b ,,c"), json!(["a", "b", "", "c"]));
        assert_eq!(value("List<AWS::EC2::Subnet::Id>", "a"), json!(["a"]));
        assert_eq!(value("CommaDelimitedList", ""), json!([]));
        assert_eq!(value("AWS::SSM::Parameter::Value<List<String>>", "a,b"), json!(["a", "b"]));
        let ssm = Parameter::read("P", &json!({"Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"}));
        assert_eq!(ssm.unwrap().kind, Kind::SsmText);
        assert!(Parameter::read("P", &json!({"Type": "AWS::SSM::Parameter::Value<Number>"})).is_err());
        assert!(Parameter::read("P", &json!({"Type": "List<List<Number>>"})).is_err());
    }
}
