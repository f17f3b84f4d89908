//! Layers.

use std::fs;

use aws_lc_rs::digest;
use serde_json::{Value, json};

use super::cfn::{get, json_text, reference, take, text};
use super::config::Config;
use super::names;
use super::output::Output;

/// Puts the layers, their permissions and outputs.
pub(super) fn compile(config: &Config, out: &mut Output) {
    for (name, settings) in config.layers.as_object().into_iter().flatten() {
        let Some(package) = config.packages.layers.get(name) else {
            out.problems.push(
                config.service.problem(&["layers", name], format!("the layer `{name}` has no package")),
            );
            continue;
        };
        let layer = layer(config, name, settings);
        let content = match fs::read(&package.file) {
            Ok(content) => content,
            Err(error) => {
                let message = format!("the package of layer `{name}` cannot be read: {error}");
                out.problems.push(config.service.problem(&["layers", name], message));
                continue;
            }
        };
        let hash = hash(&layer, &content);
        let key = format!("{}/{}", config.packages.prefix, package.name);
        put(out, name, settings, layer, &hash, &key);
    }
}

fn layer(config: &Config, name: &str, settings: &Value) -> Value {
    let mut properties = json!({
        "Content": { "S3Bucket": config.bucket() },
        "LayerName": text(settings, "name").filter(|name| !name.is_empty()).unwrap_or(name),
    });
    let members = [
        ("description", "Description"),
        ("licenseInfo", "LicenseInfo"),
        ("compatibleRuntimes", "CompatibleRuntimes"),
        ("compatibleArchitectures", "CompatibleArchitectures"),
    ];
    for (setting, property) in members {
        if let Some(value) = take(settings, setting) {
            properties[property] = value.clone();
        }
    }
    json!({ "Type": "AWS::Lambda::LayerVersion", "Properties": properties })
}

/// SHA-1 of the layer's settings and content: the stack's outputs show it, and a retained layer is named by it.
fn hash(layer: &Value, content: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    context.update(json_text(layer).as_bytes());
    context.update(content);
    names::hex(context.finish().as_ref())
}

fn put(out: &mut Output, name: &str, settings: &Value, mut layer: Value, hash: &str, key: &str) {
    layer["Properties"]["Content"]["S3Key"] = json!(key);
    let retain = take(settings, "retain").is_some();
    let id = names::layer(name);
    let kept = |id: String| if retain { format!("{id}{hash}") } else { id };
    let layer_id = kept(id.clone());
    if retain {
        layer["DeletionPolicy"] = json!("Retain");
    }
    out.put(layer_id.clone(), layer);
    for account in get(settings, "allowedAccounts").and_then(Value::as_array).into_iter().flatten() {
        let mut permission = json!({
            "Type": "AWS::Lambda::LayerVersionPermission",
            "Properties": {
                "Action": "lambda:GetLayerVersion",
                "LayerVersionArn": reference(&layer_id),
                "Principal": account,
            },
        });
        if retain {
            permission["DeletionPolicy"] = json!("Retain");
        }
        let who = account.as_str().unwrap_or_default().replacen('*', "Wild", 1);
        out.put(kept(format!("{}{who}LambdaLayerPermission", names::part(name))), permission);
    }
    let value = |description: &str, value: Value| json!({ "Description": description, "Value": value });
    out.put_output(format!("{id}QualifiedArn"), value("Current Lambda layer version", reference(&layer_id)));
    out.put_output(format!("{id}Hash"), value("Current Lambda layer hash", json!(hash)));
    out.put_output(format!("{id}S3Key"), value("Current Lambda layer S3Key", json!(key)));
}
