//! Lambda: single functions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::{Api, Call, Error, body_json, encode};

/// How to call a function.
#[derive(Debug, Clone, Default)]
pub struct Invocation {
    /// The function's name or ARN.
    pub function: String,
    /// A version or an alias.
    pub qualifier: Option<String>,
    /// `RequestResponse`, `Event` or `DryRun`.
    pub kind: String,
    /// Whether the last 4 KB of the log are wanted.
    pub tail: bool,
    /// The client context, as JSON.
    pub client_context: Option<Value>,
    /// The event.
    pub payload: Bytes,
}

/// What a function answered.
#[derive(Debug, Clone)]
pub struct Invoked {
    /// The answer, empty for `Event` and `DryRun`.
    pub payload: Bytes,
    /// `Unhandled` or `Handled` when the function failed.
    pub function_error: Option<String>,
    /// The end of the log, where it was wanted.
    pub log: Option<String>,
}

impl Api {
    async fn lambda(
        &self,
        method: Method,
        path: String,
        query: String,
        input: &Value,
    ) -> Result<Value, Error> {
        let body = if input.is_null() { Bytes::new() } else { Bytes::from(input.to_string()) };
        let headers = match body.is_empty() {
            true => Vec::new(),
            false => vec![("content-type", "application/json".to_owned())],
        };
        let call = Call { service: "lambda", method, subdomain: None, path, query, headers, body };
        let response = self.call(call).await?;
        body_json("lambda", response.body())
    }

    /// A function's `Configuration`, `Code` and `Tags`; `None` when there is no such function.
    pub async fn get_function(&self, name: &str) -> Result<Option<Value>, Error> {
        let path = format!("/2015-03-31/functions/{}", encode(name));
        match self.lambda(Method::GET, path, String::new(), &Value::Null).await {
            Ok(function) => Ok(Some(function)),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a function other code; the answer is its configuration.
    pub async fn update_function_code(&self, name: &str, zip: &[u8]) -> Result<Value, Error> {
        let path = format!("/2015-03-31/functions/{}/code", encode(name));
        self.lambda(Method::PUT, path, String::new(), &json!({"ZipFile": STANDARD.encode(zip)})).await
    }

    /// Changes a function's settings; the answer is its configuration.
    pub async fn update_function_configuration(&self, name: &str, input: &Value) -> Result<Value, Error> {
        let path = format!("/2015-03-31/functions/{}/configuration", encode(name));
        self.lambda(Method::PUT, path, String::new(), input).await
    }

    /// The versions of a function, `$LATEST` among them.
    pub async fn list_versions(&self, name: &str) -> Result<Vec<Value>, Error> {
        self.pages(name, "versions", "Versions").await
    }

    /// The aliases of a function.
    pub async fn list_aliases(&self, name: &str) -> Result<Vec<Value>, Error> {
        self.pages(name, "aliases", "Aliases").await
    }

    async fn pages(&self, name: &str, what: &str, list: &str) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        let mut query = String::new();
        loop {
            let path = format!("/2015-03-31/functions/{}/{what}", encode(name));
            let answer = self.lambda(Method::GET, path, query, &Value::Null).await?;
            all.extend(answer[list].as_array().into_iter().flatten().cloned());
            match answer["NextMarker"].as_str() {
                Some(marker) if !marker.is_empty() => query = format!("Marker={}", encode(marker)),
                _ => return Ok(all),
            }
        }
    }

    /// Deletes a function, or one version of it.
    pub async fn delete_function(&self, name: &str, version: Option<&str>) -> Result<(), Error> {
        let path = format!("/2015-03-31/functions/{}", encode(name));
        let query = version.map(|version| format!("Qualifier={}", encode(version))).unwrap_or_default();
        self.lambda(Method::DELETE, path, query, &Value::Null).await.map(drop)
    }

    /// Calls a function.
    pub async fn invoke(&self, invocation: &Invocation) -> Result<Invoked, Error> {
        let mut headers = vec![
            ("x-amz-invocation-type", invocation.kind.clone()),
            ("x-amz-log-type", if invocation.tail { "Tail" } else { "None" }.to_owned()),
        ];
        if let Some(context) = &invocation.client_context {
            headers.push(("x-amz-client-context", STANDARD.encode(context.to_string())));
        }
        let query = invocation.qualifier.as_ref().map(|qualifier| format!("Qualifier={}", encode(qualifier)));
        let call = Call {
            service: "lambda",
            method: Method::POST,
            subdomain: None,
            path: format!("/2015-03-31/functions/{}/invocations", encode(&invocation.function)),
            query: query.unwrap_or_default(),
            headers,
            body: invocation.payload.clone(),
        };
        let response = self.call(call).await?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let log = header("x-amz-log-result")
            .and_then(|text| STANDARD.decode(text).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ok(Invoked { function_error: header("x-amz-function-error"), log, payload: response.into_body() })
    }
}
