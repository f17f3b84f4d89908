//! UpdateFunctionEventInvokeConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::event_invoke::{self, Change};
use crate::names::FunctionRef;
use crate::shapes::{DestinationConfig, EventInvokeConfig};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    #[shape(range = 0..=2)]
    maximum_retry_attempts: Option<i32>,
    #[shape(range = 60..=21600)]
    maximum_event_age_in_seconds: Option<i32>,
    destination_config: Option<DestinationConfig>,
}

/// Changes how asynchronous invocations are retried and where their results go.
pub(crate) struct UpdateFunctionEventInvokeConfig;

impl Operation for UpdateFunctionEventInvokeConfig {
    const NAME: &'static str = "UpdateFunctionEventInvokeConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("POST", "/2019-09-25/functions/{FunctionName}/event-invoke-config", 200));
    type Input = Input;
    type Output = EventInvokeConfig;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<EventInvokeConfig, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let change = Change::new(
            input.maximum_retry_attempts,
            input.maximum_event_age_in_seconds,
            input.destination_config,
        )?;
        let current = event_invoke::open(cx, &function).await?;
        event_invoke::save(cx, &function, current, change).await
    }
}
