//! PutFunctionCodeSigningConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(len = 0..=200, pattern = r"arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:code-signing-config:csc-[a-z0-9]{17}")]
    code_signing_config_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Refuses code signing for a function.
///
/// Differs from AWS: it is always refused, so that nobody takes unsigned code for code that was checked.
pub(crate) struct PutFunctionCodeSigningConfig;

impl Operation for PutFunctionCodeSigningConfig {
    const NAME: &'static str = "PutFunctionCodeSigningConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2020-06-30/functions/{FunctionName}/code-signing-config", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        function::open(cx.tx(), &function).await?;
        Err(Error::unsupported("Code signing"))
    }
}
