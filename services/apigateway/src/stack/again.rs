//! What a creation finds that was tried before, by a process that ended meanwhile.
//!
//! Deployments and request validators are made a second time instead: their first ones serve nothing, and go with
//! the API.

use cloud::Failure;
use cloud::cx::Cx;
use serde_json::{Value, json};

use super::{call, member};

/// Items of one page; no list that is looked through here is longer.
const PAGE: usize = 500;

async fn items(cx: &mut Cx, operation: &str, mut input: Value) -> Result<Vec<Value>, Failure> {
    input["limit"] = json!(PAGE);
    let mut answer = call(cx, operation, input).await?;
    match answer["item"].take() {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

/// The newest API with this name into which nothing was put yet.
pub(super) async fn rest_api(cx: &mut Cx, name: &str) -> Result<Option<Value>, Failure> {
    let mut apis = items(cx, "GetRestApis", json!({})).await?;
    apis.retain(|api| api["name"] == name);
    apis.sort_by(|one, other| {
        let made = |api: &Value| api["createdDate"].as_f64().unwrap_or_default();
        made(other).total_cmp(&made(one))
    });
    for api in apis {
        let resources = items(cx, "GetResources", json!({"restApiId": member(&api, "id")})).await?;
        if resources.len() == 1 && resources.iter().all(|root| root.get("resourceMethods").is_none()) {
            return Ok(Some(api));
        }
    }
    Ok(None)
}

/// The resource under its parent.
pub(super) async fn resource(
    cx: &mut Cx,
    api: &str,
    parent: &str,
    part: &str,
) -> Result<Option<Value>, Failure> {
    let resources = items(cx, "GetResources", json!({"restApiId": api})).await?;
    Ok(resources.into_iter().find(|one| one["parentId"] == parent && one["pathPart"] == part))
}

/// The authorizer with this name.
pub(super) async fn authorizer(cx: &mut Cx, api: &str, name: &str) -> Result<Option<Value>, Failure> {
    let authorizers = items(cx, "GetAuthorizers", json!({"restApiId": api})).await?;
    Ok(authorizers.into_iter().find(|one| one["name"] == name))
}

/// The API key with this name and, if one is asked for, this value.
pub(super) async fn api_key(cx: &mut Cx, name: &str, value: Option<&str>) -> Result<Option<Value>, Failure> {
    let keys = items(cx, "GetApiKeys", json!({"nameQuery": name, "includeValues": true})).await?;
    let same = |key: &Value| key["name"] == name && value.is_none_or(|value| key["value"] == value);
    Ok(keys.into_iter().find(same))
}

/// The usage plan with this name for these stages.
pub(super) async fn usage_plan(cx: &mut Cx, name: &str, stages: &[String]) -> Result<Option<Value>, Failure> {
    let plans = items(cx, "GetUsagePlans", json!({})).await?;
    let stages_of = |plan: &Value| -> Vec<String> {
        let listed = plan["apiStages"].as_array().into_iter().flatten();
        listed.map(|one| format!("{}:{}", member(one, "apiId"), member(one, "stage"))).collect()
    };
    Ok(plans.into_iter().find(|plan| plan["name"] == name && stages_of(plan) == stages))
}

/// For things that are named by the template: one that is there already is the one of the first try.
pub(super) fn named(repeated: bool, answer: Result<Value, Failure>) -> Result<(), Failure> {
    match answer {
        Err(failure) if repeated && failure.code() == "ConflictException" => Ok(()),
        other => other.map(|_| ()),
    }
}
