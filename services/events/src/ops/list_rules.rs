//! ListRules.

use cloud::prelude::*;

use crate::bus::{self, BusRef};
use crate::error::Error;
use crate::keys::RuleRow;
use crate::paging::{self, Page};
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name_prefix: Option<String>,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    rules: Vec<Rule>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Rule {
    name: String,
    arn: String,
    event_pattern: Option<String>,
    state: String,
    description: Option<String>,
    schedule_expression: Option<String>,
    role_arn: Option<String>,
    event_bus_name: String,
}

/// Lists the rules of a bus by the beginning of their names.
pub(crate) struct ListRules;

impl Operation for ListRules {
    const NAME: &'static str = "ListRules";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        bus::open(cx, &bus).await?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page =
            input.page.rows::<RuleRow>(cx, (&account, &region, &bus), input.name_prefix.as_deref()).await?;
        let next_token = paging::token(&page);
        let rules = page.items.into_iter().map(|row| Rule {
            arn: row.arn(),
            name: row.name,
            event_pattern: row.pattern,
            state: row.state,
            description: row.description,
            schedule_expression: row.schedule,
            role_arn: row.role_arn,
            event_bus_name: row.bus,
        });
        Ok(Output { rules: rules.collect(), next_token })
    }
}
