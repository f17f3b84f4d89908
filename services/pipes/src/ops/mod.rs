//! The operations, one file each.

mod create_pipe;
mod delete_pipe;
mod describe_pipe;
mod list_pipes;
mod list_tags_for_resource;
mod start_pipe;
mod stop_pipe;
mod tag_resource;
mod untag_resource;
mod update_pipe;

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::role::{self, Unusable};
use store::layer::table;

pub(crate) use create_pipe::CreatePipe;
pub(crate) use delete_pipe::DeletePipe;
pub(crate) use describe_pipe::DescribePipe;
pub(crate) use list_pipes::ListPipes;
pub(crate) use list_tags_for_resource::ListTagsForResource;
pub(crate) use start_pipe::StartPipe;
pub(crate) use stop_pipe::StopPipe;
pub(crate) use tag_resource::TagResource;
pub(crate) use untag_resource::UntagResource;
pub(crate) use update_pipe::UpdatePipe;

use crate::error::Error;
use crate::keys::PipeRow;
use crate::pipe::PRINCIPAL;

/// Whether a pipe shall run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RequestedState {
    Running,
    Stopped,
}

/// What operations answer that change a pipe.
#[derive(Shape)]
pub(crate) struct Changed {
    arn: String,
    name: String,
    desired_state: String,
    current_state: String,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
}

impl From<&PipeRow> for Changed {
    fn from(row: &PipeRow) -> Self {
        Self {
            arn: row.arn(),
            name: row.name.clone(),
            desired_state: row.desired().to_owned(),
            current_state: row.state.clone(),
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
        }
    }
}

/// The ARN of a pipe of the caller's account.
fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("pipes", format_args!("pipe/{name}"))
}

/// The pipe with this name.
async fn open(cx: &mut Cx, name: &str) -> Result<PipeRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    table::get(cx.tx(), (&account, &region, name)).await?.ok_or_else(|| Error::no_pipe(name))
}

/// The pipe with this ARN.
async fn open_arn(cx: &mut Cx, arn: &str) -> Result<PipeRow, Error> {
    let missing = || Error::NotFound(format!("Resource {arn} does not exist."));
    let parsed: Arn = arn.parse().map_err(|_| missing())?;
    let name = parsed.resource().strip_prefix("pipe/").unwrap_or_default().to_owned();
    if parsed.account() != cx.account() || parsed.region() != cx.region() {
        return Err(missing());
    }
    open(cx, &name).await
}

/// Refuses a role that the caller may not pass, or that Pipes may not assume.
async fn check_role(cx: &mut Cx, pipe: &Arn, role_arn: &str) -> Result<(), Error> {
    let service = Caller::service(PRINCIPAL, cx.account(), cx.region(), Some(pipe.as_str()));
    match role::check(cx, &service, role_arn).await {
        Ok(()) => Ok(()),
        Err(Unusable::Untrusted) => {
            Err(Error::Invalid(format!("The role {role_arn} cannot be assumed by {PRINCIPAL}.")))
        }
        Err(Unusable::Failed(failure)) => Err(failure.into()),
    }
}

/// Puts a pipe on its way to a state.
async fn set_state(cx: &mut Cx, name: &str, runs: bool) -> Result<Changed, Error> {
    let mut row = open(cx, name).await?;
    if row.runs == runs {
        return Err(Error::Conflict(format!("Pipe {name} is already in the state {}.", row.desired())));
    }
    row.runs = runs;
    row.revision += 1;
    row.state = if runs { "STARTING" } else { "STOPPING" }.to_owned();
    row.modified_at_millis = cx.now().millis();
    table::put(cx.tx(), &row).await?;
    Ok(Changed::from(&row))
}
