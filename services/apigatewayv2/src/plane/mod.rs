//! The data plane: requests to HTTP APIs, from the world to the function and back.
//!
//! A stage is compiled once into a table ([`compile`]) that stays in memory until something of its API changes
//! ([`cache`]); a request then touches no store. The way of a request is [`serve`], read from top to bottom.

mod access;
mod access_log;
mod answer;
mod cache;
mod compile;
mod cors;
mod proxy;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::cx::Cx;
use cloud::plane::{Forwarded, Plane, PlaneRequest};
use http::{Method, Response};
use proxyevent::Request;
use proxyevent::apiid::{Address, Kind};
use shape::Stream;

use crate::limits::BODY_BYTES_MAX;
use answer::{Answer, Refusal};
use compile::StagePlan;

/// The data plane of HTTP APIs.
pub(crate) struct HttpPlane;

/// Headers of the connection, which end here.
const CONNECTION: &[&str] = &["connection", "keep-alive", "transfer-encoding"];

#[async_trait]
impl Plane for HttpPlane {
    fn claims(&self, host: &str, path: &str) -> bool {
        Address::find(host, path).is_some_and(|address| address.kind() == Kind::Http)
    }

    fn labels(&self) -> &'static [&'static str] {
        &["execute-api"]
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> Response<Stream> {
        let uri = request.parts.uri.clone();
        let host = request.host.clone();
        let id = answer::request_id(cx);
        let Some(address) = Address::find(&host, uri.path()) else {
            return Refusal::not_found().into_response(&id);
        };
        let found = match find(cx, &address).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, api = address.api_id, "a stage cannot be read");
                return Refusal::internal().into_response(&id);
            }
        };
        let Some((stage, path)) = found else {
            return Refusal::not_found().into_response(&id);
        };
        let origin = request.parts.headers.get("origin").cloned();
        let log = stage.access_log.as_ref().map(|log| (log, access_log::Noted::of(cx, &request)));
        let (mut response, error) = match serve(cx, &stage, path, address.path, &id, request).await {
            Ok(answer) => (answer.into_response(&id), None),
            Err(refusal) => (refusal.into_response(&id), Some(refusal.message)),
        };
        if let Some((log, noted)) = log {
            noted.write(cx, &stage, log, path, &id, (&response, error));
        }
        if let Some(cors) = &stage.cors {
            cors::mark(cors, origin.as_ref(), response.headers_mut());
        }
        response
    }
}

/// The stage that a path names, or the one without a name, and the path behind it.
async fn find<'a>(cx: &Cx, address: &Address<'a>) -> Result<Option<(Arc<StagePlan>, &'a str)>, store::Error> {
    let path = if address.path.is_empty() { "/" } else { address.path };
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (name, behind) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    if !name.is_empty()
        && name != "$default"
        && let Some(stage) = cache::stage(cx, address.api_id, name).await?
    {
        return Ok(Some((stage, behind)));
    }
    Ok(cache::stage(cx, address.api_id, "$default").await?.map(|stage| (stage, path)))
}

async fn serve(
    cx: &mut Cx,
    stage: &StagePlan,
    path: &str,
    full_path: &str,
    request_id: &str,
    request: PlaneRequest,
) -> Result<Answer, Refusal> {
    let PlaneRequest { parts, body, peer, names, .. } = request;
    if let Some(cors) = &stage.cors
        && parts.method == Method::OPTIONS
        && let Some(answer) = cors::preflight(cors, &parts.headers)
    {
        return Ok(answer);
    }
    let found = stage.router.find(parts.method.as_str(), path);
    let (route, parameters) = match &found {
        Some(found) => (found.target, found.parameters.as_slice()),
        None => (stage.default.as_ref().ok_or_else(Refusal::not_found)?, [].as_slice()),
    };
    let body = read(body).await?;
    let forwarded = Forwarded::new(cx, &parts, &names, peer, &stage.api_id, "execute-api");
    let headers = forwarded.headers(&parts, CONNECTION);
    let request = Request {
        method: parts.method.as_str(),
        path,
        full_path: if full_path.is_empty() { "/" } else { full_path },
        query: parts.uri.query().unwrap_or(""),
        headers: &headers,
        body: &body,
        source_ip: &forwarded.source_ip,
        protocol: if parts.version == http::Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" },
        domain_name: &forwarded.domain_name,
        domain_prefix: &stage.api_id,
        time_millis: cx.now().millis(),
    };
    let caller = access::authorize(cx, stage, route, &parts, &body, &request).await?;
    let call = proxy::Call { stage, route, request: &request, request_id, parameters };
    call.run(cx, caller.as_ref()).await
}

async fn read(body: Stream) -> Result<Bytes, Refusal> {
    body.collect(BODY_BYTES_MAX).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => Refusal::new(413, "Request Entity Too Large"),
        _ => Refusal::new(400, "Bad Request"),
    })
}

#[cfg(test)]
mod tests;
