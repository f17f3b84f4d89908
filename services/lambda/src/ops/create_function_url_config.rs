//! CreateFunctionUrlConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::Url;
use crate::names::FunctionRef;
use crate::shapes::{AuthType, CorsShape, FunctionUrl, InvokeMode};
use crate::urls;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)")]
    qualifier: Option<String>,
    auth_type: AuthType,
    cors: Option<CorsShape>,
    invoke_mode: Option<InvokeMode>,
}

/// Gives a function or an alias an address of its own.
///
/// Differs from AWS: the address is reached over HTTP on the port of the cloud; what is streamed has no limit of bandwidth.
pub(crate) struct CreateFunctionUrlConfig;

impl Operation for CreateFunctionUrlConfig {
    const NAME: &'static str = "CreateFunctionUrlConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2021-10-31/functions/{FunctionName}/url", 201));
    type Input = Input;
    type Output = FunctionUrl;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionUrl, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let now = cx.now().millis();
        let url = Url {
            id: urls::new_id(cx),
            iam: input.auth_type == AuthType::Iam,
            cors: input.cors.map(urls::cors),
            streams: input.invoke_mode == Some(InvokeMode::ResponseStream),
            created_at_millis: now,
            modified_at_millis: now,
        };
        urls::insert(cx, &function, &url).await?;
        Ok(urls::view(cx, &function, &url, false))
    }
}
