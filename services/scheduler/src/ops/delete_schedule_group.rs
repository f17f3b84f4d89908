//! DeleteScheduleGroup.

use cloud::prelude::*;

use crate::error::Error;
use crate::group::{self, DEFAULT};
use crate::token;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name: String,
    #[shape(querystring = "clientToken", len = 1..=64, pattern = r"^[a-zA-Z0-9-_]+$")]
    client_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a group with its schedules. One with many is in the state `DELETING` for a moment.
pub(crate) struct DeleteScheduleGroup;

impl Operation for DeleteScheduleGroup {
    const NAME: &'static str = "DeleteScheduleGroup";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/schedule-groups/{Name}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let asked = format!("{} {}", Self::NAME, input.name);
        if token::is_repeated(cx, input.client_token.as_deref(), &asked).await? {
            return Ok(Output);
        }
        if input.name == DEFAULT {
            return Err(Error::invalid("The default schedule group cannot be deleted."));
        }
        let row = group::open(cx, &input.name).await?;
        if row.deleting {
            return Err(Error::Conflict(format!("Schedule group {} is being deleted.", row.name)));
        }
        group::take_down(cx, row).await?;
        Ok(Output)
    }
}
