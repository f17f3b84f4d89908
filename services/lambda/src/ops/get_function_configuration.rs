//! GetFunctionConfiguration.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::FunctionConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

/// Shows a function's settings.
pub(crate) struct GetFunctionConfiguration;

impl Operation for GetFunctionConfiguration {
    const NAME: &'static str = "GetFunctionConfiguration";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions/{FunctionName}/configuration"));
    type Input = Input;
    type Output = FunctionConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let found = function::find(cx.tx(), &function).await?;
        Ok(function::view(&function, &found.config, &found.version, function.qualifier.as_deref(), true))
    }
}
