//! DeleteFunctionConcurrency.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;

use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes the reservation of a function back.
pub(crate) struct DeleteFunctionConcurrency;

impl Operation for DeleteFunctionConcurrency {
    const NAME: &'static str = "DeleteFunctionConcurrency";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let mut row = function::open(cx.tx(), &function).await?;
        row.reserved_concurrency = None;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
