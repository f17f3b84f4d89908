//! Access logs: one line for each request, in the format that the stage wants, into a log group of CloudWatch.
//!
//! AWS writes with the role of the account's settings; here the account itself writes. Each stage has one log stream,
//! `<api>/<stage>`; AWS spreads lines over many.

use std::sync::Arc;

use cloud::client::logs::{Place, Writer, group_of};
use cloud::cx::Cx;
use proxyevent::Request;
use proxyevent::logformat::Format;

use crate::keys::AccessLog;

use super::Found;
use super::answer::{Ids, Refusal, context, request_context};
use super::compile::StagePlan;

/// The access log of a stage.
pub(super) struct LogPlan {
    format: Format,
    place: Arc<Place>,
}

/// What became of a request.
pub(super) struct Outcome<'a> {
    pub(super) status: u16,
    pub(super) length: u64,
    pub(super) latency_millis: i64,
    pub(super) refusal: Option<&'a Refusal>,
}

impl LogPlan {
    /// Compiles the settings of a stage; none while they are not whole.
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
            group: group_of(settings.destination.as_deref()?)?.to_owned(),
            stream: format!("{api}/{stage}"),
        };
        Some(Self { format: Format::parse(settings.format.as_deref()?)?, place: Arc::new(place) })
    }

    /// Leaves the line of a request. Never waits.
    pub(super) fn write(
        &self,
        cx: &Cx,
        stage: &StagePlan,
        found: Option<Found<'_>>,
        request: &Request<'_>,
        ids: &Ids,
        outcome: &Outcome<'_>,
    ) {
        let method = found.map(|(method, _)| method);
        let line = self.format.line(|name| match name {
            "status" => Some(outcome.status.to_string()),
            "responseLength" => Some(outcome.length.to_string()),
            "responseLatency" => Some(outcome.latency_millis.to_string()),
            "xrayTraceId" => Some(ids.trace.trim_start_matches("Root=").to_owned()),
            _ => match outcome.refusal {
                Some(refusal) => context(name, stage, method, request, ids, refusal),
                None => request_context(name, stage, method, request, ids),
            },
        });
        cx.state::<Writer>().send(cx.cloud(), &self.place, request.time_millis, line);
    }
}
