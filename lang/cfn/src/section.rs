//! The sections of a template, one reader each.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::Invalid;
use crate::eval::text_of;
use crate::expr::Expr;
use crate::limits::{
    DESCRIPTION_BYTES_MAX, MAPPING_ATTRIBUTES_MAX, MAPPINGS_MAX, NAME_CHARS_MAX, OUTPUTS_MAX, PARAMETERS_MAX,
    RESOURCES_MAX,
};
use crate::parameter::Parameter;
use crate::template::{DeletionPolicy, Output, Resource, section};

type Object = Map<String, Value>;
/// Mapping, top key, second key, value.
type Mappings = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

const RESOURCE_MEMBERS: &[&str] = &[
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Description",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

pub(crate) fn top_level(top: &Object) -> Result<(), Invalid> {
    // First, because a transform may define sections of its own (Globals).
    if let Some(transform) = top.get("Transform") {
        let names: Vec<String> = match transform {
            Value::Array(items) => items.iter().map(name_of_transform).collect(),
            one => vec![name_of_transform(one)],
        };
        return Err(Invalid::new(format!(
            "Template error: Transform [{}] is not supported here",
            names.join(", ")
        )));
    }
    let unknown: Vec<&str> = top.keys().map(String::as_str).filter(|key| !SECTIONS.contains(key)).collect();
    if !unknown.is_empty() {
        return Err(Invalid::new(format!(
            "Invalid template property or properties [{}]",
            unknown.join(", ")
        )));
    }
    if let Some(version) = top.get("AWSTemplateFormatVersion")
        && version.as_str() != Some("2010-09-09")
    {
        return Err(Invalid::new("Template format error: unsupported value for AWSTemplateFormatVersion."));
    }
    for refused in ["Rules", "Hooks"] {
        if top.contains_key(refused) {
            return Err(Invalid::new(format!("Template error: the {refused} section is not supported here")));
        }
    }
    if section(top, "Resources")?.is_none_or(Map::is_empty) {
        return Err(Invalid::new("Template format error: At least one Resources member must be defined."));
    }
    for name in ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"] {
        if let Some(found) = top.get(name) {
            no_nulls(found, &mut format!("/{name}"))?;
        }
    }
    Ok(())
}

fn name_of_transform(transform: &Value) -> String {
    let name = transform.get("Name").unwrap_or(transform);
    text_of(name).unwrap_or_else(|| name.to_string())
}

/// CloudFormation knows no null outside of Metadata (a null output is recorded in LocalStack's `test_validations`).
fn no_nulls(value: &Value, path: &mut String) -> Result<(), Invalid> {
    let length = path.len();
    match value {
        Value::Null => {
            return Err(Invalid::new(format!("[{path}] 'null' values are not allowed in templates")));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push_str(&format!("/{at}"));
                no_nulls(item, path)?;
                path.truncate(length);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                if key == "Metadata" && path.matches('/').count() == 2 {
                    continue;
                }
                path.push('/');
                path.push_str(key);
                no_nulls(item, path)?;
                path.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}

pub(crate) fn description(top: &Object) -> Result<Option<String>, Invalid> {
    match top.get("Description") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > DESCRIPTION_BYTES_MAX => Err(Invalid::new(format!(
            "Template format error: 'Description' length is greater than {DESCRIPTION_BYTES_MAX}"
        ))),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Invalid::new("Template format error: Every Description member must be a string.")),
    }
}

fn names(kind: &str, map: &Object) -> Result<(), Invalid> {
    for name in map.keys() {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Invalid::new(format!(
                "Template format error: {kind} name {name} is non alphanumeric."
            )));
        }
        if name.len() > NAME_CHARS_MAX {
            return Err(Invalid::new(format!(
                "Template format error: {kind} name {name} is longer than {NAME_CHARS_MAX} characters"
            )));
        }
    }
    Ok(())
}

