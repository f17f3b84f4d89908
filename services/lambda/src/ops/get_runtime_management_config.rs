//! GetRuntimeManagementConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::{RuntimeManagement, UpdateRuntimeOn};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

/// Shows when the runtime of a function or a version is updated.
pub(crate) struct GetRuntimeManagementConfig;

impl Operation for GetRuntimeManagementConfig {
    const NAME: &'static str = "GetRuntimeManagementConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::get("/2021-07-20/functions/{FunctionName}/runtime-management-config"));
    type Input = Input;
    type Output = RuntimeManagement;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RuntimeManagement, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let config = function::find(cx.tx(), &function).await?.config;
        Ok(RuntimeManagement {
            update_runtime_on: UpdateRuntimeOn::of(&config),
            function_arn: function.qualified_arn().to_string(),
            runtime_version_arn: config.runtime_version_arn,
        })
    }
}
