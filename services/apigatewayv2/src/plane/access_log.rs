//! Access logs: one line for each request, in the format that the stage wants, into a log group of CloudWatch.
//!
//! Each stage has one log stream, `<api>/<stage>`; AWS spreads lines over many.

use std::net::SocketAddr;
use std::sync::Arc;

use cloud::client::logs::{Place, Writer, group_of};
use cloud::cx::Cx;
use cloud::header_names::Names;
use cloud::plane::{Forwarded, PlaneRequest};
use http::Response;
use http::request::Parts;
use proxyevent::logformat::Format;
use proxyevent::time;
use shape::Stream;

use super::compile::StagePlan;
use crate::keys::AccessLog;

/// The access log of a stage.
pub(super) struct LogPlan {
    format: Format,
    place: Arc<Place>,
}

/// What a line is about.
pub(super) struct Noted {
    parts: Parts,
    peer: Option<SocketAddr>,
    time_millis: i64,
}

impl LogPlan {
    /// Compiles the settings of a stage; none when they cannot be read.
    pub(super) fn of(
        settings: &AccessLog,
        account: &str,
        region: &str,
        api: &str,
        stage: &str,
    ) -> Option<Self> {
        let place = Place {
            service: "apigateway.amazonaws.com",
            account: account.to_owned(),
            region: region.to_owned(),
            group: group_of(&settings.destination)?.to_owned(),
            stream: format!("{api}/{stage}"),
        };
        Some(Self { format: Format::parse(&settings.format)?, place: Arc::new(place) })
    }
}

impl Noted {
    /// Keeps what a line needs, before the request is served.
    pub(super) fn of(cx: &Cx, request: &PlaneRequest) -> Self {
        Self { parts: request.parts.clone(), peer: request.peer, time_millis: cx.now().millis() }
    }

    /// Leaves the line of the request. Never waits.
    pub(super) fn write(
        &self,
        cx: &Cx,
        stage: &StagePlan,
        log: &LogPlan,
        path: &str,
        request_id: &str,
        answer: (&Response<Stream>, Option<&str>),
    ) {
        let (response, error) = answer;
        let parts = &self.parts;
        let names = Names::new(); // The line shows no names of headers.
        let forwarded = Forwarded::new(cx, parts, &names, self.peer, &stage.api_id, "execute-api");
        let found = stage.router.find(parts.method.as_str(), path).map(|found| found.target);
        let route = found.or(stage.default.as_ref());
        let line = log.format.line(|name| {
            Some(match name {
                "requestId" | "extendedRequestId" => request_id.to_owned(),
                "accountId" => stage.account.clone(),
                "apiId" | "domainPrefix" => stage.api_id.clone(),
                "domainName" => forwarded.domain_name.clone().into_owned(),
                "stage" => stage.name.clone(),
                "routeKey" => route?.key.clone(),
                "httpMethod" => parts.method.to_string(),
                "path" => parts.uri.path().to_owned(),
                "protocol" if parts.version == http::Version::HTTP_2 => "HTTP/2.0".to_owned(),
                "protocol" => "HTTP/1.1".to_owned(),
                "requestTime" => time::request_time(self.time_millis),
                "requestTimeEpoch" => self.time_millis.to_string(),
                "identity.sourceIp" => forwarded.source_ip.clone(),
                "identity.userAgent" => parts.headers.get("user-agent")?.to_str().ok()?.to_owned(),
                "status" => response.status().as_u16().to_string(),
                "responseLength" => response.body().length().unwrap_or(0).to_string(),
                "responseLatency" => (cx.now().millis() - self.time_millis).to_string(),
                "error.message" => error?.to_owned(),
                "error.messageString" => format!("\"{}\"", error?),
                _ => return None,
            })
        });
        cx.state::<Writer>().send(cx.cloud(), &log.place, self.time_millis, line);
    }
}
