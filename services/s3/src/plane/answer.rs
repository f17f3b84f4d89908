//! Answers of a website.

use cloud::caller::Caller;
use cloud::plane::PlaneRequest;
use cloud::prelude::*;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::website::Location;

/// Headers of an object, by the member of GetObject's answer.
const HEADERS: &[(&str, HeaderName)] = &[
    ("ContentType", header::CONTENT_TYPE),
    ("ContentLength", header::CONTENT_LENGTH),
    ("ContentRange", header::CONTENT_RANGE),
    ("ContentEncoding", header::CONTENT_ENCODING),
    ("ContentLanguage", header::CONTENT_LANGUAGE),
    ("ContentDisposition", header::CONTENT_DISPOSITION),
    ("CacheControl", header::CACHE_CONTROL),
    ("Expires", header::EXPIRES),
    ("ETag", header::ETAG),
    ("LastModified", header::LAST_MODIFIED),
];

/// An object as the visitor may see it.
pub(super) async fn object(
    cx: &mut Cx,
    visitor: &Caller,
    request: &PlaneRequest,
    bucket: &str,
    key: &str,
) -> Result<Response<Stream>, Failure> {
    let head = request.parts.method == Method::HEAD;
    let operation = if head { "HeadObject" } else { "GetObject" };
    let entry = cx.cloud().registry().operation("s3", operation).map(|(_, entry)| entry);
    let entry = entry.ok_or_else(|| Failure::internal("S3 is not in the list of services"))?;
    let text = |name: HeaderName| request.parts.headers.get(name).and_then(|value| value.to_str().ok());
    let input = json!({"Bucket": bucket, "Key": key, "Range": text(header::RANGE),
        "IfNoneMatch": text(header::IF_NONE_MATCH)});
    let input =
        wire::json::from_value((entry.input)(), &input).map_err(|error| Failure::internal(error.message))?;
    let output = cx.call(visitor.clone(), "s3", operation, input).await?;
    let said = wire::json::to_value((entry.output)(), &output);
    let body = match output {
        Doc::Structure(members) => members.into_iter().find_map(|member| match member {
            Doc::Stream(stream) => Some(stream),
            _ => None,
        }),
        _ => None,
    };
    let mut response = Response::new(body.unwrap_or_else(Stream::empty));
    if let Some(target) = said["WebsiteRedirectLocation"].as_str() {
        *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
        set(&mut response, header::LOCATION, target);
        return Ok(response);
    }
    let status = said["Status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    for (member, name) in HEADERS {
        match &said[*member] {
            Value::String(text) => set(&mut response, name.clone(), text),
            Value::Number(number) if *member == "LastModified" => {
                let at = wire::time::from_epoch_seconds(number.as_f64().unwrap_or_default());
                set(&mut response, name.clone(), &at.map(wire::time::http_date).unwrap_or_default());
            }
            Value::Number(number) => set(&mut response, name.clone(), &number.to_string()),
            _ => {}
        }
    }
    Ok(response)
}

/// Whether the visitor may see such an object.
pub(super) async fn is_there(cx: &mut Cx, visitor: &Caller, bucket: &str, key: &str) -> bool {
    let input = json!({"Bucket": bucket, "Key": key});
    cx.call_json(visitor.clone(), "s3", "HeadObject", &input).await.is_ok()
}

/// Sends the browser elsewhere.
pub(super) fn redirect(location: &Location, base: &str) -> Response<Stream> {
    let target = match &location.host {
        Some(host) => format!("{}://{host}/{}", location.protocol.as_deref().unwrap_or("http"), location.key),
        None => format!("{base}{}", location.key),
    };
    let mut response = found_at(&target);
    *response.status_mut() = StatusCode::from_u16(location.status).unwrap_or(StatusCode::MOVED_PERMANENTLY);
    response
}

/// Sends the browser to the same thing under its whole name.
pub(super) fn found_at(target: &str) -> Response<Stream> {
    let mut response = Response::new(Stream::empty());
    *response.status_mut() = StatusCode::FOUND;
    set(&mut response, header::LOCATION, target);
    response
}

/// The page that S3 shows when there is no page for errors.
pub(super) fn error(cx: &Cx, failure: &Failure) -> Response<Stream> {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::NOT_MODIFIED {
        let mut response = Response::new(Stream::empty());
        *response.status_mut() = status;
        return response;
    }
    let title = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let page = format!(
        "<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n<ul>\n<li>Code: {}</li>\n\
         <li>Message: {}</li>\n<li>RequestId: {}</li>\n</ul>\n<hr/>\n</body>\n</html>\n",
        escaped(failure.code()),
        escaped(failure.message()),
        escaped(cx.request_id()),
    );
    let mut response = Response::new(Stream::once(page.into()));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    response
}

fn set(response: &mut Response<Stream>, name: HeaderName, value: &str) {
    // A value that no header can hold was never one: it is left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
