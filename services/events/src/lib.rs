//! EventBridge: buses, rules, targets, archives, replays, connections and API destinations.
//!
//! `bus.rs`, `rule.rs`, `target.rs` and `archive.rs` hold the rules for each, `event.rs` what an event is,
//! `transform.rs` what targets get of it, `call.rs` and `oauth.rs` how API destinations are called, and `route.rs` the way from a bus to them: start there. Patterns and schedules
//! are languages of their own (`eventpattern`, `schedule`). `keys.rs` holds the stored rows, `ops/` one file for each
//! operation, `jobs.rs` the background work, `stack.rs` the CloudFormation types.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod archive;
mod bus;
mod call;
mod connection;
mod destination;
mod error;
mod event;
mod jobs;
mod keys;
mod limits;
mod oauth;
mod ops;
mod paging;
mod route;
mod rule;
mod stack;
mod tags;
mod target;
#[cfg(test)]
mod tests;
mod transform;

/// The service's table of contents.
pub static EVENTS: Service = Service {
    name: "events",
    title: "EventBridge",
    signing_name: "events",
    protocols: &[Protocol::json_1_1("AWSEvents")],
    operations: &[
        entry::<ops::AuthorizeConnection>(),
        entry::<ops::CancelReplay>(),
        entry::<ops::CreateApiDestination>(),
        entry::<ops::CreateArchive>(),
        entry::<ops::CreateConnection>(),
        entry::<ops::CreateEventBus>(),
        entry::<ops::DeauthorizeConnection>(),
        entry::<ops::DeleteApiDestination>(),
        entry::<ops::DeleteArchive>(),
        entry::<ops::DeleteConnection>(),
        entry::<ops::DeleteEventBus>(),
        entry::<ops::DeleteRule>(),
        entry::<ops::DescribeApiDestination>(),
        entry::<ops::DescribeArchive>(),
        entry::<ops::DescribeConnection>(),
        entry::<ops::DescribeEventBus>(),
        entry::<ops::DescribeReplay>(),
        entry::<ops::DescribeRule>(),
        entry::<ops::DisableRule>(),
        entry::<ops::EnableRule>(),
        entry::<ops::FireSchedules>(),
        entry::<ops::InvokeApiDestination>(),
        entry::<ops::ListApiDestinations>(),
        entry::<ops::ListArchives>(),
        entry::<ops::ListConnections>(),
        entry::<ops::ListEventBuses>(),
        entry::<ops::ListReplays>(),
        entry::<ops::ListRuleNamesByTarget>(),
        entry::<ops::ListRules>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::ListTargetsByRule>(),
        entry::<ops::PutEvents>(),
        entry::<ops::PutPermission>(),
        entry::<ops::PutRule>(),
        entry::<ops::PutServiceEvent>(),
        entry::<ops::PutTargets>(),
        entry::<ops::RemovePermission>(),
        entry::<ops::RemoveTargets>(),
        entry::<ops::RunReplays>(),
        entry::<ops::StartReplay>(),
        entry::<ops::TagResource>(),
        entry::<ops::TestEventPattern>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateApiDestination>(),
        entry::<ops::UpdateArchive>(),
        entry::<ops::UpdateConnection>(),
        entry::<ops::UpdateEventBus>(),
        entry::<ops::WriteLog>(),
    ],
    resources: &[
        &stack::EventBus,
        &stack::Rule,
        &stack::EventBusPolicy,
        &stack::Archive,
        &stack::Connection,
        &stack::ApiDestination,
    ],
    jobs: &[jobs::SCHEDULES, jobs::REPLAYS, jobs::RETENTION],
    plane: None,
    words: Words::JSON,
};
