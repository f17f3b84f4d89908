//! DescribeRule.

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
pub(crate) struct Output {
    name: String,
    arn: String,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    state: String,
    description: Option<String>,
    role_arn: Option<String>,
    event_bus_name: String,
    created_by: String,
}

/// Describes a rule.
pub(crate) struct DescribeRule;

impl Operation for DescribeRule {
    const NAME: &'static str = "DescribeRule";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let row = rule::open(cx, &bus, &input.name).await?;
        Ok(Output {
            arn: row.arn(),
            name: row.name,
            event_pattern: row.pattern,
            schedule_expression: row.schedule,
            state: row.state,
            description: row.description,
            role_arn: row.role_arn,
            event_bus_name: row.bus,
            created_by: row.account,
        })
    }
}
