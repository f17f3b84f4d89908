//! ListEventSourceMappings.

use cloud::prelude::*;
use store::layer::table;

use super::list_functions::paging;
use crate::error::Error;
use crate::keys::MappingRow;
use crate::limits::MAPPINGS_PAGE_MAX;
use crate::mappings::shapes::{self, Mapping};
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "FunctionName", len = 1..=256)]
    function_name: Option<String>,
    #[shape(querystring = "EventSourceArn")]
    event_source_arn: Option<String>,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=10000)]
    max_items: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_marker: Option<String>,
    event_source_mappings: Vec<Mapping>,
}

/// Lists event source mappings: all, or those of a function or a source. A page looks at so many, and may show fewer.
pub(crate) struct ListEventSourceMappings;

impl Operation for ListEventSourceMappings {
    const NAME: &'static str = "ListEventSourceMappings";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/event-source-mappings"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = match &input.function_name {
            Some(name) => {
                let function = FunctionRef::parse(cx, name, None)?;
                crate::function::find(cx.tx(), &function).await?;
                Some(function)
            }
            None => None,
        };
        let paging = paging(input.max_items, input.marker.as_deref(), MAPPINGS_PAGE_MAX)?;
        let place = (cx.account().to_string(), cx.region().to_string());
        let page = table::list::<MappingRow>(cx.tx(), place, &paging).await?;
        let mut event_source_mappings = Vec::new();
        for row in &page.items {
            let is_source = input.event_source_arn.as_ref().is_none_or(|source| row.source == *source);
            if is_source && function.as_ref().is_none_or(|function| is_of(row, function)) {
                event_source_mappings.push(shapes::view(cx, row).await?);
            }
        }
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), event_source_mappings })
    }
}

/// A name without qualifier means the function itself, not its versions.
fn is_of(row: &MappingRow, function: &FunctionRef) -> bool {
    row.name == function.name && row.qualifier == function.qualifier
}
