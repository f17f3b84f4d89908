//! Rules: names, ARNs, states, schedules.

use cloud::prelude::*;
use eventpattern::Pattern;
use jiff::tz::TimeZone;
use schedule::Expression;
use store::Tx;
use store::layer::{table, timer};

use crate::bus::{BusRef, DEFAULT};
use crate::error::Error;
use crate::keys::RuleRow;
use crate::limits::PATTERN_CHARS_MAX;

/// The kind of the timers of schedules.
pub(crate) const TIMER: &str = "events/schedule";

/// The states that a rule may be put in.
const STATES: [&str; 3] = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];

/// The resource part of a rule's ARN: rules of the default bus do not name it.
pub(crate) fn resource(bus: &str, name: &str) -> String {
    if bus == DEFAULT { format!("rule/{name}") } else { format!("rule/{bus}/{name}") }
}

/// The ARN of a rule of the caller's account.
pub(crate) fn arn(cx: &Cx, bus: &str, name: &str) -> Arn {
    cx.arn("events", resource(bus, name))
}

/// The rule, which has to be there, and its bus, too.
pub(crate) async fn open(cx: &mut Cx, bus: &str, name: &str) -> Result<RuleRow, Error> {
    crate::bus::open(cx, bus).await?;
    let key = (cx.account().to_owned(), cx.region().to_owned());
    let row = table::get(cx.tx(), (&key.0, &key.1, bus, name)).await?;
    row.ok_or_else(|| Error::no_rule(name, bus))
}

/// How a request names a rule: by its name, and its bus when it is not the default one.
#[derive(Shape)]
pub(crate) struct RuleTarget {
    #[shape(len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    pub(crate) name: String,
    #[shape(len = 1..=1600)]
    event_bus_name: Option<String>,
}

impl RuleTarget {
    /// The name of its bus, one of the caller's own account.
    pub(crate) fn bus(&self, cx: &Cx) -> Result<String, Error> {
        BusRef::own(cx, self.event_bus_name.as_deref())
    }

    /// What access to it is decided on.
    pub(crate) fn resource(&self, cx: &Cx) -> Result<Resource, Error> {
        Ok(arn(cx, &self.bus(cx)?, &self.name).into())
    }

    /// The rule, which has to be there, and its bus, too.
    pub(crate) async fn open(&self, cx: &mut Cx) -> Result<RuleRow, Error> {
        let bus = self.bus(cx)?;
        open(cx, &bus, &self.name).await
    }

    /// Puts the rule in a state.
    pub(crate) async fn set_state(&self, cx: &mut Cx, state: &str) -> Result<(), Error> {
        let mut row = self.open(cx).await?;
        row.state = state.to_owned();
        let now_millis = cx.now().millis();
        plan(cx.tx(), &row, now_millis).await?;
        Ok(table::put(cx.tx(), &row).await?)
    }
}

/// Checks a pattern and gives it back as it was written.
pub(crate) fn check_pattern(text: &str) -> Result<Pattern, Error> {
    if text.chars().count() > PATTERN_CHARS_MAX {
        return Err(Error::Limit);
    }
    Pattern::parse(text).map_err(|error| Error::Pattern(error.to_string()))
}

/// Checks a state.
pub(crate) fn check_state(state: &str) -> Result<(), Error> {
    if STATES.contains(&state) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "1 validation error detected: Value '{state}' at 'state' failed to satisfy constraint: Member must satisfy enum \
         value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"
    )))
}

/// Reads a schedule; rules know no `at`.
pub(crate) fn check_schedule(text: &str) -> Result<Expression, Error> {
    match Expression::parse(text) {
        Ok(Expression::At(_)) | Err(_) => Err(Error::invalid("Parameter ScheduleExpression is not valid.")),
        Ok(expression) => Ok(expression),
    }
}

/// Sets the timer of a rule to the next time after `after_millis`, or takes it away.
pub(crate) async fn plan(tx: &mut Tx, rule: &RuleRow, after_millis: i64) -> Result<(), Error> {
    let name = (rule.account.as_str(), rule.region.as_str(), rule.name.as_str());
    let due = rule.schedule.as_deref().filter(|_| rule.is_enabled()).and_then(|text| {
        let expression = Expression::parse(text).ok()?;
        let after = jiff::Timestamp::from_millisecond(after_millis).ok()?;
        let from = jiff::Timestamp::from_millisecond(rule.scheduled_from_millis).ok()?;
        expression.next(after, from, &TimeZone::UTC)
    });
    match due {
        Some(due) => timer::set(tx, TIMER, name, due.as_millisecond(), Vec::new()).await?,
        None => {
            timer::cancel(tx, TIMER, name).await?;
        }
    }
    Ok(())
}
