//! The operations, one file each.

use cloud::prelude::*;

mod authorize_connection;
mod cancel_replay;
mod create_api_destination;
mod create_archive;
mod create_connection;
mod create_event_bus;
mod deauthorize_connection;
mod delete_api_destination;
mod delete_archive;
mod delete_connection;
mod delete_event_bus;
mod delete_rule;
mod describe_api_destination;
mod describe_archive;
mod describe_connection;
mod describe_event_bus;
mod describe_replay;
mod describe_rule;
mod disable_rule;
mod enable_rule;
mod fire_schedules;
mod invoke_api_destination;
mod list_api_destinations;
mod list_archives;
mod list_connections;
mod list_event_buses;
mod list_replays;
mod list_rule_names_by_target;
mod list_rules;
mod list_tags_for_resource;
mod list_targets_by_rule;
mod put_events;
mod put_permission;
mod put_rule;
mod put_service_event;
mod put_targets;
mod remove_permission;
mod remove_targets;
mod run_replays;
mod start_replay;
mod tag_resource;
mod test_event_pattern;
mod untag_resource;
mod update_api_destination;
mod update_archive;
mod update_connection;
mod update_event_bus;
mod write_log;

pub(crate) use authorize_connection::AuthorizeConnection;
pub(crate) use cancel_replay::CancelReplay;
pub(crate) use create_api_destination::CreateApiDestination;
pub(crate) use create_archive::CreateArchive;
pub(crate) use create_connection::CreateConnection;
pub(crate) use create_event_bus::CreateEventBus;
pub(crate) use deauthorize_connection::DeauthorizeConnection;
pub(crate) use delete_api_destination::DeleteApiDestination;
pub(crate) use delete_archive::DeleteArchive;
pub(crate) use delete_connection::DeleteConnection;
pub(crate) use delete_event_bus::DeleteEventBus;
pub(crate) use delete_rule::DeleteRule;
pub(crate) use describe_api_destination::DescribeApiDestination;
pub(crate) use describe_archive::DescribeArchive;
pub(crate) use describe_connection::DescribeConnection;
pub(crate) use describe_event_bus::DescribeEventBus;
pub(crate) use describe_replay::DescribeReplay;
pub(crate) use describe_rule::DescribeRule;
pub(crate) use disable_rule::DisableRule;
pub(crate) use enable_rule::EnableRule;
pub(crate) use fire_schedules::FireSchedules;
pub(crate) use invoke_api_destination::InvokeApiDestination;
pub(crate) use list_api_destinations::ListApiDestinations;
pub(crate) use list_archives::ListArchives;
pub(crate) use list_connections::ListConnections;
pub(crate) use list_event_buses::ListEventBuses;
pub(crate) use list_replays::ListReplays;
pub(crate) use list_rule_names_by_target::ListRuleNamesByTarget;
pub(crate) use list_rules::ListRules;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use list_targets_by_rule::ListTargetsByRule;
pub(crate) use put_events::PutEvents;
pub(crate) use put_permission::PutPermission;
pub(crate) use put_rule::PutRule;
pub(crate) use put_service_event::PutServiceEvent;
pub(crate) use put_targets::PutTargets;
pub(crate) use remove_permission::RemovePermission;
pub(crate) use remove_targets::RemoveTargets;
pub(crate) use run_replays::RunReplays;
pub(crate) use start_replay::StartReplay;
pub(crate) use tag_resource::TagResource;
pub(crate) use test_event_pattern::TestEventPattern;
pub(crate) use untag_resource::UntagResource;
pub(crate) use update_api_destination::UpdateApiDestination;
pub(crate) use update_archive::UpdateArchive;
pub(crate) use update_connection::UpdateConnection;
pub(crate) use update_event_bus::UpdateEventBus;
pub(crate) use write_log::WriteLog;

/// What access is decided on where the caller gives an ARN; what is no ARN is told to those who may do it anywhere.
fn of_arn(arn: &str) -> Resource {
    arn.parse::<Arn>().map_or(Resource::Any, Resource::One)
}

/// Condition keys for what a pattern asks of the source and the type of events.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html>
fn pattern_conditions(pattern: Option<&str>) -> Conditions {
    let pattern: serde_json::Value =
        pattern.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let texts = |name: &str| -> Vec<String> {
        let list = pattern[name].as_array().into_iter().flatten();
        list.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    [("events:source", texts("source")), ("events:detail-type", texts("detail-type"))]
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .collect()
}
