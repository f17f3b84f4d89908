//! The operations, one file each.

mod create_schedule;
mod create_schedule_group;
mod delete_schedule;
mod delete_schedule_group;
mod fire_schedules;
mod get_schedule;
mod get_schedule_group;
mod invoke_target;
mod list_schedule_groups;
mod list_schedules;
mod list_tags_for_resource;
mod tag_resource;
mod untag_resource;
mod update_schedule;
mod write_target;

pub(crate) use create_schedule::CreateSchedule;
pub(crate) use create_schedule_group::CreateScheduleGroup;
pub(crate) use delete_schedule::DeleteSchedule;
pub(crate) use delete_schedule_group::DeleteScheduleGroup;
pub(crate) use fire_schedules::FireSchedules;
pub(crate) use get_schedule::GetSchedule;
pub(crate) use get_schedule_group::GetScheduleGroup;
pub(crate) use invoke_target::InvokeTarget;
pub(crate) use list_schedule_groups::ListScheduleGroups;
pub(crate) use list_schedules::ListSchedules;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_resource::UntagResource;
pub(crate) use update_schedule::UpdateSchedule;
pub(crate) use write_target::WriteTarget;
