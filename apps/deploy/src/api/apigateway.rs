//! API Gateway: the keys of an API and its stages.

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

use super::{Api, Call, Error, body_json, encode};

/// A key that callers of an API show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its name.
    pub name: String,
    /// What callers send as `x-api-key`.
    pub value: String,
}

impl Api {
    /// A key with its value.
    pub async fn get_api_key(&self, id: &str) -> Result<ApiKey, Error> {
        let path = format!("/apikeys/{}", encode(id));
        let answer = self.apigateway(Method::GET, path, "includeValue=true", None).await?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Ok(ApiKey { name: text("name"), value: text("value") })
    }

    /// Changes a stage by patch operations.
    pub async fn update_stage(&self, api_id: &str, stage: &str, operations: &[Value]) -> Result<(), Error> {
        let body = json!({"patchOperations": operations});
        self.apigateway(Method::PATCH, stage_path(api_id, stage), "", Some(&body)).await?;
        Ok(())
    }

    /// The tags of a stage.
    pub async fn stage_tags(&self, api_id: &str, stage: &str) -> Result<Map<String, Value>, Error> {
        let mut answer = self.apigateway(Method::GET, stage_path(api_id, stage), "", None).await?;
        Ok(answer["tags"].as_object_mut().map(std::mem::take).unwrap_or_default())
    }

    /// Adds tags to an API or a stage.
    pub async fn tag_api_resource(&self, arn: &str, tags: &Map<String, Value>) -> Result<(), Error> {
        let path = format!("/tags/{}", encode(arn));
        self.apigateway(Method::PUT, path, "", Some(&json!({"tags": tags}))).await?;
        Ok(())
    }

    /// Takes tags from an API or a stage.
    pub async fn untag_api_resource(&self, arn: &str, keys: &[&str]) -> Result<(), Error> {
        let query: Vec<String> = keys.iter().map(|key| format!("tagKeys={}", encode(key))).collect();
        let path = format!("/tags/{}", encode(arn));
        self.apigateway(Method::DELETE, path, &query.join("&"), None).await?;
        Ok(())
    }

    async fn apigateway(
        &self,
        method: Method,
        path: String,
        query: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let call = Call {
            service: "apigateway",
            method,
            subdomain: None,
            path,
            query: query.to_owned(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: body.map(|body| Bytes::from(body.to_string())).unwrap_or_default(),
        };
        let response = self.call(call).await?;
        body_json("apigateway", response.body())
    }
}

fn stage_path(api_id: &str, stage: &str) -> String {
    format!("/restapis/{}/stages/{}", encode(api_id), encode(stage))
}
