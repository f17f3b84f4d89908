//! DeleteSchedule.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::error::Error;
use crate::group::DEFAULT;
use crate::keys::ScheduleRow;
use crate::{schedule, token};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name: String,
    #[shape(querystring = "groupName", len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    group_name: Option<String>,
    #[shape(querystring = "clientToken", len = 1..=64, pattern = r"^[a-zA-Z0-9-_]+$")]
    client_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a schedule. Invocations that are under way go on.
pub(crate) struct DeleteSchedule;

impl Operation for DeleteSchedule {
    const NAME: &'static str = "DeleteSchedule";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/schedules/{Name}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(schedule::arn(cx, input.group_name.as_deref().unwrap_or(DEFAULT), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let group = input.group_name.as_deref().unwrap_or(DEFAULT);
        let asked = format!("{} {group} {}", Self::NAME, input.name);
        if token::is_repeated(cx, input.client_token.as_deref(), &asked).await? {
            return Ok(Output);
        }
        let row = schedule::open(cx, group, &input.name).await?;
        timer::cancel(cx.tx(), schedule::TIMER, row.timer()).await?;
        table::delete::<ScheduleRow>(cx.tx(), row.timer()).await?;
        Ok(Output)
    }
}
