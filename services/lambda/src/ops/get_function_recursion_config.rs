//! GetFunctionRecursionConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::{RecursionConfig, RecursiveLoop};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)")]
    function_name: String,
}

/// Shows whether loops that the function is part of are stopped.
pub(crate) struct GetFunctionRecursionConfig;

impl Operation for GetFunctionRecursionConfig {
    const NAME: &'static str = "GetFunctionRecursionConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2024-08-31/functions/{FunctionName}/recursion-config"));
    type Input = Input;
    type Output = RecursionConfig;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RecursionConfig, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let recursive_loop = if row.may_loop { RecursiveLoop::Allow } else { RecursiveLoop::Terminate };
        Ok(RecursionConfig { recursive_loop })
    }
}
