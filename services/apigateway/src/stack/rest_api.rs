//! `AWS::ApiGateway::RestApi`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use cloud::Failure;
use cloud::cx::Cx;
use cloud::resource::{
    Property, ResourceOutcome, ResourceRequest, ResourceType, document, number, tags_gone, unless,
};
use serde_json::{Map, Value, json};

use super::{MISSING, again, call, copy, escaped, flag, member, patches, text};

/// `AWS::ApiGateway::RestApi`.
pub(crate) struct RestApi;

/// The policy is given as an object, or as a text, which may be empty.
fn policy(value: &Value) -> Value {
    json!(document(value))
}

fn endpoint(value: &Value) -> Value {
    let mut endpoint = json!({});
    for (property, member) in
        [("Types", "types"), ("IpAddressType", "ipAddressType"), ("VpcEndpointIds", "vpcEndpointIds")]
    {
        if let Some(value) = value.get(property) {
            endpoint[member] = value.clone();
        }
    }
    endpoint
}

fn attributes(id: &str, api: &Value) -> ResourceOutcome {
    ResourceOutcome::new(id, [("RootResourceId", api["rootResourceId"].clone()), ("RestApiId", json!(id))])
}

#[async_trait]
impl ResourceType for RestApi {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::RestApi"
    }

    fn properties(&self) -> &'static [Property] {
        const PROPERTIES: &[Property] = &[
            Property::new("Name").required(),
            Property::new("Description"),
            Property::new("EndpointConfiguration"),
            Property::new("Policy"),
            Property::new("BinaryMediaTypes"),
            Property::new("MinimumCompressionSize"),
            Property::new("ApiKeySourceType"),
            Property::new("DisableExecuteApiEndpoint"),
            Property::new("Tags"),
        ];
        PROPERTIES
    }

    fn attributes(&self) -> &'static [&'static str] {
        &["RootResourceId", "RestApiId"]
    }

    async fn create(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<ResourceOutcome, Failure> {
        let name = request.text("Name").unwrap_or_default();
        if request.repeated
            && let Some(made) = again::rest_api(cx, &name).await?
        {
            return Ok(attributes(&member(&made, "id"), &made));
        }
        let mut input = json!({"name": name});
        input["tags"] = json!(request.marked_tags());
        copy(
            request,
            &mut input,
            &[
                ("Description", "description", text),
                ("EndpointConfiguration", "endpointConfiguration", endpoint),
                ("Policy", "policy", policy),
                ("BinaryMediaTypes", "binaryMediaTypes", Value::clone),
                ("MinimumCompressionSize", "minimumCompressionSize", number),
                ("ApiKeySourceType", "apiKeySource", text),
                ("DisableExecuteApiEndpoint", "disableExecuteApiEndpoint", flag),
            ],
        );
        let made = call(cx, "CreateRestApi", input).await?;
        Ok(attributes(&member(&made, "id"), &made))
    }

    async fn update(
        &self,
        cx: &mut Cx,
        request: &ResourceRequest,
        old: &Map<String, Value>,
    ) -> Result<ResourceOutcome, Failure> {
        let id = request.physical()?.to_owned();
        let mut patches = patches(
            request,
            old,
            &[
                ("Name", "/name"),
                ("Description", "/description"),
                ("MinimumCompressionSize", "/minimumCompressionSize"),
                ("ApiKeySourceType", "/apiKeySource"),
                ("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint"),
            ],
        );
        if request.property("Policy") != old.get("Policy") {
            let new = request.property("Policy").map_or_else(|| json!(""), policy);
            patches.push(json!({"op": "replace", "path": "/policy", "value": new}));
        }
        let types = |value: Option<&Value>| -> Vec<String> {
            let list = value.and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let (new, was) = (types(request.property("BinaryMediaTypes")), types(old.get("BinaryMediaTypes")));
        for media_type in was.iter().filter(|media_type| !new.contains(media_type)) {
            patches
                .push(json!({"op": "remove", "path": format!("/binaryMediaTypes/{}", escaped(media_type))}));
        }
        for media_type in new.iter().filter(|media_type| !was.contains(media_type)) {
            patches.push(json!({"op": "add", "path": format!("/binaryMediaTypes/{}", escaped(media_type))}));
        }
        if request.property("EndpointConfiguration") != old.get("EndpointConfiguration") {
            let kind = request.property("EndpointConfiguration").and_then(|value| value["Types"][0].as_str());
            let path = "/endpointConfiguration/types/0";
            patches.push(json!({"op": "replace", "path": path, "value": kind.unwrap_or("EDGE")}));
        }
        let updated = call(cx, "UpdateRestApi", json!({"restApiId": id, "patchOperations": patches})).await?;
        retag(cx, &id, &updated, &request.marked_tags()).await?;
        Ok(attributes(&id, &updated))
    }

    async fn delete(&self, cx: &mut Cx, request: &ResourceRequest) -> Result<(), Failure> {
        unless(call(cx, "DeleteRestApi", json!({"restApiId": request.physical()?})).await, MISSING)
    }
}

/// Gives the API the tags that are wanted and takes the others.
async fn retag(cx: &mut Cx, id: &str, api: &Value, wanted: &BTreeMap<String, String>) -> Result<(), Failure> {
    let arn = format!("arn:aws:apigateway:{}::/restapis/{id}", cx.region());
    let gone = tags_gone(&api["tags"], wanted);
    if !gone.is_empty() {
        call(cx, "UntagResource", json!({"resourceArn": arn, "tagKeys": gone})).await?;
    }
    if !wanted.is_empty() {
        call(cx, "TagResource", json!({"resourceArn": arn, "tags": wanted})).await?;
    }
    Ok(())
}
