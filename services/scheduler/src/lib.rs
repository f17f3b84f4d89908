//! EventBridge Scheduler: schedules in groups, each with one target that is called as a role of the user's.
//!
//! `schedule.rs` says when a schedule is due, `target.rs` what is called then, `context.rs` what stands in for the
//! words `<aws.scheduler.…>` of its input. A schedule that is due has a timer; `ops/fire_schedules.rs` takes it and hands
//! the invocation to the outbox, `ops/invoke_target.rs` is one attempt of it: start there.

use cloud::operation::entry;
use cloud::service::{Service, Words};
use wire::table::Protocol;

mod context;
mod error;
mod group;
mod jobs;
mod keys;
mod limits;
mod ops;
mod schedule;
mod shapes;
mod stack;
mod target;
#[cfg(test)]
mod tests;
mod token;

/// The service's table of contents.
pub static SCHEDULER: Service = Service {
    name: "scheduler",
    title: "EventBridge Scheduler",
    signing_name: "scheduler",
    protocols: &[Protocol::RestJson],
    operations: &[
        entry::<ops::CreateSchedule>(),
        entry::<ops::CreateScheduleGroup>(),
        entry::<ops::DeleteSchedule>(),
        entry::<ops::DeleteScheduleGroup>(),
        entry::<ops::FireSchedules>(),
        entry::<ops::GetSchedule>(),
        entry::<ops::GetScheduleGroup>(),
        entry::<ops::InvokeTarget>(),
        entry::<ops::ListScheduleGroups>(),
        entry::<ops::ListSchedules>(),
        entry::<ops::ListTagsForResource>(),
        entry::<ops::TagResource>(),
        entry::<ops::UntagResource>(),
        entry::<ops::UpdateSchedule>(),
        entry::<ops::WriteTarget>(),
    ],
    resources: &[&stack::Schedule, &stack::ScheduleGroup],
    jobs: &[jobs::SCHEDULES, jobs::GROUPS, jobs::TOKENS],
    plane: None,
    words: Words::JSON,
};
