//! PutFunctionRecursionConfig.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::{RecursionConfig, RecursiveLoop};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)")]
    function_name: String,
    recursive_loop: RecursiveLoop,
}

/// Says whether loops that the function is part of are stopped.
pub(crate) struct PutFunctionRecursionConfig;

impl Operation for PutFunctionRecursionConfig {
    const NAME: &'static str = "PutFunctionRecursionConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2024-08-31/functions/{FunctionName}/recursion-config", 200));
    type Input = Input;
    type Output = RecursionConfig;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RecursionConfig, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let mut row = function::open(cx.tx(), &function).await?;
        row.may_loop = input.recursive_loop == RecursiveLoop::Allow;
        table::put(cx.tx(), &row).await?;
        Ok(RecursionConfig { recursive_loop: input.recursive_loop })
    }
}