fn count(what: &str, number: usize, max: usize) -> Result<(), Invalid> {
    match number > max {
        true => Err(Invalid::new(format!(
            "Template format error: Number of {what}, {number}, is greater than maximum allowed, {max}"
        ))),
        false => Ok(()),
    }
}

pub(crate) fn parameters(top: &Object) -> Result<Vec<Parameter>, Invalid> {
    let Some(map) = section(top, "Parameters")? else {
        return Ok(Vec::new());
    };
    count("parameters", map.len(), PARAMETERS_MAX)?;
    names("Parameter", map)?;
    map.iter().map(|(name, json)| Parameter::read(name, json)).collect()
}

pub(crate) fn mappings(top: &Object) -> Result<Mappings, Invalid> {
    let Some(map) = section(top, "Mappings")? else {
        return Ok(BTreeMap::new());
    };
    count("mappings", map.len(), MAPPINGS_MAX)?;
    names("Mapping", map)?;
    let must_be_map = |name: &str| {
        Invalid::new(format!("Template format error: Every Mappings member {name} must be a map"))
    };
    let mut mappings = BTreeMap::new();
    for (name, tops) in map {
        let tops = tops.as_object().ok_or_else(|| must_be_map(name))?;
        let mut read_tops = BTreeMap::new();
        for (top, attributes) in tops {
            let attributes = attributes.as_object().ok_or_else(|| must_be_map(top))?;
            count("mapping attributes", attributes.len(), MAPPING_ATTRIBUTES_MAX)?;
            let mut read_attributes = BTreeMap::new();
            for (attribute, value) in attributes {
                read_attributes.insert(attribute.clone(), mapping_value(value)?);
            }
            read_tops.insert(top.clone(), read_attributes);
        }
        mappings.insert(name.clone(), read_tops);
    }
    Ok(mappings)
}

fn mapping_value(value: &Value) -> Result<Value, Invalid> {
    let fits = match value {
        Value::Array(items) => items.iter().all(|item| text_of(item).is_some()),
        value => text_of(value).is_some(),
    };
    match fits {
        true => Ok(value.clone()),
        false => {
            Err(Invalid::new("Template format error: Every Mappings attribute must be a String or a List."))
        }
    }
}

/// The conditions, each after those that it names.
pub(crate) fn conditions(top: &Object) -> Result<Vec<(String, Expr)>, Invalid> {
    let Some(map) = section(top, "Conditions")? else {
        return Ok(Vec::new());
    };
    // Names of conditions may have any form: AWS took `AWS::NoValue` (LocalStack's `test_using_pseudoparameters_in_places`).
    let mut read = Vec::with_capacity(map.len());
    for (name, json) in map {
        read.push((name.clone(), Expr::read_condition(json)?));
    }
    crate::graph::conditions_in_order(read)
}

pub(crate) fn resources(top: &Object) -> Result<Vec<Resource>, Invalid> {
    let Some(map) = section(top, "Resources")? else {
        return Ok(Vec::new());
    };
    count("resources", map.len(), RESOURCES_MAX)?;
    names("Resource", map)?;
    map.iter().map(|(name, json)| resource(name, json)).collect()
}

