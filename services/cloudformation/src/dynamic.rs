//! The values of dynamic references.

use std::collections::BTreeMap;

use cfn::dynamic::Reference;
use cloud::caller::Caller;
use cloud::prelude::*;
use serde_json::{Map, Value, json};

/// Whether this cloud can follow a reference.
pub(crate) fn check(reference: &Reference) -> Result<(), String> {
    match reference.service.as_str() {
        "ssm" | "ssm-secure" => Ok(()),
        other => Err(format!("dynamic references to {other} are not supported here: {}", reference.text)),
    }
}

/// The value of an SSM parameter, `name` or `name:version`.
pub(crate) async fn ssm_parameter(
    cx: &mut Cx,
    caller: Caller,
    name: &str,
    decrypt: bool,
) -> Result<String, Failure> {
    let input = json!({"Name": name, "WithDecryption": decrypt});
    let answer = cx.call_json(caller, "ssm", "GetParameter", &input).await?;
    match answer["Parameter"]["Value"].as_str() {
        Some(value) => Ok(value.to_owned()),
        None => Err(Failure::internal("ssm/GetParameter answered no value")),
    }
}

/// `properties` with their dynamic references replaced.
///
/// Differs from AWS: `ssm-secure` is allowed in every property.
pub(crate) async fn resolve(
    cx: &mut Cx,
    caller: &Caller,
    properties: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let properties = Value::Object(properties.clone());
    let mut known = BTreeMap::new();
    for reference in cfn::dynamic::find(&properties) {
        let secure = reference.service == "ssm-secure";
        let value = ssm_parameter(cx, caller.clone(), &reference.key, secure).await?;
        known.insert(reference.text, value);
    }
    match cfn::dynamic::replace(&properties, &known) {
        Value::Object(properties) => Ok(properties),
        _ => Ok(Map::new()),
    }
}
