//! The certificate of signatures, where the notifications say that it is: `SigningCertURL`.

use std::net::IpAddr;

use async_trait::async_trait;
use cloud::plane::{Plane, PlaneRequest};
use cloud::prelude::*;
use http::{HeaderValue, Method, StatusCode, header};

use crate::signature::{self, PATH, PATH_END};

/// Serves the certificate, to anybody.
pub(crate) struct Certificates;

#[async_trait]
impl Plane for Certificates {
    fn claims(&self, host: &str, path: &str) -> bool {
        // Under any other name the path may be that of somebody's object or API.
        let ours = || host.starts_with("sns.") || host == "localhost" || host.parse::<IpAddr>().is_ok();
        path.starts_with(PATH) && path.ends_with(PATH_END) && ours()
    }

    /// Topics may be open to everybody, and links of mails are followed by people.
    fn hears_anonymous(&self) -> bool {
        true
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> http::Response<Stream> {
        let mut response = http::Response::new(Stream::empty());
        if !matches!(request.parts.method, Method::GET | Method::HEAD) {
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            return response;
        }
        let path = request.parts.uri.path();
        let name = path.strip_prefix(PATH).and_then(|rest| rest.strip_suffix(PATH_END)).unwrap_or_default();
        match signature::certificate(cx, name).await {
            Ok(Some(certificate)) => {
                let kind = HeaderValue::from_static("application/x-pem-file");
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                *response.body_mut() = Stream::once(certificate.into_bytes().into());
            }
            Ok(None) => *response.status_mut() = StatusCode::NOT_FOUND,
            // It was logged where it happened.
            Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
        }
        response
    }
}
