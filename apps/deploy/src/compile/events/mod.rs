//! Events: one file per type.
//!
//! Each type looks through all functions for its events, in the framework's order of types, because the statements
//! that some of them add to the role stand in that order.

mod alb;
mod alexa;
mod cloud_front;
mod cloudwatch_event;
mod cloudwatch_log;
mod cognito;
mod event_bridge;
mod http_api;
mod iot;
mod rest;
mod s3;
mod schedule;
mod sns;
mod sqs;
mod stream;
mod websocket;

pub(super) use self::cloud_front::prepare_for_edge;

use super::config::Config;
use super::output::Output;

/// The types of events that are known.
pub(super) const TYPES: &[&str] = &[
    "alb",
    "alexaSkill",
    "alexaSmartHome",
    "cloudFront",
    "cloudwatchEvent",
    "cloudwatchLog",
    "cognitoUserPool",
    "eventBridge",
    "http",
    "httpApi",
    "iot",
    "iotFleetProvisioning",
    "s3",
    "schedule",
    "sns",
    "sqs",
    "stream",
    "websocket",
];

/// Puts what the events of all functions need.
pub(super) fn compile(config: &Config, out: &mut Output) {
    schedule::compile(config, out);
    s3::compile(config, out);
    rest::compile(config, out);
    websocket::compile(config, out);
    sns::compile(config, out);
    stream::compile(config, out);
    alb::compile(config, out);
    alexa::compile(config, out);
    iot::compile(config, out);
    cloudwatch_event::compile(config, out);
    cloudwatch_log::compile(config, out);
    cognito::compile(config, out);
    event_bridge::compile(config, out);
    sqs::compile(config, out);
    cloud_front::compile(config, out);
    http_api::compile(config, out);
    unknown(config, out);
}

/// An event that no file here knows must not vanish.
fn unknown(config: &Config, out: &mut Output) {
    for function in &config.functions {
        for (index, event) in function.events.iter().enumerate() {
            let index = index.to_string();
            let path = ["functions", &function.key, "events", &index];
            let Some(members) = event.as_object() else {
                let written = super::cfn::json_text(event);
                let message = format!("the event {written} says nothing, and makes nothing");
                out.notices.push(config.service.problem(&path, message));
                continue;
            };
            for (kind, settings) in members {
                let path = [&path[..], &[kind]].concat();
                if !TYPES.contains(&kind.as_str()) {
                    out.problems.push(
                        config.service.problem(&path, format!("the event type `{kind}` is not supported")),
                    );
                } else if !crate::truth::truthy(settings) {
                    let message = format!("the event `{kind}` says nothing, and makes nothing");
                    out.notices.push(config.service.problem(&path, message));
                }
            }
        }
    }
}

/// A problem with an event.
fn refuse(
    config: &Config,
    out: &mut Output,
    place: (&str, usize, &str),
    below: &[&str],
    message: impl Into<String>,
) {
    let (function, index, kind) = place;
    let index = index.to_string();
    let path = [&["functions", function, "events", &index, kind], below].concat();
    out.problems.push(config.service.problem(&path, message));
}

/// Filter patterns as an event source mapping takes them.
fn filter_criteria(event: &serde_json::Value) -> Option<serde_json::Value> {
    use super::cfn::{json_text, list, take};
    let patterns = list(take(event, "filterPatterns")?);
    let filters: Vec<_> =
        patterns.iter().map(|pattern| serde_json::json!({ "Pattern": json_text(pattern) })).collect();
    Some(serde_json::json!({ "Filters": filters }))
}
