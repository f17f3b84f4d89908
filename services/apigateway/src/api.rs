//! Finding APIs and their parts.

use cloud::arn::Arn;
use cloud::cx::Cx;
use cloud::operation::Resource;
use proxyevent::apiid;
use shape::Shape;
use store::Tx;
use store::layer::table::{self, Paging};

use crate::error::Error;
use crate::keys::{ApiRow, IntegrationResponse, Method, Part, ResourceRow};
use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::tree::Tree;

/// Characters of the ids of parts.
const PART_ID_LENGTH: usize = 6;

/// What access is decided on: the path of the thing in the API, as `arn:aws:apigateway:<region>::<path>`.
pub(crate) fn access(cx: &Cx, path: impl std::fmt::Display) -> Resource {
    Arn::new("apigateway", cx.region(), "", path).into()
}

/// A new id of a part.
pub(crate) fn part_id(cx: &Cx) -> String {
    cx.chance().text(apiid::ALPHABET, PART_ID_LENGTH)
}

/// The API with this id, if it is the caller's.
pub(crate) async fn find(cx: &mut Cx, id: &str) -> Result<Option<ApiRow>, Error> {
    let row: Option<ApiRow> = table::get(cx.tx(), id).await?;
    Ok(row.filter(|row| row.account == cx.account() && row.region == cx.region()))
}

/// The API with this id.
pub(crate) async fn open(cx: &mut Cx, id: &str) -> Result<ApiRow, Error> {
    match find(cx, id).await? {
        Some(row) => Ok(row),
        None => Err(Error::no_api(cx.account(), id)),
    }
}

/// A part of the caller's API by its id, if both exist.
pub(crate) async fn part<P: Part>(cx: &mut Cx, api_id: &str, id: &str) -> Result<Option<P>, Error> {
    if find(cx, api_id).await?.is_none() {
        return Ok(None);
    }
    Ok(table::get(cx.tx(), (api_id, P::KIND, id)).await?)
}

/// All parts of a kind.
pub(crate) async fn parts<P: Part>(tx: &Tx, api_id: &str) -> Result<Vec<P>, store::Error> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let listing = table::list::<P>(tx, (api_id, P::KIND), &Paging::after(PAGE_MAX, after)).await?;
        found.extend(listing.items);
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// A resource of the caller's API. AWS names the resource in its error even when the API is missing.
pub(crate) async fn resource(cx: &mut Cx, api_id: &str, id: &str) -> Result<ResourceRow, Error> {
    part(cx, api_id, id).await?.ok_or_else(Error::no_resource)
}

/// A resource and its method.
pub(crate) async fn method(
    cx: &mut Cx,
    api_id: &str,
    resource_id: &str,
    http_method: &str,
) -> Result<(ResourceRow, Method), Error> {
    let resource = resource(cx, api_id, resource_id).await?;
    let method = resource.methods.get(http_method).cloned().ok_or_else(Error::no_method)?;
    Ok((resource, method))
}

/// Writes a method back into its resource.
pub(crate) async fn put_method(
    cx: &mut Cx,
    mut resource: ResourceRow,
    http_method: String,
    method: Method,
) -> Result<(), Error> {
    resource.methods.insert(http_method, method);
    Ok(table::put(cx.tx(), &resource).await?)
}

/// Which page of a listing is asked for.
#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Page {
    #[shape(querystring = "position")]
    pub(crate) position: Option<String>,
    #[shape(querystring = "limit")]
    limit: Option<i32>,
}

impl Page {
    /// How many items it has at the most.
    pub(crate) fn size(&self) -> usize {
        self.limit.map_or(PAGE_DEFAULT, |limit| (limit.max(1) as usize).min(PAGE_MAX))
    }

    /// The page of items that are all in memory, and the position of the next one.
    pub(crate) fn of<T>(&self, items: Vec<T>) -> (Vec<T>, Option<String>) {
        let from: usize = self.position.as_deref().and_then(|position| position.parse().ok()).unwrap_or(0);
        let to = from.saturating_add(self.size());
        let next = (to < items.len()).then(|| to.to_string());
        (items.into_iter().skip(from).take(self.size()).collect(), next)
    }
}

/// All resources of an API, by id.
pub(crate) async fn tree(cx: &mut Cx, api_id: &str) -> Result<Tree, Error> {
    let rows = parts::<ResourceRow>(cx.tx(), api_id).await?;
    Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
}

/// An answer of an integration, and the resource that it belongs to. AWS names the integration in its error when the
/// method is missing.
pub(crate) async fn integration_response(
    cx: &mut Cx,
    api_id: &str,
    resource_id: &str,
    http_method: &str,
    status_code: &str,
) -> Result<(ResourceRow, IntegrationResponse), Error> {
    let resource = resource(cx, api_id, resource_id).await?;
    let method = resource.methods.get(http_method);
    let integration =
        method.and_then(|method| method.integration.as_ref()).ok_or_else(Error::no_integration)?;
    let response = integration.responses.get(status_code).cloned().ok_or_else(Error::no_response)?;
    Ok((resource, response))
}

/// Deletes all parts of an API.
pub(crate) fn delete_parts(tx: &mut Tx, api_id: &str) -> Result<(), store::Error> {
    tx.delete_range(table::row_range::<ResourceRow>(&api_id))
}
