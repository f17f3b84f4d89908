//! The value of an expression, once parameters and conditions are known.

use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Map, Value};

use crate::Invalid;
use crate::cidr;
use crate::expr::{Expr, Function, Part};
use crate::limits::TEXT_BYTES_MAX;
use crate::section::unrecognized_policy;
use crate::template::{DeletionPolicy, Template};

/// What the world knows and a template does not.
pub trait Resolver {
    /// What `Ref` of a resource gives: its physical id.
    fn reference(&self, resource: &str) -> Option<Value>;
    /// What `Fn::GetAtt` gives; an `Err` says why not.
    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, Invalid>;
    /// The value exported under this name.
    fn import(&self, export: &str) -> Option<Value>;
    /// The availability zones of a region.
    fn zones(&self, region: &str) -> Vec<String>;
}

/// The values of the pseudo parameters.
#[derive(Clone, Debug)]
pub struct Pseudo {
    /// `AWS::AccountId`.
    pub account_id: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::Partition`.
    pub partition: String,
    /// `AWS::URLSuffix`.
    pub url_suffix: String,
    /// `AWS::StackId`.
    pub stack_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::NotificationARNs`.
    pub notification_arns: Vec<String>,
}

/// The names of the pseudo parameters.
pub const PSEUDO: &[&str] = &[
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

impl Pseudo {
    /// The value of a pseudo parameter; the inner `None` is `AWS::NoValue`.
    pub fn get(&self, name: &str) -> Option<Option<Value>> {
        let text = |text: &str| Some(Some(Value::String(text.to_owned())));
        match name {
            "AWS::AccountId" => text(&self.account_id),
            "AWS::Region" => text(&self.region),
            "AWS::Partition" => text(&self.partition),
            "AWS::URLSuffix" => text(&self.url_suffix),
            "AWS::StackId" => text(&self.stack_id),
            "AWS::StackName" => text(&self.stack_name),
            "AWS::NotificationARNs" => Some(Some(Value::from(self.notification_arns.clone()))),
            "AWS::NoValue" => Some(None),
            _ => None,
        }
    }
}

/// Everything that an expression is evaluated against.
pub struct Scope<'a> {
    /// The template that the expression is from.
    pub template: &'a Template,
    /// The values of all parameters, lists as arrays ([`Template::parameter_values`]).
    pub parameters: &'a BTreeMap<String, Value>,
    /// The values of all conditions ([`conditions`]).
    pub conditions: &'a BTreeMap<String, bool>,
    /// The values of the pseudo parameters.
    pub pseudo: &'a Pseudo,
    /// What the world knows.
    pub resolver: &'a dyn Resolver,
}

/// The values of all conditions of a template.
pub fn conditions(
    template: &Template,
    parameters: &BTreeMap<String, Value>,
    pseudo: &Pseudo,
) -> Result<BTreeMap<String, bool>, Invalid> {
    let mut known = BTreeMap::new();
    // `template.conditions` is in order of dependency, so one pass knows each condition that a later one names.
    for (name, expr) in &template.conditions {
        let scope = Scope { template, parameters, conditions: &known, pseudo, resolver: &Nothing };
        let value = scope.truth(expr)?;
        known.insert(name.clone(), value);
    }
    Ok(known)
}

/// A world without resources: conditions may not look at any.
struct Nothing;

impl Resolver for Nothing {
    fn reference(&self, _resource: &str) -> Option<Value> {
        None
    }
    fn attribute(&self, resource: &str, _attribute: &str) -> Result<Value, Invalid> {
        Err(undefined(resource))
    }
    fn import(&self, _export: &str) -> Option<Value> {
        None
    }
    fn zones(&self, _region: &str) -> Vec<String> {
        Vec::new()
    }
}

pub(crate) fn undefined(resource: &str) -> Invalid {
    Invalid::new(format!("Template error: instance of Fn::GetAtt references undefined resource {resource}"))
}

