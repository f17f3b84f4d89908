//! ListRuleNamesByTarget.

use cloud::prelude::*;

use crate::bus::{self, BusRef};
use crate::error::Error;
use crate::keys::RuleRow;
use crate::paging::{self, Page};
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1600)]
    target_arn: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    rule_names: Vec<String>,
    next_token: Option<String>,
}

/// The rules of a bus that send to a target. A page may hold fewer names than asked for, as in AWS.
pub(crate) struct ListRuleNamesByTarget;

impl Operation for ListRuleNamesByTarget {
    const NAME: &'static str = "ListRuleNamesByTarget";
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
        let page = input.page.rows::<RuleRow>(cx, (&account, &region, &bus), None).await?;
        let next_token = paging::token(&page);
        let sends = |row: &RuleRow| row.targets.iter().any(|target| target.arn == input.target_arn);
        let rule_names = page.items.into_iter().filter(sends).map(|row| row.name).collect();
        Ok(Output { rule_names, next_token })
    }
}
