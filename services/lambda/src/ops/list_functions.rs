//! ListFunctions.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::error::Error;
use crate::function;
use crate::keys::{self, FunctionRow, VersionRow};
use crate::limits::PAGE_MAX;
use crate::names::LATEST;
use crate::shapes::FunctionConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "MasterRegion")]
    master_region: Option<String>,
    #[shape(querystring = "FunctionVersion")]
    function_version: Option<FunctionVersion>,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=10000)]
    max_items: Option<i32>,
}

#[derive(Shape, PartialEq)]
enum FunctionVersion {
    #[shape(name = "ALL")]
    All,
}

#[derive(Shape)]
pub(crate) struct Output {
    next_marker: Option<String>,
    functions: Vec<FunctionConfiguration>,
}

/// Versions of one function in a listing of all versions.
const VERSIONS_MAX: usize = 1000;

/// Lists the functions of the account in the region, by name; with `FunctionVersion` `ALL` with their versions.
///
/// Differs from AWS: a page is cut after whole functions, so one with all versions may be longer than asked for.
pub(crate) struct ListFunctions;

impl Operation for ListFunctions {
    const NAME: &'static str = "ListFunctions";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.master_region.is_some_and(|region| region != "ALL" && region != cx.region()) {
            return Ok(Output { next_marker: None, functions: Vec::new() }); // Lambda@Edge replicas: there are none.
        }
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        let key = (cx.account().to_string(), cx.region().to_string());
        let tx = cx.tx();
        let page = table::list::<FunctionRow>(tx, key, &paging).await?;
        let mut functions = Vec::new();
        for row in &page.items {
            let function = row.reference();
            let all = input.function_version == Some(FunctionVersion::All);
            functions.push(function::view(&function, &row.latest, LATEST, all.then_some(LATEST), false));
            if all {
                let versions = Paging::first(VERSIONS_MAX);
                let versions = table::list::<VersionRow>(tx, keys::of(&function), &versions).await?;
                functions.extend(
                    versions.items.iter().map(|version| function::version_view(&function, version, false)),
                );
            }
        }
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), functions })
    }
}

/// The part of a listing that `MaxItems` and `Marker` ask for.
pub(crate) fn paging(max_items: Option<i32>, marker: Option<&str>, page_max: usize) -> Result<Paging, Error> {
    let limit = max_items.and_then(|max| usize::try_from(max).ok()).unwrap_or(page_max).min(page_max);
    let after = match marker.filter(|marker| !marker.is_empty()) {
        None => None,
        Some(text) => Some(Cursor::from_text(text).ok_or_else(|| Error::invalid("Invalid Marker"))?),
    };
    Ok(Paging::after(limit, after))
}
