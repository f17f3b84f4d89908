//! TestEventPattern.

use cloud::prelude::*;
use serde_json::Value;

use crate::error::Error;
use crate::rule;

#[derive(Shape)]
pub(crate) struct Input {
    event_pattern: String,
    event: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    result: bool,
}

/// Whether a pattern wants an event.
pub(crate) struct TestEventPattern;

/// What an event must have, besides a version.
const FIELDS: [&str; 5] = ["id", "account", "source", "time", "region"];

impl Operation for TestEventPattern {
    const NAME: &'static str = "TestEventPattern";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        let wrong = || Error::invalid("Parameter Event is not valid.");
        let event: Value = serde_json::from_str(&input.event).map_err(|_| wrong())?;
        let fields = event.as_object().ok_or_else(wrong)?;
        if FIELDS.iter().any(|name| !fields.contains_key(*name)) || !fields.contains_key("detail-type") {
            return Err(wrong());
        }
        let pattern = rule::check_pattern(&input.event_pattern)?;
        Ok(Output { result: pattern.matches(&event) })
    }
}
