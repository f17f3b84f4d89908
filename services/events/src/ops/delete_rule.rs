//! DeleteRule.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::bus::{self, BusRef};
use crate::error::Error;
use crate::keys::RuleRow;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    /// For rules that services manage; there are none here.
    force: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a rule that has no targets; one that is not there is fine.
pub(crate) struct DeleteRule;

impl Operation for DeleteRule {
    const NAME: &'static str = "DeleteRule";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        bus::open(cx, &bus).await?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let key = (account.as_str(), region.as_str(), bus.as_str(), input.name.as_str());
        let Some(row) = table::get::<RuleRow>(cx.tx(), key).await? else { return Ok(Output) };
        if !row.targets.is_empty() {
            return Err(Error::invalid("Rule can't be deleted since it has targets."));
        }
        timer::cancel(cx.tx(), rule::TIMER, (&account, &region, &input.name)).await?;
        table::delete::<RuleRow>(cx.tx(), key).await?;
        Ok(Output)
    }
}
