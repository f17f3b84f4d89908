//! DeleteFunctionEventInvokeConfig.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::{event_invoke, function};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes the settings of asynchronous invocation back.
pub(crate) struct DeleteFunctionEventInvokeConfig;

impl Operation for DeleteFunctionEventInvokeConfig {
    const NAME: &'static str = "DeleteFunctionEventInvokeConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2019-09-25/functions/{FunctionName}/event-invoke-config", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        event_invoke::open(cx, &function).await?;
        let mut row = function::find(cx.tx(), &function).await?.row;
        row.event_invoke.remove(&function.qualifier.unwrap_or_default());
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
