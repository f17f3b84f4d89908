//! Background work: operations that a stop or a crash interrupted, and stacks deleted long ago.

use cloud::job::{Job, Progress};
use cloud::prelude::*;
use store::keyspace;
use store::layer::table::{self, Paging};

use crate::engine;
use crate::error::Error;
use crate::keys::{ChangeSetRow, EventRow, RUNNING, ResourceRow, StackRow, TemplateRow};
use crate::limits::{DELETED_KEPT_DAYS, PAGE};
use crate::stacks;
use crate::status::Status;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Takes up operations that have no task. The first time is the recovery after a start.
pub(crate) const RESUME: Job = Job {
    name: "cloudformation/resume",
    every_millis: 500,
    timer: None,
    news: &[keyspace::CFN_STACK],
    run: |cx| Box::pin(async move { resume(cx).await.map_err(cloud::ApiError::into_failure) }),
};

/// Forgets stacks that were deleted long ago.
pub(crate) const PURGE: Job = Job {
    name: "cloudformation/purge",
    every_millis: 60 * 60 * 1000,
    timer: None,
    news: &[],
    run: |cx| Box::pin(async move { purge(cx).await.map_err(cloud::ApiError::into_failure) }),
};

async fn resume(cx: &mut Cx) -> Result<Progress, Error> {
    let tx = cx.snapshot().await?;
    let mut paging = Paging::first(PAGE);
    let mut left = Progress::Done;
    loop {
        let page = table::list_by::<StackRow>(&tx, RUNNING, (), &paging).await?;
        for stack in page.items {
            engine::start(cx.cloud(), stack.place(), None);
            // The node that goes on with it may die.
            left = Progress::At(cx.now().millis());
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(left),
        }
    }
}

async fn purge(cx: &mut Cx) -> Result<Progress, Error> {
    let limit = cx.now().millis() - DELETED_KEPT_DAYS * DAY_MILLIS;
    let tx = cx.snapshot().await?;
    let mut paging = Paging::first(PAGE);
    let mut live = Vec::new();
    let old = loop {
        let page = table::list::<StackRow>(&tx, (), &paging).await?;
        live.extend(page.items.iter().filter(|row| row.deleted_at_millis.is_none()).cloned());
        let is_old = |row: &StackRow| {
            row.status == Status::DeleteComplete && row.deleted_at_millis.is_some_and(|at| at < limit)
        };
        let old: Vec<StackRow> = page.items.into_iter().filter(is_old).collect();
        match page.next {
            Some(next) if old.is_empty() => paging.after = Some(next),
            _ => break old,
        }
    };
    drop(tx);
    let found = !old.is_empty() | purge_events(cx, &live, limit).await?;
    for stack in old {
        forget(cx, stack).await?;
    }
    Ok(if found { Progress::More } else { Progress::Done })
}

/// Forgets events that are as old as that, a page of each stack at a time.
async fn purge_events(cx: &Cx, stacks: &[StackRow], limit: i64) -> Result<bool, Error> {
    let mut more = false;
    for stack in stacks {
        let uuid = stack.uuid.clone();
        more |= cx
            .transact(|tx| {
                let uuid = uuid.clone();
                Box::pin(async move {
                    let page = table::list::<EventRow>(tx, &uuid, &Paging::first(PAGE)).await?;
                    let old: Vec<EventRow> =
                        page.items.into_iter().filter(|it| it.at_millis < limit).collect();
                    for event in &old {
                        table::delete::<EventRow>(tx, (&uuid, event.number)).await?;
                    }
                    Ok::<_, Error>(old.len() == PAGE)
                })
            })
            .await?;
    }
    Ok(more)
}

async fn forget(cx: &Cx, stack: StackRow) -> Result<(), Error> {
    cx.transact(|tx| {
        let place = stack.place();
        Box::pin(async move {
            let stack = stacks::reopen(tx, &place).await?;
            if let Some(spec) = &stack.spec {
                table::delete_under::<TemplateRow>(tx, &spec.template, PAGE).await?;
            }
            table::delete_under::<ResourceRow>(tx, &stack.uuid, PAGE).await?;
            table::delete_under::<EventRow>(tx, &stack.uuid, PAGE).await?;
            table::delete_under::<ChangeSetRow>(tx, &stack.uuid, PAGE).await?;
            table::delete::<StackRow>(tx, stack.key_parts()).await?;
            Ok::<_, Error>(())
        })
    })
    .await
}

impl StackRow {
    fn key_parts(&self) -> (&String, &String, &String, &String) {
        (&self.account, &self.region, &self.name, &self.uuid)
    }
}
