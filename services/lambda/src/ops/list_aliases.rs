//! ListAliases.

use cloud::prelude::*;
use store::layer::table;

use super::list_functions::paging;
use crate::error::Error;
use crate::function;
use crate::keys::{self, AliasRow};
use crate::limits::PAGE_MAX;
use crate::names::FunctionRef;
use crate::shapes::AliasConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "FunctionVersion", len = 1..=1024, pattern = r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")]
    function_version: Option<String>,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=10000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_marker: Option<String>,
    aliases: Vec<AliasConfiguration>,
}

/// Lists the aliases of a function, or those that lead to one version.
pub(crate) struct ListAliases;

impl Operation for ListAliases {
    const NAME: &'static str = "ListAliases";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions/{FunctionName}/aliases"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        function::open(cx.tx(), &function).await?;
        let page = table::list::<AliasRow>(cx.tx(), keys::of(&function), &paging).await?;
        let wanted = input.function_version;
        let fits = |alias: &&AliasRow| wanted.as_ref().is_none_or(|version| alias.version == *version);
        let aliases =
            page.items.iter().filter(fits).map(|alias| function::alias_view(&function, alias)).collect();
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), aliases })
    }
}
