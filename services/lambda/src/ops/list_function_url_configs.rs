//! ListFunctionUrlConfigs.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::FunctionUrl;
use crate::{function, urls};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=50)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    function_url_configs: Vec<FunctionUrl>,
    next_marker: Option<String>,
}

/// Lists the addresses of a function and its aliases.
///
/// Differs from AWS: all are on one page.
pub(crate) struct ListFunctionUrlConfigs;

impl Operation for ListFunctionUrlConfigs {
    const NAME: &'static str = "ListFunctionUrlConfigs";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2021-10-31/functions/{FunctionName}/urls"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let urls = row.urls.iter().map(|(alias, url)| {
            let qualifier = (!alias.is_empty()).then(|| alias.clone());
            urls::view(cx, &FunctionRef { qualifier, ..function.clone() }, url, true)
        });
        Ok(Output { function_url_configs: urls.collect(), next_marker: None })
    }
}
