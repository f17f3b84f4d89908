//! GetFunctionConcurrency.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;

use crate::names::FunctionRef;
use crate::shapes::Concurrency;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
}

/// Shows the reserved concurrency of a function.
pub(crate) struct GetFunctionConcurrency;

impl Operation for GetFunctionConcurrency {
    const NAME: &'static str = "GetFunctionConcurrency";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2019-09-30/functions/{FunctionName}/concurrency"));
    type Input = Input;
    type Output = Concurrency;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Concurrency, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let reserved = row.reserved_concurrency.map(|reserved| i32::try_from(reserved).unwrap_or(i32::MAX));
        Ok(Concurrency { reserved_concurrent_executions: reserved })
    }
}
