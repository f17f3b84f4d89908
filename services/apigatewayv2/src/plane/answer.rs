//! Answers to clients.

use bytes::Bytes;
use cloud::cx::Cx;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use proxyevent::ids::{SHORT_ID_BYTES, short_request_id};
use shape::Stream;

/// What a function, or the API itself, answers.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why a request was not answered by its function. The texts are those of AWS
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html>).
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    status: u16,
    pub(super) message: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, message: &'static str) -> Self {
        Self { status, message }
    }

    /// No route takes the request.
    pub(super) fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// IAM does not allow the request.
    pub(super) fn forbidden() -> Self {
        Self::new(403, "Forbidden")
    }

    /// The function cannot be used, failed, or answered what cannot be passed on.
    pub(super) fn internal() -> Self {
        Self::new(500, "Internal Server Error")
    }

    pub(super) fn into_response(self, request_id: &str) -> Response<Stream> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = Bytes::from(format!("{{\"message\":\"{}\"}}", self.message));
        Answer { status: self.status, headers, body }.into_response(request_id)
    }
}

/// A new request id: what `apigw-requestid` and the event's context both show.
pub(super) fn request_id(cx: &Cx) -> String {
    let mut chance = [0; SHORT_ID_BYTES];
    cx.chance().fill(&mut chance);
    short_request_id(chance)
}

impl Answer {
    pub(super) fn into_response(self, request_id: &str) -> Response<Stream> {
        let mut response = Response::new(Stream::once(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        if let Ok(id) = HeaderValue::from_str(request_id) {
            response.headers_mut().insert(HeaderName::from_static("apigw-requestid"), id);
        }
        response
    }
}
