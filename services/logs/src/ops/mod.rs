//! One file for each operation.

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod delete_retention_policy;
mod describe_log_groups;
mod describe_log_streams;
mod filter_log_events;
mod get_log_events;
mod list_log_groups;
mod list_tags_for_resource;
mod list_tags_log_group;
mod put_log_events;
mod put_retention_policy;
mod tag_log_group;
mod tag_resource;
mod untag_log_group;
mod untag_resource;

pub(crate) use create_log_group::CreateLogGroup;
pub(crate) use create_log_stream::CreateLogStream;
pub(crate) use delete_log_group::DeleteLogGroup;
pub(crate) use delete_log_stream::DeleteLogStream;
pub(crate) use delete_retention_policy::DeleteRetentionPolicy;
pub(crate) use describe_log_groups::DescribeLogGroups;
pub(crate) use describe_log_streams::DescribeLogStreams;
pub(crate) use filter_log_events::FilterLogEvents;
pub(crate) use get_log_events::GetLogEvents;
pub(crate) use list_log_groups::ListLogGroups;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use list_tags_log_group::ListTagsLogGroup;
pub(crate) use put_log_events::PutLogEvents;
pub(crate) use put_retention_policy::PutRetentionPolicy;
pub(crate) use tag_log_group::TagLogGroup;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_log_group::UntagLogGroup;
pub(crate) use untag_resource::UntagResource;
