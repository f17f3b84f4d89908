//! CancelMessageMoveTask.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{MoveStatus, MoveTaskRow};
use crate::move_task::{self, Handle};

#[derive(Shape)]
pub(crate) struct Input {
    task_handle: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    approximate_number_of_messages_moved: i64,
}

/// Stops a task. What it has moved stays where it is.
pub(crate) struct CancelMessageMoveTask;

/// Tasks of a queue among which the one is looked for: only the last one can run.
const LAST: usize = 100;

impl Operation for CancelMessageMoveTask {
    const NAME: &'static str = "CancelMessageMoveTask";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        // The handle says whose task it is; what is none belongs to nobody.
        let arn = Handle::parse(&input.task_handle).map(|handle| handle.source_arn).unwrap_or_default();
        Ok(move_task::resource(cx, &arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        match Handle::parse(&input.task_handle) {
            Ok(handle) => move_task::terms(cx, &handle.source_arn).await,
            Err(_) => Ok(Terms::default()),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let handle = Handle::parse(&input.task_handle)?;
        let source = move_task::find(cx, "SourceArn", &handle.source_arn).await?;
        let key = (source.account.as_str(), source.region.as_str(), source.name.as_str());
        let tasks = table::list::<MoveTaskRow>(cx.tx(), key, &Paging::first(LAST).reversed()).await?.items;
        let task = tasks.into_iter().find(|task| task.id == handle.task_id);
        let mut task = task.ok_or_else(|| Error::NoSuchResource("Task does not exist.".to_owned()))?;
        if task.status != MoveStatus::Running {
            return Err(Error::Unsupported("Only active tasks can be cancelled.".to_owned()));
        }
        task.status = MoveStatus::Cancelled;
        table::put(cx.tx(), &task).await?;
        Ok(Output { approximate_number_of_messages_moved: task.moved })
    }
}
