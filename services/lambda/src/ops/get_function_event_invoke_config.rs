//! GetFunctionEventInvokeConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::event_invoke;
use crate::names::FunctionRef;
use crate::shapes::EventInvokeConfig;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

/// Shows the settings of asynchronous invocation.
pub(crate) struct GetFunctionEventInvokeConfig;

impl Operation for GetFunctionEventInvokeConfig {
    const NAME: &'static str = "GetFunctionEventInvokeConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2019-09-25/functions/{FunctionName}/event-invoke-config"));
    type Input = Input;
    type Output = EventInvokeConfig;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<EventInvokeConfig, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let current = event_invoke::open(cx, &function).await?;
        Ok(event_invoke::view(&function, &current))
    }
}
