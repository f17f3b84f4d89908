//! ListFunctionEventInvokeConfigs.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::EventInvokeConfig;
use crate::{event_invoke, function};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=50)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    function_event_invoke_configs: Vec<EventInvokeConfig>,
    next_marker: Option<String>,
}

/// Lists the settings of asynchronous invocation of a function, its versions and aliases.
///
/// Differs from AWS: all are on one page.
pub(crate) struct ListFunctionEventInvokeConfigs;

impl Operation for ListFunctionEventInvokeConfigs {
    const NAME: &'static str = "ListFunctionEventInvokeConfigs";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::get("/2019-09-25/functions/{FunctionName}/event-invoke-config/list"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let configs = row.event_invoke.iter().map(|(qualifier, config)| {
            let qualifier = (!qualifier.is_empty()).then(|| qualifier.clone());
            event_invoke::view(&FunctionRef { qualifier, ..function.clone() }, config)
        });
        Ok(Output { function_event_invoke_configs: configs.collect(), next_marker: None })
    }
}
