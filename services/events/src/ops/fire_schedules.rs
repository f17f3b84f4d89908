//! FireSchedules: what the job of schedules does, as an operation, so that timers and what they cause are one
//! transaction. It has no place in the API.

use cloud::prelude::*;
use store::layer::{table, timer};
use store::tuple;

use crate::bus::DEFAULT;
use crate::error::Error;
use crate::event::Event;
use crate::keys::RuleRow;
use crate::limits::DUE_SLICE;
use crate::{route, rule};

#[derive(Shape)]
pub(crate) struct Input;

#[derive(Shape)]
pub(crate) struct Output {
    fired: i32,
}

/// Fires the schedules that are due, each once, however long ago it was due.
pub(crate) struct FireSchedules;

impl Operation for FireSchedules {
    const NAME: &'static str = "FireSchedules";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, _: Input) -> Result<Output, Error> {
        let now_millis = cx.now().millis();
        let due = timer::take_due(cx.tx(), rule::TIMER, now_millis, DUE_SLICE).await?;
        let fired = i32::try_from(due.len()).unwrap_or(i32::MAX);
        for timer in due {
            let (account, region, name): (String, String, String) = tuple::unpack(&timer.name.0)?;
            let key = (account.as_str(), region.as_str(), DEFAULT, name.as_str());
            let Some(row) = table::get::<RuleRow>(cx.tx(), key).await?.filter(RuleRow::is_enabled) else {
                continue;
            };
            cx.for_account(&account, &region);
            let event = Event::scheduled(cx, row.arn(), timer.at);
            route::fire(cx, &row, &event, 0).await?;
            rule::plan(cx.tx(), &row, now_millis).await?;
        }
        Ok(Output { fired })
    }
}
