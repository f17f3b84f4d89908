//! The data plane: requests to APIs, from the world to the integration and back.
//!
//! A stage is compiled once into a table ([`compile`]) that stays in memory until something of its API changes
//! ([`cache`]); a request then touches no store. The way of a request is [`serve`], read from top to bottom.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::cx::Cx;
use cloud::plane::{Forwarded, Plane, PlaneRequest};
use http::Response;
use proxyevent::Request;
use proxyevent::apiid::{Address, Kind};
use shape::Stream;

use crate::limits::BODY_BYTES_MAX;
use crate::responses::ResponseType;
use answer::{Answer, Refusal};
use compile::{MethodPlan, StagePlan, Target};

mod access;
mod access_log;
mod answer;
mod authorizer;
mod cache;
mod compile;
mod compression;
pub(crate) mod mapping;
mod mock;
mod proxy;
mod streamed;
mod throttle;
mod validate;

/// The data plane of REST APIs.
pub(crate) struct RestPlane;

/// Headers of the connection, which end here. CloudFront, which stands in front of edge endpoints, also keeps the
/// length of the body to itself.
const CONNECTION: &[&str] = &["connection", "content-length", "keep-alive", "transfer-encoding"];

#[async_trait]
impl Plane for RestPlane {
    fn claims(&self, host: &str, path: &str) -> bool {
        Address::find(host, path).is_some_and(|address| address.kind() == Kind::Rest)
    }

    fn labels(&self) -> &'static [&'static str] {
        &["execute-api"]
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> Response<Stream> {
        let asked = &request.parts.uri;
        let Some(address) = Address::find(&request.host, asked.path()) else { return answer::forbidden(cx) };
        let (stage_name, path) = split_stage(address.path);
        let stage = match cache::stage(cx, address.api_id, stage_name).await {
            Ok(Some(stage)) => stage,
            Ok(None) => return answer::forbidden(cx),
            Err(failure) => {
                tracing::error!(%failure, api = address.api_id, "a stage cannot be read");
                return answer::broken(cx);
            }
        };
        let whole = match request.body.collect(BODY_BYTES_MAX).await {
            Ok(body) => body,
            Err(error) if error.kind() == ErrorKind::FileTooLarge => return answer::too_large(cx),
            Err(_) => {
                let refusal = Refusal::new(ResponseType::Default4xx, 400, "Bad Request");
                return early(cx, &stage, refusal, path, address.path);
            }
        };
        serve(cx, &stage, &request, whole, path, address.path).await
    }
}

/// The name of the stage and the path behind it, with its slash.
fn split_stage(path: &str) -> (&str, &str) {
    let rest = path.strip_prefix('/').unwrap_or(path);
    match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    }
}

/// A refusal before the request is whole.
fn early(cx: &Cx, stage: &StagePlan, refusal: Refusal, path: &str, full_path: &str) -> Response<Stream> {
    let request = Request {
        method: "",
        path,
        full_path,
        query: "",
        headers: &[],
        body: &[],
        source_ip: "",
        protocol: "HTTP/1.1",
        domain_name: "",
        domain_prefix: &stage.api_id,
        time_millis: cx.now().millis(),
    };
    let ids = answer::Ids::new(cx);
    answer::refuse(stage, None, &request, &[], &ids, &refusal)
}

async fn serve(
    cx: &mut Cx,
    stage: &Arc<StagePlan>,
    came: &PlaneRequest,
    body: Bytes,
    path: &str,
    full_path: &str,
) -> Response<Stream> {
    let ids = answer::Ids::new(cx);
    let parts = &came.parts;
    let forwarded = Forwarded::new(cx, parts, &came.names, came.peer, &stage.api_id, "execute-api");
    let mut headers = forwarded.headers(parts, CONNECTION);
    // The integration sees a compressed body as if it never was; its signature is that of the body as it came.
    let opened = compression::open(&parts.headers, &body);
    if matches!(opened, Ok(Some(_))) {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-encoding"));
    }
    let request = Request {
        method: parts.method.as_str(),
        path,
        full_path,
        query: parts.uri.query().unwrap_or(""),
        headers: &headers,
        body: opened.as_ref().ok().and_then(Option::as_ref).unwrap_or(&body),
        source_ip: &forwarded.source_ip,
        protocol: if parts.version == http::Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" },
        domain_name: &forwarded.domain_name,
        domain_prefix: &stage.api_id,
        time_millis: cx.now().millis(),
    };
    let Some(found) = stage.router.find(request.method, path) else {
        let refusal =
            Refusal::new(ResponseType::MissingAuthenticationToken, 403, "Missing Authentication Token");
        let mut response = answer::refuse(stage, None, &request, &[], &ids, &refusal);
        note(cx, stage, None, &request, &ids, &mut response, Some(&refusal));
        return response;
    };
    let method: &MethodPlan = found.target;
    let parameters = found.parameters;
    let answered = async {
        if let Err(refusal) = &opened {
            return Err(refusal.clone());
        }
        if let Some(throttle) = &method.throttle {
            throttle.pass(request.time_millis)?;
        }
        let asked =
            access::Asked { stage, method, parts, body: &body, request: &request, parameters: &parameters };
        let admitted = access::authorize(cx, &asked, &ids).await?;
        validate::check(method, &request, &parameters)?;
        match &method.target {
            Target::Lambda(lambda) => {
                let call = proxy::Call { stage, method, lambda, request: &request, parameters: &parameters };
                call.run(cx, &ids, &admitted).await
            }
            Target::Mock(mock) => mock::run(mock, stage, method, &request, &parameters, &ids),
        }
    };
    let (mut response, refusal) = match answered.await {
        Ok(mut answer) => {
            compression::pack(stage.minimum_compression_size, &request, &mut answer);
            (answer.into_response(&ids), None)
        }
        Err(refusal) => {
            (answer::refuse(stage, Some(method), &request, &parameters, &ids, &refusal), Some(refusal))
        }
    };
    note(cx, stage, Some((method, &parameters)), &request, &ids, &mut response, refusal.as_ref());
    response
}

/// Leaves a line in the access log, if the stage has one: at once, or at the end of an answer that is passed on as it
/// comes.
fn note(
    cx: &Cx,
    stage: &StagePlan,
    found: Option<Found<'_>>,
    request: &Request<'_>,
    ids: &answer::Ids,
    response: &mut Response<Stream>,
    refusal: Option<&Refusal>,
) {
    let Some(log) = &stage.access_log else { return };
    let outcome = access_log::Outcome { status: response.status().as_u16(), refusal };
    let line = log.line(cx, stage, found, request, ids, &outcome);
    match response.body().length() {
        Some(length) => line.write(length),
        None => {
            let body = std::mem::replace(response.body_mut(), Stream::empty());
            *response.body_mut() = line.counting(&body);
        }
    }
}

/// The method that serves a request, and the values of its path's variables.
type Found<'a> = (&'a MethodPlan, &'a [(&'a str, Cow<'a, str>)]);
/// The answer of an integration, or why there is none.
type Answered = Result<Answer, Refusal>;
