//! The last steps: names for the exports, the author's own resources, and the whole template as one value.

use serde_json::{Map, Value, json};

use super::cfn::{merge, strip_nulls};
use super::config::Config;
use super::output::Output;

/// Members of a resource that an extension replaces.
const REPLACED: &[&str] =
    &["Condition", "CreationPolicy", "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy"];

/// Makes the template of everything that was put.
pub(super) fn compile(config: &Config, out: &mut Output) -> Value {
    for (id, output) in &mut out.outputs {
        if output.get("Export").is_none() {
            output["Export"] = json!({ "Name": format!("sls-{}-{id}", config.prefix()) });
        }
    }
    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The AWS CloudFormation template for this Serverless application",
        "Resources": std::mem::take(&mut out.resources),
        "Outputs": std::mem::take(&mut out.outputs),
    });
    let mut own = config.resources.clone();
    let extensions = own.as_object_mut().and_then(|own| own.shift_remove("extensions"));
    // A section that is written but empty (`Outputs:`) adds nothing.
    if let Value::Object(sections) = &mut own {
        sections.retain(|_, section| !section.is_null());
    }
    merge(&mut template, &own);
    for (id, extension) in extensions.as_ref().and_then(Value::as_object).into_iter().flatten() {
        extend(config, out, &mut template, id, extension);
    }
    for resource in template["Resources"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(properties) = resource.get_mut("Properties") {
            strip_nulls(properties);
            if properties.is_null()
                && let Some(resource) = resource.as_object_mut()
            {
                resource.shift_remove("Properties");
            }
        }
    }
    template
}

fn extend(config: &Config, out: &mut Output, template: &mut Value, id: &str, extension: &Value) {
    let mut problem = |path: &[&str], message: String| {
        let path = [&["resources", "extensions", id], path].concat();
        out.problems.push(config.service.problem(&path, message));
    };
    let Some(resource) = template["Resources"].get_mut(id) else {
        return problem(&[], format!("there is no resource `{id}` to extend in the generated template"));
    };
    for (attribute, value) in extension.as_object().into_iter().flatten() {
        match attribute.as_str() {
            "Properties" | "Metadata" => {
                let members = value.as_object().cloned().unwrap_or_default();
                match resource.get_mut(attribute).and_then(Value::as_object_mut) {
                    Some(existing) => existing.extend(members),
                    None => resource[attribute] = Value::Object(members),
                }
            }
            "DependsOn" => {
                let mut ids =
                    super::cfn::get(resource, "DependsOn").map(super::cfn::list).unwrap_or_default();
                ids.extend(super::cfn::list(value));
                resource["DependsOn"] = Value::Array(ids);
            }
            name if REPLACED.contains(&name) => resource[attribute] = value.clone(),
            name => problem(&[name], format!("`{name}` of a resource cannot be extended")),
        }
    }
}

/// The template without what differs from one packaging to the next: where the code lies, and the ids that hold
/// the time or a hash of other ids. Two packagings of the same service are equal in this form.
pub fn normalise(template: &Value) -> Value {
    let mut template = template.clone();
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else {
        return template;
    };
    let renamed = resources.iter().filter_map(|(id, resource)| {
        let (kind, name) = match resource["Type"].as_str()? {
            "AWS::ApiGateway::Deployment" => ("ApiGatewayDeployment", "ApiGatewayDeployment"),
            "AWS::ApiGatewayV2::Deployment" => ("WebsocketsDeployment", "WebsocketsDeployment"),
            _ => return None,
        };
        id.starts_with(kind).then(|| (id.clone(), name))
    });
    let renamed: Vec<(String, &str)> = renamed.collect();
    for resource in resources.values_mut() {
        for place in ["/Properties/Code/S3Key", "/Properties/Content/S3Key"] {
            if let Some(Value::String(key)) = resource.pointer_mut(place) {
                *key = key.rsplit('/').next().unwrap_or_default().to_owned();
            }
        }
        if let Some(forced) = resource.pointer_mut("/Properties/ForceDeploy") {
            *forced = json!(0);
        }
    }
    for (id, output) in template.get_mut("Outputs").and_then(Value::as_object_mut).into_iter().flatten() {
        if id.ends_with("LambdaLayerS3Key") {
            output["Value"] = json!("");
        }
    }
    rename(&mut template, &renamed);
    template
}

fn rename(value: &mut Value, renamed: &[(String, &str)]) {
    let new_name = |text: &str| renamed.iter().find(|(old, _)| old == text).map(|(_, new)| (*new).to_owned());
    match value {
        Value::String(text) => {
            if let Some(new) = new_name(text) {
                *text = new;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(map) => {
            let members = std::mem::take(map);
            for (key, mut member) in members {
                rename(&mut member, renamed);
                map.insert(new_name(&key).unwrap_or(key), member);
            }
        }
        _ => {}
    }
}
