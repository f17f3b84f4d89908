//! Blobs in a bucket: of S3, or of anything that speaks its API.

use std::sync::Arc;

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Sockets;
use hyper_util::rt::TokioExecutor;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use object_store::prefix::PrefixStore;

use super::{Blobs, failed};
use crate::Error;

/// Bytes of a part of an upload: S3 takes none under 5 MiB but the last.
const PART_BYTES: usize = 6 * 1024 * 1024;
/// Where a bucket is when the environment does not say.
const REGION: &str = "us-east-1";
/// Names another place than AWS, for S3 alone or for all services.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

impl Blobs {
    /// Blobs as objects of `s3://bucket/prefix`. Keys, region and endpoint come from the environment, as for other
    /// clients of AWS (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3` …).
    pub fn in_s3(url: &str) -> Result<Self, Error> {
        let wrong =
            || Error::Unavailable(format!("`{url}` is not a place in S3: write `s3://bucket/prefix`"));
        let place = url.strip_prefix("s3://").ok_or_else(wrong)?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(wrong());
        }
        let region =
            ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok());
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_region(region.unwrap_or_else(|| REGION.to_owned()))
            .with_http_connector(Connector);
        if let Some(endpoint) = ENDPOINTS.into_iter().find_map(|name| std::env::var(name).ok()) {
            builder = builder.with_allow_http(endpoint.starts_with("http://")).with_endpoint(endpoint);
        }
        let store = PrefixStore::new(builder.build().map_err(|error| failed(&error))?, prefix);
        Ok(Blobs { store: Arc::new(store), folder: None, part_bytes: PART_BYTES })
    }
}

/// Makes clients by the HTTP library that the rest of the platform has, too.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        let connector = HttpsConnectorBuilder::new().with_native_roots().map_err(generic)?;
        let connector = connector.https_or_http().enable_http1().build();
        Ok(HttpClient::new(Service(Client::builder(TokioExecutor::new()).build(connector))))
    }
}

fn generic(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "S3", source: Box::new(error) }
}

#[derive(Debug)]
struct Service(Client<HttpsConnector<Sockets>, HttpRequestBody>);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.request(request).await.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(|body| {
            HttpResponseBody::new(body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error)))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_none_is_refused() {
        for url in ["s3://", "s3:///x", "http://bucket"] {
            let error = Blobs::in_s3(url).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains("s3://bucket/prefix"), "{error}");
        }
    }
}