fn resource(name: &str, json: &Value) -> Result<Resource, Invalid> {
    let Some(members) = json.as_object() else {
        return Err(Invalid::new(format!(
            "Template format error: [/Resources/{name}] resource definition is malformed"
        )));
    };
    if let Some(unknown) = members.keys().find(|key| !RESOURCE_MEMBERS.contains(&key.as_str())) {
        if unknown.starts_with("Fn::") {
            return Err(Invalid::new(format!("Template error: {unknown} is not supported here")));
        }
        return Err(Invalid::new(format!("Invalid template resource property '{unknown}'")));
    }
    let Some(type_name) = members.get("Type").and_then(Value::as_str) else {
        return Err(Invalid::new(format!(
            "Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
        )));
    };
    let properties = match members.get("Properties") {
        None => Expr::Map(Vec::new()),
        Some(map @ Value::Object(_)) => Expr::read(map)?,
        Some(_) => {
            return Err(Invalid::new(format!(
                "Template format error: [/Resources/{name}/Properties] Properties must be an object"
            )));
        }
    };
    Ok(Resource {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        properties,
        depends_on: depends_on(members)?,
        condition: condition_name(members)?,
        deletion_policy: policy(members, "DeletionPolicy", name)?,
        update_replace_policy: policy(members, "UpdateReplacePolicy", name)?,
        metadata: members.get("Metadata").cloned(),
        has_creation_policy: members.contains_key("CreationPolicy"),
        has_update_policy: members.contains_key("UpdatePolicy"),
    })
}

fn depends_on(members: &Object) -> Result<Vec<String>, Invalid> {
    let wrong = || Invalid::new("Template format error: Every DependsOn value must be a string.");
    match members.get("DependsOn") {
        None => Ok(Vec::new()),
        Some(Value::String(name)) => Ok(vec![name.clone()]),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

fn condition_name(members: &Object) -> Result<Option<String>, Invalid> {
    match members.get("Condition") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.clone())),
        Some(_) => Err(Invalid::new("Template format error: Every Condition member must be a string.")),
    }
}

/// A policy: one of the known words, or a function of parameters and mappings that gives one.
fn policy(members: &Object, key: &str, name: &str) -> Result<Option<Expr>, Invalid> {
    let Some(value) = members.get(key) else {
        return Ok(None);
    };
    let expr = Expr::read(value)?;
    let known = match &expr {
        Expr::Plain(Value::String(word)) => DeletionPolicy::parse(word).is_some(),
        Expr::Call(_) => true,
        _ => false,
    };
    match known {
        true => Ok(Some(expr)),
        false => Err(unrecognized_policy(key, value, name)),
    }
}

pub(crate) fn unrecognized_policy(key: &str, value: &Value, name: &str) -> Invalid {
    Invalid::new(format!(
        "Template error: Unrecognized {key} {} for resource {name}",
        text_of(value).unwrap_or_else(|| value.to_string())
    ))
}

pub(crate) fn outputs(top: &Object) -> Result<Vec<Output>, Invalid> {
    let Some(map) = section(top, "Outputs")? else {
        return Ok(Vec::new());
    };
    count("outputs", map.len(), OUTPUTS_MAX)?;
    names("Output", map)?;
    map.iter().map(|(name, json)| output(name, json)).collect()
}

fn output(name: &str, json: &Value) -> Result<Output, Invalid> {
    let Some(members) = json.as_object() else {
        return Err(Invalid::new(format!("Template format error: Output {name} is malformed.")));
    };
    if let Some(unknown) =
        members.keys().find(|key| !["Condition", "Description", "Export", "Value"].contains(&key.as_str()))
    {
        return Err(Invalid::new(format!("Invalid template output property '{unknown}'")));
    }
    let Some(value) = members.get("Value") else {
        return Err(Invalid::new("Template format error: Every Outputs member must contain a Value object"));
    };
    let malformed = || {
        Invalid::new(format!(
            "Template format error: Output {name} is malformed. The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens."
        ))
    };
    let export = match members.get("Export") {
        None => None,
        Some(Value::Object(export)) if export.len() == 1 => {
            Some(Expr::read(export.get("Name").ok_or_else(malformed)?)?)
        }
        Some(_) => return Err(malformed()),
    };
    let description = match members.get("Description") {
        None => None,
        Some(text) => Some(text_of(text).ok_or_else(|| {
            Invalid::new("Template format error: Every Description member must be a string.")
        })?),
    };
    Ok(Output {
        name: name.to_owned(),
        description,
        value: Expr::read(value)?,
        export,
        condition: condition_name(members)?,
    })
}
