//! PutRule.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::bus::{self, BusRef, DEFAULT};
use crate::error::Error;
use crate::keys::RuleRow;
use crate::limits::RULES_MAX;
use crate::rule;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
    #[shape(len = 0..=256)]
    schedule_expression: Option<String>,
    event_pattern: Option<String>,
    state: Option<String>,
    #[shape(len = 0..=512)]
    description: Option<String>,
    #[shape(len = 1..=1600)]
    role_arn: Option<String>,
    tags: Option<Vec<Tag>>,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    rule_arn: String,
}

/// Makes a rule, or changes one: its targets and tags stay.
pub(crate) struct PutRule;

impl Operation for PutRule {
    const NAME: &'static str = "PutRule";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        Ok(rule::arn(cx, &bus, &input.name).into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let mut conditions = super::pattern_conditions(input.event_pattern.as_deref());
        conditions.push(tags::of_request(input.tags.as_deref()));
        Ok(conditions)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let bus = BusRef::own(cx, input.event_bus_name.as_deref())?;
        let pattern = input.event_pattern.filter(|text| !text.is_empty());
        let schedule = input.schedule_expression.filter(|text| !text.is_empty());
        if pattern.is_none() && schedule.is_none() {
            return Err(Error::invalid("Parameter(s) EventPattern or ScheduleExpression must be specified."));
        }
        if let Some(text) = &pattern {
            rule::check_pattern(text)?;
        }
        if let Some(text) = &schedule {
            rule::check_schedule(text)?;
            if bus != DEFAULT {
                return Err(Error::invalid("ScheduleExpression is supported only on the default event bus."));
            }
        }
        let state = input.state.unwrap_or_else(|| "ENABLED".to_owned());
        rule::check_state(&state)?;
        bus::open(cx, &bus).await?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let key = (account.as_str(), region.as_str(), bus.as_str(), input.name.as_str());
        let old: Option<RuleRow> = table::get(cx.tx(), key).await?;
        let now_millis = cx.now().millis();
        let row = match old {
            Some(old) => RuleRow {
                scheduled_from_millis: if old.schedule == schedule {
                    old.scheduled_from_millis
                } else {
                    now_millis
                },
                pattern,
                schedule,
                state,
                description: input.description,
                role_arn: input.role_arn,
                ..old
            },
            None => {
                let there = (account.as_str(), region.as_str(), bus.as_str());
                if table::list::<RuleRow>(cx.tx(), there, &Paging::first(RULES_MAX)).await?.items.len()
                    >= RULES_MAX
                {
                    return Err(Error::Limit);
                }
                RuleRow {
                    bus: bus.clone(),
                    name: input.name.clone(),
                    pattern,
                    schedule,
                    state,
                    description: input.description,
                    role_arn: input.role_arn,
                    scheduled_from_millis: now_millis,
                    targets: Vec::new(),
                    tags: tags::of(input.tags)?,
                    account: account.clone(),
                    region: region.clone(),
                }
            }
        };
        rule::plan(cx.tx(), &row, now_millis).await?;
        table::put(cx.tx(), &row).await?;
        Ok(Output { rule_arn: row.arn() })
    }
}
