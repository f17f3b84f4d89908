//! GetFunctionCodeSigningConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    /// Never there: functions with code signing are refused.
    code_signing_config_arn: Option<String>,
    function_name: String,
}

/// Shows that a function has no code signing configuration. Tools such as Terraform ask this of every function.
pub(crate) struct GetFunctionCodeSigningConfig;

impl Operation for GetFunctionCodeSigningConfig {
    const NAME: &'static str = "GetFunctionCodeSigningConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2020-06-30/functions/{FunctionName}/code-signing-config"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let row = function::open(cx.tx(), &function).await?;
        Ok(Output { code_signing_config_arn: None, function_name: row.name })
    }
}
