//! ListVersionsByFunction.

use cloud::prelude::*;
use store::layer::table;

use super::list_functions::paging;
use crate::error::Error;
use crate::function;
use crate::keys::{self, VersionRow};
use crate::limits::PAGE_MAX;
use crate::names::{FunctionRef, LATEST};
use crate::shapes::FunctionConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=10000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_marker: Option<String>,
    versions: Vec<FunctionConfiguration>,
}

/// Lists `$LATEST` and the published versions of a function.
pub(crate) struct ListVersionsByFunction;

impl Operation for ListVersionsByFunction {
    const NAME: &'static str = "ListVersionsByFunction";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions/{FunctionName}/versions"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let mut paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        let first = paging.after.is_none();
        let row = function::open(cx.tx(), &function).await?;
        let mut versions = Vec::new();
        if first {
            // `$LATEST` comes first and takes one place of the first page.
            versions.push(function::view(&function, &row.latest, LATEST, Some(LATEST), false));
            paging.limit = (paging.limit - 1).max(1);
        }
        let page = table::list::<VersionRow>(cx.tx(), keys::of(&function), &paging).await?;
        versions.extend(page.items.iter().map(|version| function::version_view(&function, version, false)));
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), versions })
    }
}
