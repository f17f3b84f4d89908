//! The published version of a function, and the alias that points to it.
//!
//! A version never changes, so that its logical id holds a hash of the code and of the function's settings: when
//! either changes, CloudFormation makes a new version and keeps the old.

use serde_json::{Map, Value, json};

use super::cfn::{get, get_att, json_text, reference, take};
use super::config::{Config, Function};
use super::output::Output;
use super::{collate, names};

/// Puts the version of a function, unless versions are turned off, and its alias.
pub(super) fn compile(
    config: &Config,
    function: &Function,
    out: &mut Output,
    properties: &Map<String, Value>,
) {
    let settings = &function.settings;
    let versioned = get(settings, "versionFunction")
        .or_else(|| config.provider(&["versionFunctions"]))
        .is_none_or(crate::truth::truthy);
    if !versioned && function.alias.is_none() {
        return;
    }
    let Some(package) = config.packages.functions.get(&function.key) else { return };
    let id = format!(
        "{}LambdaVersion{}",
        names::part(&function.key),
        hash(config, out, &package.sha256, properties)
    );
    let mut version = json!({ "Type": "AWS::Lambda::Version" });
    if versioned
        || (take(settings, "provisionedConcurrency").is_none() && take(settings, "snapStart").is_none())
    {
        version["DeletionPolicy"] = json!("Retain");
    }
    version["Properties"] =
        json!({ "FunctionName": reference(&function.logical_id()), "CodeSha256": package.sha256 });
    if let Some(description) = take(settings, "description") {
        version["Properties"]["Description"] = description.clone();
    }
    out.put(id.clone(), version);
    out.put_output(
        format!("{}QualifiedArn", function.logical_id()),
        json!({ "Description": "Current Lambda function version", "Value": reference(&id) }),
    );
    alias(config, function, out, &id);
}

/// A hash of the code, of the layers of this service that the function uses, and of the function's settings.
fn hash(config: &Config, out: &Output, code: &str, properties: &Map<String, Value>) -> String {
    let layers = own_layers(config, out, properties);
    let mut layer_hashes: Vec<(&str, &str)> =
        layers.iter().map(|layer| (layer.file_name, layer.sha256)).collect();
    layer_hashes.sort_unstable();
    let mut settings = properties.clone();
    // Where the code lies, how much of it may run at once and its tags belong to the function, not to the version.
    for property in ["Code", "ReservedConcurrentExecutions", "Tags"] {
        settings.shift_remove(property);
    }
    let layers = layers.into_iter().map(|layer| layer.description).collect::<Vec<_>>();
    settings.insert("layerConfigurations".to_owned(), Value::Array(layers));
    let settings = json_text(&collate::sorted(&Value::Object(settings)));
    let mut parts = vec![code.as_bytes()];
    parts.extend(layer_hashes.iter().map(|(_, hash)| hash.as_bytes()));
    parts.push(settings.as_bytes());
    names::sha256_id(&parts)
}

struct Layer<'a> {
    file_name: &'a str,
    sha256: &'a str,
    description: Value,
}

fn own_layers<'a>(config: &'a Config, out: &Output, properties: &Map<String, Value>) -> Vec<Layer<'a>> {
    let layers = properties.get("Layers").and_then(Value::as_array).into_iter().flatten();
    let own = layers.filter_map(|layer| {
        let id = get(layer, "Ref")?.as_str()?;
        let resource = out.resources.get(id)?;
        let name = config.layers.as_object()?.keys().find(|name| id.starts_with(&names::layer(name)))?;
        let package = config.packages.layers.get(name)?;
        let mut properties = resource["Properties"].clone();
        properties["Content"].as_object_mut()?.shift_remove("S3Key");
        let description = json!({ "name": name, "ref": id, "properties": properties });
        Some(Layer { file_name: &package.name, sha256: &package.sha256, description })
    });
    own.collect()
}

fn alias(config: &Config, function: &Function, out: &mut Output, version: &str) {
    let Some(alias) = &function.alias else { return };
    let concurrency = take(&function.settings, "provisionedConcurrency");
    if concurrency.is_some() && take(&function.settings, "snapStart").is_some() {
        let message = format!(
            "the function `{}` cannot have both `provisionedConcurrency` and `snapStart`",
            function.key
        );
        out.problems.push(config.service.problem(&["functions", &function.key, "snapStart"], message));
        return;
    }
    let mut properties = json!({
        "FunctionName": reference(&function.logical_id()),
        "FunctionVersion": get_att(version, "Version"),
        "Name": alias.name,
    });
    if let Some(count) = concurrency {
        properties["ProvisionedConcurrencyConfig"] = json!({ "ProvisionedConcurrentExecutions": count });
    }
    out.put(
        alias.logical_id.clone(),
        super::cfn::resource("AWS::Lambda::Alias", properties, Some(json!(function.logical_id()))),
    );
}
