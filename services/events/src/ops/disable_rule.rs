//! DisableRule.

use cloud::prelude::*;

use crate::error::Error;
use crate::rule::RuleTarget;

#[derive(Shape)]
pub(crate) struct Output;

/// Disables a rule.
pub(crate) struct DisableRule;

impl Operation for DisableRule {
    const NAME: &'static str = "DisableRule";
    const KIND: Kind = Kind::Write;
    type Input = RuleTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &RuleTarget) -> Result<Resource, Error> {
        input.resource(cx)
    }

    async fn run(cx: &mut Cx, input: RuleTarget) -> Result<Output, Error> {
        input.set_state(cx, "DISABLED").await?;
        Ok(Output)
    }
}
