//! EnableRule.

use cloud::prelude::*;

use crate::bus::BusRef;
use crate::error::Error;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Enables a rule.
pub(crate) struct EnableRule;

impl Operation for EnableRule {
    const NAME: &'static str = "EnableRule";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        rule::set_state(cx, input.event_bus_name.as_deref(), &input.name, "ENABLED").await?;
        Ok(Output)
    }
}
