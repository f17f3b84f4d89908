//! API Gateway: the keys of an API.

use bytes::Bytes;
use http::Method;

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
        let call = Call {
            service: "apigateway",
            method: Method::GET,
            subdomain: None,
            path: format!("/apikeys/{}", encode(id)),
            query: "includeValue=true".to_owned(),
            headers: Vec::new(),
            body: Bytes::new(),
        };
        let response = self.call(call).await?;
        let answer = body_json("apigateway", response.body())?;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        Ok(ApiKey { name: text("name"), value: text("value") })
    }
}
