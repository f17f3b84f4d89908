//! EnableRule.

use cloud::prelude::*;

use crate::error::Error;
use crate::rule::RuleTarget;

#[derive(Shape)]
pub(crate) struct Output;

/// Enables a rule.
pub(crate) struct EnableRule;

impl Operation for EnableRule {
    const NAME: &'static str = "EnableRule";
    const KIND: Kind = Kind::Write;
    type Input = RuleTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &RuleTarget) -> Result<Resource, Error> {
        input.resource(cx)
    }

    async fn run(cx: &mut Cx, input: RuleTarget) -> Result<Output, Error> {
        input.set_state(cx, "ENABLED").await?;
        Ok(Output)
    }
}
