//! DeleteRule.

use cloud::prelude::*;
use store::layer::{table, timer};

use crate::bus;
use crate::error::Error;
use crate::keys::RuleRow;
use crate::rule::{self, RuleTarget};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    rule: RuleTarget,
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
        input.rule.resource(cx)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = input.rule.bus(cx)?;
        bus::open(cx, &bus).await?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let key = (account.as_str(), region.as_str(), bus.as_str(), input.rule.name.as_str());
        let Some(row) = table::get::<RuleRow>(cx.tx(), key).await? else { return Ok(Output) };
        if !row.targets.is_empty() {
            return Err(Error::invalid("Rule can't be deleted since it has targets."));
        }
        timer::cancel(cx.tx(), rule::TIMER, (&account, &region, &input.rule.name)).await?;
        table::delete::<RuleRow>(cx.tx(), key).await?;
        Ok(Output)
    }
}
