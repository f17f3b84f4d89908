//! The data plane: requests to APIs, from the world to the integration and back.
//!
//! A stage is compiled once into a table ([`compile`]) that stays in memory until something of its API changes
//! ([`cache`]); a request then touches no store. The way of a request is [`serve`], read from top to bottom.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cloud::cx::Cx;
use cloud::plane::{Plane, PlaneRequest};
use http::Response;
use http::request::Parts;
use proxyevent::Request;
use proxyevent::apiid::{Address, Kind};
use shape::Stream;

use crate::limits::BODY_BYTES_MAX;
use crate::responses::ResponseType;
use answer::{Answer, Refusal};
use compile::{MethodPlan, StagePlan, Target};

mod access;
mod answer;
mod cache;
mod compile;
pub(crate) mod mapping;
mod mock;
mod proxy;
mod validate;

/// The data plane of REST APIs.
pub(crate) struct RestPlane;

#[async_trait]
impl Plane for RestPlane {
    fn claims(&self, host: &str, path: &str) -> bool {
        Address::find(host, path).is_some_and(|address| address.kind() == Kind::Rest)
    }

    async fn serve(&self, cx: &mut Cx, request: PlaneRequest) -> Response<Stream> {
        let host = cloud::http::host_of(&request.parts);
        let uri = request.parts.uri.clone();
        let Some(address) = Address::find(&host, uri.path()) else { return answer::forbidden(cx) };
        let (stage_name, path) = split_stage(address.path);
        let stage = match cache::stage(cx, address.api_id, stage_name).await {
            Ok(Some(stage)) => stage,
            Ok(None) => return answer::forbidden(cx),
            Err(failure) => {
                tracing::error!(%failure, api = address.api_id, "a stage cannot be read");
                return answer::broken(cx);
            }
        };
        let whole = match read(request.body).await {
            Ok(body) => body,
            Err(refusal) => return early(cx, &stage, refusal, path, address.path),
        };
        serve(cx, &stage, &request.parts, whole, path, address.path, request.peer).await
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

async fn read(body: Stream) -> Result<Bytes, Refusal> {
    body.collect(BODY_BYTES_MAX).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => {
            Refusal::new(ResponseType::RequestTooLarge, 413, "Request Too Long")
        }
        _ => Refusal::new(ResponseType::Default4xx, 400, "Bad Request"),
    })
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
    parts: &Parts,
    body: Bytes,
    path: &str,
    full_path: &str,
    peer: Option<std::net::SocketAddr>,
) -> Response<Stream> {
    let ids = answer::Ids::new(cx);
    let added = Added::new(cx, parts, stage, peer);
    let headers = added.headers(parts);
    let request = Request {
        method: parts.method.as_str(),
        path,
        full_path,
        query: parts.uri.query().unwrap_or(""),
        headers: &headers,
        body: &body,
        source_ip: &added.source_ip,
        protocol: if parts.version == http::Version::HTTP_2 { "HTTP/2.0" } else { "HTTP/1.1" },
        domain_name: &added.domain_name,
        domain_prefix: &stage.api_id,
        time_millis: cx.now().millis(),
    };
    let Some(found) = stage.router.find(request.method, path) else {
        let refusal =
            Refusal::new(ResponseType::MissingAuthenticationToken, 403, "Missing Authentication Token");
        return answer::refuse(stage, None, &request, &[], &ids, &refusal);
    };
    let method: &MethodPlan = found.target;
    let parameters = found.parameters;
    let answered = async {
        let caller = access::authorize(cx, stage, method, parts, &body, &request).await?;
        validate::check(method, &request, &parameters)?;
        match &method.target {
            Target::Lambda(lambda) => {
                let call = proxy::Call { stage, method, lambda, request: &request, parameters: &parameters };
                call.run(cx, &ids, caller.as_ref()).await
            }
            Target::Mock(mock) => mock::run(mock, stage, method, &request, &parameters, &ids),
        }
    };
    match answered.await {
        Ok(answer) => answer.into_response(&ids),
        Err(refusal) => answer::refuse(stage, Some(method), &request, &parameters, &ids, &refusal),
    }
}

/// What the gateway adds to a request on its way.
struct Added {
    source_ip: String,
    forwarded_for: String,
    port: String,
    proto: &'static str,
    trace: String,
    host: String,
    domain_name: String,
}

impl Added {
    fn new(cx: &Cx, parts: &Parts, stage: &StagePlan, peer: Option<std::net::SocketAddr>) -> Self {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let source_ip =
            peer.map_or_else(|| "127.0.0.1".to_owned(), |peer| peer.ip().to_canonical().to_string());
        let forwarded_for = match text("x-forwarded-for") {
            Some(before) => format!("{before}, {source_ip}"),
            None => source_ip.clone(),
        };
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        let host = text("host").or(authority).unwrap_or("localhost").to_owned();
        let tls = cx.caller().origin.tls;
        let port = host.rsplit_once(':').map(|(_, port)| port.to_owned());
        let domain_name = if host.contains(".execute-api.") {
            host.clone()
        } else {
            let port = port.as_ref().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}.execute-api.localhost{port}", stage.api_id)
        };
        Self {
            source_ip,
            forwarded_for,
            port: port.unwrap_or_else(|| if tls { "443" } else { "80" }.to_owned()),
            proto: if tls { "https" } else { "http" },
            trace: match text("x-amzn-trace-id") {
                Some(trace) => trace.to_owned(),
                None => format!("Root={}", cx.trace_id()),
            },
            host,
            domain_name,
        }
    }

    /// The headers of the request as the integration sees them. Headers of the connection are left out, as
    /// CloudFront leaves them out in front of edge endpoints.
    fn headers<'a>(&'a self, parts: &'a Parts) -> Vec<proxyevent::Header<'a>> {
        const OWN: [&str; 9] = [
            "connection",
            "content-length",
            "host",
            "keep-alive",
            "transfer-encoding",
            "x-amzn-trace-id",
            "x-forwarded-for",
            "x-forwarded-port",
            "x-forwarded-proto",
        ];
        let sent = parts.headers.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
        let mut headers: Vec<_> = sent.map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        headers.push(("host", self.host.as_bytes()));
        headers.push(("x-amzn-trace-id", self.trace.as_bytes()));
        headers.push(("x-forwarded-for", self.forwarded_for.as_bytes()));
        headers.push(("x-forwarded-port", self.port.as_bytes()));
        headers.push(("x-forwarded-proto", self.proto.as_bytes()));
        headers
    }
}

/// The answer of an integration, or why there is none.
type Answered = Result<Answer, Refusal>;
