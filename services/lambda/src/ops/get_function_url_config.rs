//! GetFunctionUrlConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::FunctionUrl;
use crate::urls;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)")]
    qualifier: Option<String>,
}

/// Shows the address of a function.
pub(crate) struct GetFunctionUrlConfig;

impl Operation for GetFunctionUrlConfig {
    const NAME: &'static str = "GetFunctionUrlConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2021-10-31/functions/{FunctionName}/url"));
    type Input = Input;
    type Output = FunctionUrl;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionUrl, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let url = urls::open(cx, &function).await?;
        Ok(urls::view(cx, &function, &url, true))
    }
}
