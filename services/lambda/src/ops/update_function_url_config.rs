//! UpdateFunctionUrlConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::{AuthType, CorsShape, FunctionUrl, InvokeMode};
use crate::urls;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)")]
    qualifier: Option<String>,
    auth_type: Option<AuthType>,
    cors: Option<CorsShape>,
    invoke_mode: Option<InvokeMode>,
}

/// Changes who may use the address of a function, and its cross-origin rules.
pub(crate) struct UpdateFunctionUrlConfig;

impl Operation for UpdateFunctionUrlConfig {
    const NAME: &'static str = "UpdateFunctionUrlConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/2021-10-31/functions/{FunctionName}/url", 200));
    type Input = Input;
    type Output = FunctionUrl;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionUrl, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let mut url = urls::open(cx, &function).await?;
        if let Some(auth) = input.auth_type {
            url.iam = auth == AuthType::Iam;
        }
        if let Some(mode) = input.invoke_mode {
            url.streams = mode == InvokeMode::ResponseStream;
        }
        if let Some(cors) = input.cors {
            url.cors = Some(urls::cors(cors));
        }
        url.modified_at_millis = cx.now().millis();
        urls::save(cx, &function, &url).await?;
        Ok(urls::view(cx, &function, &url, true))
    }
}
