//! GetFunction.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::{Concurrency, FunctionConfiguration};
use crate::{code, function};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    configuration: FunctionConfiguration,
    code: CodeLocation,
    tags: Option<BTreeMap<String, String>>,
    concurrency: Option<Concurrency>,
}

#[derive(Shape)]
struct CodeLocation {
    repository_type: String,
    location: String,
}

/// Shows a function, its tags and where its code can be loaded from for ten minutes.
pub(crate) struct GetFunction;

impl Operation for GetFunction {
    const NAME: &'static str = "GetFunction";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions/{FunctionName}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let found = function::find(cx.tx(), &function).await?;
        let qualifier = function.qualifier.as_deref();
        Ok(Output {
            configuration: function::view(&function, &found.config, &found.version, qualifier, true),
            code: CodeLocation {
                repository_type: "S3".to_string(),
                location: code::location(cx, &found.config.code),
            },
            tags: (!found.row.tags.is_empty()).then_some(found.row.tags),
            concurrency: found.row.reserved_concurrency.map(|reserved| Concurrency {
                reserved_concurrent_executions: Some(i32::try_from(reserved).unwrap_or(i32::MAX)),
            }),
        })
    }
}
