//! ListMessageMoveTasks.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{MoveStatus, MoveTaskRow};
use crate::limits::MOVE_TASKS_MAX;
use crate::move_task::{self, Handle};

#[derive(Shape)]
pub(crate) struct Input {
    source_arn: String,
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(flat)]
    results: Vec<Task>,
}

/// A task.
#[derive(Shape)]
pub(crate) struct Task {
    task_handle: Option<String>,
    status: String,
    source_arn: String,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i32>,
    approximate_number_of_messages_moved: i64,
    approximate_number_of_messages_to_move: i64,
    failure_reason: Option<String>,
    started_timestamp: i64,
}

/// Lists the last tasks of a dead-letter queue, the latest first.
pub(crate) struct ListMessageMoveTasks;

impl Operation for ListMessageMoveTasks {
    const NAME: &'static str = "ListMessageMoveTasks";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(move_task::resource(cx, &input.source_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        move_task::terms(cx, &input.source_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.max_results.unwrap_or(1);
        if !(1..=MOVE_TASKS_MAX).contains(&limit) {
            return Err(Error::value(limit, "MaxResults", "Must be between 1 and 10, if provided."));
        }
        let source = move_task::find(cx, "SourceArn", &input.source_arn).await?;
        let key = (source.account.as_str(), source.region.as_str(), source.name.as_str());
        let paging = Paging::first(usize::try_from(limit).unwrap_or(1)).reversed();
        let tasks = table::list::<MoveTaskRow>(cx.tx(), key, &paging).await?.items;
        let arn = source.arn();
        let shown = |task: MoveTaskRow| Task {
            // Only a task that runs can be cancelled by its handle.
            task_handle: (task.status == MoveStatus::Running)
                .then(|| Handle { task_id: task.id, source_arn: arn.clone() }.text()),
            status: task.status.name().to_owned(),
            source_arn: arn.clone(),
            destination_arn: task.destination_arn,
            max_number_of_messages_per_second: task.rate,
            approximate_number_of_messages_moved: task.moved,
            approximate_number_of_messages_to_move: task.to_move,
            failure_reason: task.failure,
            started_timestamp: task.started_at_millis,
        };
        Ok(Output { results: tasks.into_iter().map(shown).collect() })
    }
}
