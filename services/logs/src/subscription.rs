//! Subscription filters: who gets events as they come.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::io::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloud::memo::Memo;
use cloud::outbox::{Delivery, Policy};
use cloud::prelude::*;
use cloud::target::Target;
use flate2::Compression;
use flate2::write::GzEncoder;
use logfilter::Pattern;
use serde::Serialize;
use serde_json::json;
use store::keyspace;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{GroupRow, SubscriptionRow};
use crate::limits::{DAY_MILLIS, MESSAGE_COMPRESSED_BYTES_MAX, SUBSCRIPTIONS_MAX};

/// The service principal that calls destinations.
pub(crate) const PRINCIPAL: &str = "logs.amazonaws.com";
/// The wait after the first failure, and the longest one.
const BACKOFF_MILLIS: i64 = 1_000;
const BACKOFF_MILLIS_MAX: i64 = 15 * 60 * 1_000;
/// Attempts in the day for which AWS retries.
const ATTEMPTS_MAX: u32 = 185;

/// A filter that is ready to be asked.
#[derive(Debug)]
pub(crate) struct Filter {
    row: SubscriptionRow,
    pattern: Pattern,
}

/// The filters of groups, by account, region and name.
#[derive(Default)]
struct Known(Memo<(String, String, String), Arc<Vec<Filter>>>);

/// The filters of a group of the caller's account and region; mostly there are none, and mostly that is known.
pub(crate) async fn filters(cx: &Cx, group: &str) -> Result<Arc<Vec<Filter>>, Error> {
    let known = cx.state::<Known>();
    let key = (cx.account().to_owned(), cx.region().to_owned(), group.to_owned());
    let read_in = match known.0.find(cx.cloud(), &[keyspace::LOGS_SUBSCRIPTION], &key) {
        Ok(filters) => return Ok(filters),
        Err(generation) => generation,
    };
    let view = cx.snapshot().await?;
    let row: Option<GroupRow> = table::get(&view, (&key.0, &key.1, &key.2)).await?;
    let mut filters = Vec::new();
    if let Some(row) = row {
        let page = table::list::<SubscriptionRow>(&view, row.id, &Paging::first(SUBSCRIPTIONS_MAX)).await?;
        // Patterns were checked when they were put.
        filters.extend(page.items.into_iter().filter_map(|row| {
            let pattern = Pattern::parse(&row.pattern).ok()?;
            Some(Filter { row, pattern })
        }));
    }
    let filters = Arc::new(filters);
    known.0.keep(read_in, key, filters.clone());
    Ok(filters)
}

/// An event on its way to a subscriber.
#[derive(Debug, Serialize)]
pub(crate) struct Sent<'a> {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) message: &'a str,
}

/// What a subscriber gets, in AWS's order of members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    message_type: &'a str,
    owner: &'a str,
    log_group: &'a str,
    log_stream: &'a str,
    subscription_filters: &'a [&'a str],
    log_events: &'a [&'a Sent<'a>],
}

impl Message<'_> {
    fn compressed(&self) -> Result<Vec<u8>, Failure> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut encoder, self).map_err(Failure::internal)?;
        encoder.flush().map_err(Failure::internal)?;
        encoder.finish().map_err(Failure::internal)
    }
}

/// Sends the events of one batch to those who want them.
pub(crate) async fn send(
    cx: &mut Cx,
    filters: &[Filter],
    group: &str,
    stream: &str,
    events: &[Sent<'_>],
) -> Result<(), Error> {
    for filter in filters {
        let wanted: Vec<&Sent<'_>> =
            events.iter().filter(|event| filter.pattern.matches(event.message)).collect();
        let mut parts = vec![&wanted[..]];
        // The last one first: it is taken from the end.
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let owner = cx.account().to_owned();
            let message = Message {
                message_type: "DATA_MESSAGE",
                owner: &owner,
                log_group: group,
                log_stream: stream,
                subscription_filters: &[&filter.row.name],
                log_events: part,
            };
            let bytes = message.compressed()?;
            if bytes.len() > MESSAGE_COMPRESSED_BYTES_MAX && part.len() > 1 {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
                continue;
            }
            let delivery = delivery(cx, &filter.row, group, stream, &bytes)?;
            cx.send(delivery).await?;
        }
    }
    Ok(())
}

fn delivery(
    cx: &Cx,
    filter: &SubscriptionRow,
    group: &str,
    stream: &str,
    bytes: &[u8],
) -> Result<Delivery, Error> {
    let arn: Arn = filter.destination_arn.parse().map_err(Failure::internal)?;
    let key = if filter.by_stream { wire::digest::md5_hex(stream.as_bytes()) } else { cx.new_id() };
    Ok(Delivery {
        target: target(&arn, &key, bytes)?,
        principal: PRINCIPAL.to_owned(),
        source_arn: Some(source_arn(cx, group)),
        role: filter.role_arn.clone(),
        // A destination that is slow or away must not hold up the others.
        queue: filter.destination_arn.clone(),
        region: Some(arn.region().to_owned()),
        policy: Policy {
            attempts_max: ATTEMPTS_MAX,
            age_max_millis: DAY_MILLIS,
            backoff_millis: BACKOFF_MILLIS,
            backoff_millis_max: BACKOFF_MILLIS_MAX,
        },
        dead_letter: None,
        final_refusals: true,
    })
}

/// The call that brings a compressed message to a destination.
pub(crate) fn target(arn: &Arn, key: &str, bytes: &[u8]) -> Result<Target, Error> {
    let data = STANDARD.encode(bytes);
    match arn.service() {
        "kinesis" => Ok(Target {
            service: "kinesis".to_owned(),
            operation: "PutRecord".to_owned(),
            input: json!({"StreamARN": arn.as_str(), "Data": data, "PartitionKey": key}),
        }),
        _ => {
            let event = json!({"awslogs": {"data": data}}).to_string();
            Ok(Target::of(arn, &event).map_err(Failure::internal)?)
        }
    }
}

/// On whose behalf the destination is called: what `AWS::Lambda::Permission` has as its `SourceArn`.
pub(crate) fn source_arn(cx: &Cx, group: &str) -> String {
    cx.arn("logs", format_args!("log-group:{group}:*")).into()
}

/// The message with which a stream is tried.
pub(crate) fn control_message(now_millis: i64) -> Result<Vec<u8>, Failure> {
    let text = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream.";
    let event = Sent { id: String::new(), timestamp: now_millis, message: text };
    let message = Message {
        message_type: "CONTROL_MESSAGE",
        owner: "CloudwatchLogs",
        log_group: "",
        log_stream: "",
        subscription_filters: &[],
        log_events: &[&event],
    };
    message.compressed()
}
