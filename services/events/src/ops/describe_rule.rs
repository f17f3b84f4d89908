//! DescribeRule.

use cloud::prelude::*;

use crate::error::Error;
use crate::rule::RuleTarget;

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
    type Input = RuleTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &RuleTarget) -> Result<Resource, Error> {
        input.resource(cx)
    }

    async fn run(cx: &mut Cx, input: RuleTarget) -> Result<Output, Error> {
        let row = input.open(cx).await?;
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
