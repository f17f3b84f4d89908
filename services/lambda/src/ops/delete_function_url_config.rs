//! DeleteFunctionUrlConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::urls;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)")]
    qualifier: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Takes the address of a function away.
pub(crate) struct DeleteFunctionUrlConfig;

impl Operation for DeleteFunctionUrlConfig {
    const NAME: &'static str = "DeleteFunctionUrlConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/2021-10-31/functions/{FunctionName}/url", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        urls::open(cx, &function).await?;
        urls::remove(cx, &function).await?;
        Ok(Output)
    }
}
