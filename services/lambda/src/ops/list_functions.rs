//! ListFunctions.

use cloud::prelude::*;
use store::Tx;
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

/// Lists the functions of the account in the region, by name; with `FunctionVersion` `ALL` with their versions.
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
        let key = (cx.account().to_string(), cx.region().to_string());
        if input.function_version == Some(FunctionVersion::All) {
            return all_versions(cx.tx(), key, input.max_items, input.marker.as_deref()).await;
        }
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        let page = table::list::<FunctionRow>(cx.tx(), key, &paging).await?;
        let view = |row: &FunctionRow| function::view(&row.reference(), &row.latest, LATEST, None, false);
        let functions = page.items.iter().map(view).collect();
        Ok(Output { next_marker: page.next.map(|next| next.to_text()), functions })
    }
}

/// Between the two parts of a marker of [`all_versions`]: behind which function, and behind which version of the next.
const MARK: char = '-';

/// A page of `$LATEST` and versions of function after function.
async fn all_versions(
    tx: &Tx,
    key: (String, String),
    max_items: Option<i32>,
    marker: Option<&str>,
) -> Result<Output, Error> {
    let (after, version) =
        marker.unwrap_or_default().split_once(MARK).unwrap_or((marker.unwrap_or_default(), ""));
    let mut functions_paging = paging(max_items, Some(after), PAGE_MAX)?;
    let limit = functions_paging.limit;
    let mut behind = match version {
        "" => None,
        number => Some(number.parse::<u64>().map_err(|_| Error::invalid("Invalid Marker"))?),
    };
    let mut functions = Vec::new();
    loop {
        let page = table::list::<FunctionRow>(tx, &key, &functions_paging).await?;
        for row in &page.items {
            let before = functions_paging.after.as_ref().map(Cursor::to_text).unwrap_or_default();
            let cut = |version: u64| Some(format!("{before}{MARK}{version}"));
            let function = row.reference();
            // Versions count from one: behind zero is behind `$LATEST`.
            let mut last = match behind.take() {
                Some(last) => last,
                None if functions.len() == limit => {
                    return Ok(Output { next_marker: Some(before), functions });
                }
                None => {
                    functions.push(function::view(&function, &row.latest, LATEST, Some(LATEST), false));
                    0
                }
            };
            loop {
                let room = limit - functions.len();
                let versions = Paging::after(room.max(1), Some(Cursor::behind((last,))));
                let versions = table::list::<VersionRow>(tx, keys::of(&function), &versions).await?;
                if room == 0 && !versions.items.is_empty() {
                    return Ok(Output { next_marker: cut(last), functions });
                }
                for version in &versions.items {
                    functions.push(function::version_view(&function, version, false));
                    last = version.number;
                }
                if versions.next.is_none() {
                    break;
                }
            }
            functions_paging.after = Some(Cursor::behind((&row.name,)));
        }
        if page.next.is_none() {
            return Ok(Output { next_marker: None, functions });
        }
    }
}

/// The part of a listing that `MaxItems` and `Marker` ask for.
pub(crate) fn paging(max_items: Option<i32>, marker: Option<&str>, page_max: usize) -> Result<Paging, Error> {
    let limit = max_items.and_then(|max| usize::try_from(max).ok()).unwrap_or(page_max).min(page_max);
    let marker = marker.filter(|marker| !marker.is_empty());
    let after = Cursor::of_token(marker, || Error::invalid("Invalid Marker"))?;
    Ok(Paging::after(limit, after))
}
