//! Access logs: one line for each request, in the format that the stage wants, into a log group of CloudWatch.
//!
//! AWS writes with the role of the account's settings; here the account itself writes. Each stage has one log stream,
//! `<api>/<stage>`; AWS spreads lines over many.

use std::sync::Arc;

use bytes::Bytes;
use cloud::Cloud;
use cloud::client::logs::{Place, Writer, group_of};
use cloud::cx::Cx;
use futures::TryStreamExt as _;
use proxyevent::Request;
use proxyevent::logformat::Format;
use shape::Stream;

use crate::keys::AccessLog;

use super::Found;
use super::answer::{Ids, Refusal, context, request_context};
use super::compile::{StagePlan, Target};

/// The access log of a stage.
pub(super) struct LogPlan {
    format: Format,
    place: Arc<Place>,
}

/// What became of a request.
pub(super) struct Outcome<'a> {
    pub(super) status: u16,
    pub(super) refusal: Option<&'a Refusal>,
}

/// The line of a request whose answer may still be on its way.
pub(super) struct Line {
    format: Format,
    place: Arc<Place>,
    cloud: Arc<Cloud>,
    writer: Arc<Writer>,
    time_millis: i64,
}

impl Line {
    /// Writes the line, with the size of the answer. Never waits.
    pub(super) fn write(&self, length: u64) {
        let latency = self.cloud.clock().now().millis() - self.time_millis;
        let line = self.format.line(|name| match name {
            "responseLength" => Some(length.to_string()),
            "responseLatency" => Some(latency.to_string()),
            _ => None,
        });
        self.writer.send(&self.cloud, &self.place, self.time_millis, line);
    }

    /// A body that is counted on its way; the line is written when it has ended, or nobody reads it any more.
    pub(super) fn counting(self, body: &Stream) -> Stream {
        struct Counter(Line, u64);

        impl Counter {
            fn add(&mut self, piece: &Bytes) {
                self.1 += piece.len() as u64;
            }
        }

        impl Drop for Counter {
            fn drop(&mut self) {
                self.0.write(self.1);
            }
        }

        let mut counter = Counter(self, 0);
        let Some(pieces) = body.take() else { return body.clone() };
        let counted = pieces.inspect_ok(move |piece| counter.add(piece));
        Stream::new(counted, None)
    }
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

    /// The line of a request, but for what only its end tells.
    pub(super) fn line(
        &self,
        cx: &Cx,
        stage: &StagePlan,
        found: Option<Found<'_>>,
        request: &Request<'_>,
        ids: &Ids,
        outcome: &Outcome<'_>,
    ) -> Line {
        let method = found.map(|(method, _)| method);
        let format = self.format.filled(|name| match name {
            "status" => Some(outcome.status.to_string()),
            "xrayTraceId" => Some(ids.trace.trim_start_matches("Root=").to_owned()),
            "integration.responseTransferMode" => {
                let Target::Lambda(lambda) = &method?.target else { return None };
                // So AWS's list of variables spells it, other than the API.
                Some(if lambda.idle.is_some() { "STREAMED" } else { "BUFFERED" }.to_owned())
            }
            _ => match outcome.refusal {
                Some(refusal) => context(name, stage, method, request, ids, refusal),
                None => request_context(name, stage, method, request, ids),
            },
        });
        Line {
            format,
            place: Arc::clone(&self.place),
            cloud: Arc::clone(cx.cloud()),
            writer: cx.state::<Writer>(),
            time_millis: request.time_millis,
        }
    }
}
