//! UpdateSchedule.

use cloud::prelude::*;
use store::layer::table;

use super::create_schedule::{Input, Output};
use crate::error::Error;
use crate::{schedule, token};

/// Changes a schedule: what is not given goes back to its default, as in AWS.
pub(crate) struct UpdateSchedule;

impl Operation for UpdateSchedule {
    const NAME: &'static str = "UpdateSchedule";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/schedules/{Name}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(schedule::arn(cx, input.group(), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let schedule_arn = schedule::arn(cx, input.group(), &input.name).to_string();
        if token::is_repeated(cx, input.client_token.as_deref(), &input.asked(Self::NAME)).await? {
            return Ok(Output { schedule_arn });
        }
        schedule::expression(&input.schedule_expression)?;
        let old = schedule::open(cx, input.group(), &input.name).await?;
        let row = input.into_row(cx, Some(&old)).await?;
        table::put(cx.tx(), &row).await?;
        let now_millis = cx.now().millis();
        // A rate that goes on is not due again at once; anything else begins anew.
        let due = if old.expression == row.expression && old.start_millis == row.start_millis {
            schedule::next(&row, now_millis)
        } else {
            schedule::first(&row, now_millis)
        };
        let chance = cx.chance().number();
        schedule::plan(cx.tx(), &row, due, chance).await?;
        Ok(Output { schedule_arn })
    }
}
