//! GetScheduleGroup.

use cloud::prelude::*;

use super::list_schedule_groups::Group;
use crate::error::Error;
use crate::group;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"^[0-9a-zA-Z-_.]+$")]
    name: String,
}

/// Shows a group.
pub(crate) struct GetScheduleGroup;

impl Operation for GetScheduleGroup {
    const NAME: &'static str = "GetScheduleGroup";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/schedule-groups/{Name}"));
    type Input = Input;
    type Output = Group;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(group::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Group, Error> {
        Ok(group::open(cx, &input.name).await?.into())
    }
}