impl Scope<'_> {
    /// The value of `expr`; `None` when it is `AWS::NoValue`, which removes the property it stands for.
    pub fn value(&self, expr: &Expr) -> Result<Option<Value>, Invalid> {
        match expr {
            Expr::Plain(value) => Ok(Some(value.clone())),
            Expr::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(item)?);
                }
                Ok(Some(Value::Array(list)))
            }
            Expr::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, entry) in entries {
                    if let Some(value) = self.value(entry)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Value::Object(map)))
            }
            Expr::Call(call) => self.call(call),
        }
    }

    /// The value of `expr` as text; numbers and booleans are written out.
    pub fn text(&self, expr: &Expr, otherwise: &str) -> Result<String, Invalid> {
        match self.value(expr)? {
            Some(value) => text_of(&value).ok_or_else(|| Invalid::new(otherwise)),
            None => Err(Invalid::new(otherwise)),
        }
    }

    /// What `DeletionPolicy` or `UpdateReplacePolicy` (the `key`) of `resource` says.
    pub fn policy(
        &self,
        key: &str,
        policy: &Option<Expr>,
        resource: &str,
    ) -> Result<DeletionPolicy, Invalid> {
        let Some(expr) = policy else {
            return Ok(DeletionPolicy::Delete);
        };
        let value = self.value(expr)?.unwrap_or_default();
        let word = value.as_str().and_then(DeletionPolicy::parse);
        word.ok_or_else(|| unrecognized_policy(key, &value, resource))
    }

    /// The truth of a condition.
    pub fn truth(&self, expr: &Expr) -> Result<bool, Invalid> {
        let Expr::Call(call) = expr else {
            return Err(not_a_condition());
        };
        match call.as_ref() {
            Function::Condition(name) => self.condition(name, "Condition"),
            Function::Equals(one, other) => {
                let (one, other) = (self.value(one)?, self.value(other)?);
                Ok(comparable(one)? == comparable(other)?)
            }
            Function::Not(one) => Ok(!self.truth(one)?),
            Function::And(all) => {
                for one in all {
                    if !self.truth(one)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Function::Or(all) => {
                for one in all {
                    if self.truth(one)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(not_a_condition()),
        }
    }

    fn condition(&self, name: &str, place: &str) -> Result<bool, Invalid> {
        match self.conditions.get(name) {
            Some(value) => Ok(*value),
            None => Err(Invalid::new(format!(
                "Template error: unresolved condition dependency {name} in {place}"
            ))),
        }
    }

    fn call(&self, call: &Function) -> Result<Option<Value>, Invalid> {
        match call {
            Function::Ref(name) => self.reference(name),
            Function::GetAtt(resource, attribute) => {
                let attribute = self.text(attribute, "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute")?;
                self.resolver.attribute(resource, &attribute).map(Some)
            }
            Function::Sub(parts, variables) => self.sub(parts, variables),
            Function::Join(delimiter, list) => self.join(delimiter, list),
            Function::Select(index, list) => self.select(index, list),
            Function::Split(delimiter, text) => {
                let text = self.text(text, "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.")?;
                Ok(Some(Value::from(text.split(delimiter.as_str()).collect::<Vec<_>>())))
            }
            Function::If(condition, yes, no) => match self.condition(condition, "Fn::If")? {
                true => self.value(yes),
                false => self.value(no),
            },
            Function::FindInMap(map, top, second) => self.find_in_map(map, top, second),
            Function::ImportValue(name) => {
                let name = self.text(
                    name,
                    "Template error: every Fn::ImportValue object must have a String-typed value.",
                )?;
                match self.resolver.import(&name) {
                    Some(value) => Ok(Some(value)),
                    None => Err(Invalid::new(format!("No export named {name} found."))),
                }
            }
            Function::Base64(text) => {
                let text = self
                    .text(text, "Template error: every Fn::Base64 object must have a String-typed value.")?;
                Ok(Some(Value::String(BASE64_STANDARD.encode(text))))
            }
            Function::Cidr(block, count, bits) => {
                let wrong = "Template error: every Fn::Cidr object requires two or three parameters, the ipBlock, the count and the cidrBits";
                let block = self.text(block, wrong)?;
                let count = self.text(count, wrong)?;
                let bits = match bits {
                    Some(bits) => self.text(bits, wrong)?,
                    None => cidr::BITS_DEFAULT.to_string(),
                };
                let parts = cidr::split(&block, &count, &bits).map_err(Invalid)?;
                Ok(Some(Value::from(parts)))
            }
            Function::GetAZs(region) => {
                let region = match self.value(region)? {
                    None | Some(Value::Null) => String::new(),
                    Some(value) => text_of(&value).ok_or_else(|| {
                        Invalid::new(
                            "Template error: every Fn::GetAZs object must have a String-typed value.",
                        )
                    })?,
                };
                let region = match region.is_empty() {
                    true => &self.pseudo.region,
                    false => &region,
                };
                Ok(Some(Value::from(self.resolver.zones(region))))
            }
            Function::Condition(_)
            | Function::Equals(..)
            | Function::And(_)
            | Function::Or(_)
            | Function::Not(_) => Err(Invalid::new(
                "Template error: Fn::Equals, Fn::And, Fn::Or and Fn::Not can be used only in the Conditions block of the template",
            )),
        }
    }

    fn reference(&self, name: &str) -> Result<Option<Value>, Invalid> {
        if let Some(value) = self.pseudo.get(name) {
            return Ok(value);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(value.clone()));
        }
        match self.resolver.reference(name) {
            Some(value) => Ok(Some(value)),
            None => Err(Invalid::new(format!(
                "Template format error: Unresolved resource dependencies [{name}] in the Resources block of the template"
            ))),
        }
    }

    fn sub(&self, parts: &[Part], variables: &[(String, Expr)]) -> Result<Option<Value>, Invalid> {
        let wrong = "Template error: every value of the context object of every Fn::Sub object must be a string or a function that returns a string";
        let mut out = String::new();
        for part in parts {
            match part {
                Part::Text(text) => push(&mut out, text)?,
                Part::Variable(name) => {
                    let own = variables.iter().find(|(variable, _)| variable == name);
                    let value = match (own, name.split_once('.')) {
                        (Some((_, expr)), _) => self.value(expr)?,
                        (None, Some((resource, attribute))) => {
                            Some(self.resolver.attribute(resource, attribute)?)
                        }
                        (None, None) => self.reference(name)?,
                    };
                    let text = value.as_ref().and_then(text_of);
                    push(&mut out, &text.ok_or_else(|| Invalid::new(wrong))?)?;
                }
            }
        }
        Ok(Some(Value::String(out)))
    }

    fn join(&self, delimiter: &str, list: &Expr) -> Result<Option<Value>, Invalid> {
        let wrong = || {
            Invalid::new(
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
            )
        };
        let Some(Value::Array(items)) = self.value(list)? else {
            return Err(wrong());
        };
        let mut out = String::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                push(&mut out, delimiter)?;
            }
            push(&mut out, &text_of(item).ok_or_else(wrong)?)?;
        }
        Ok(Some(Value::String(out)))
    }

    fn select(&self, index: &Expr, list: &Expr) -> Result<Option<Value>, Invalid> {
        let wrong = "Template error: Fn::Select requires a list argument with a valid index value as its first element";
        let index: usize = match self.text(index, wrong)?.parse() {
            Ok(index) => index,
            Err(_) => return Err(Invalid::new(wrong)),
        };
        let Some(Value::Array(items)) = self.value(list)? else {
            return Err(Invalid::new(
                "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
            ));
        };
        // The two spaces are AWS's (cloudtools/troposphere issue 1483 quotes the answer).
        match items.into_iter().nth(index) {
            Some(item) => Ok(Some(item)),
            None => Err(Invalid::new(format!(
                "Template error: Fn::Select  cannot select nonexistent value at index {index}"
            ))),
        }
    }

    fn find_in_map(&self, map: &Expr, top: &Expr, second: &Expr) -> Result<Option<Value>, Invalid> {
        let wrong = "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";
        let map = self.text(map, wrong)?;
        let top = self.text(top, wrong)?;
        let second = self.text(second, wrong)?;
        let Some(found) = self.template.mappings.get(&map) else {
            return Err(Invalid::new(format!(
                "Template error: Mapping named '{map}' is not present in the 'Mappings' section of template."
            )));
        };
        match found.get(&top).and_then(|attributes| attributes.get(&second)) {
            Some(value) => Ok(Some(value.clone())),
            None => {
                Err(Invalid::new(format!("Template error: Unable to get mapping for {map}::{top}::{second}")))
            }
        }
    }
}

fn not_a_condition() -> Invalid {
    Invalid::new(
        "Template format error: Conditions can only be boolean operations on parameters and other conditions",
    )
}

/// Both sides of `Fn::Equals` are texts to CloudFormation, whatever they were written as.
fn comparable(value: Option<Value>) -> Result<String, Invalid> {
    value.as_ref().and_then(text_of).ok_or_else(|| {
        Invalid::new("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    })
}

fn push(out: &mut String, text: &str) -> Result<(), Invalid> {
    if out.len() + text.len() > TEXT_BYTES_MAX {
        return Err(Invalid::new(format!(
            "Template error: a text may not exceed {TEXT_BYTES_MAX} bytes in size."
        )));
    }
    out.push_str(text);
    Ok(())
}

/// A scalar as CloudFormation writes it into a text.
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
