//! Finding an API and its parts.

use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Cursor, Listing, Paging};
use store::tuple::Tuple;

use crate::error::Error;
use crate::keys::{ApiRow, DeploymentRow, IntegrationRow, Part, RouteRow, StageRow, Texts};
use crate::limits::{PARTS_MAX, RESULTS, RESULTS_MAX};

/// Random characters of the ids of parts: routes, integrations and deployments have seven on AWS.
const ID_LENGTH: usize = 7;

/// A new id of a part.
pub(crate) fn new_id(cx: &Cx) -> String {
    cx.chance().text(proxyevent::apiid::ALPHABET, ID_LENGTH)
}

/// What access is decided on: `arn:aws:apigateway:<region>::<path>`.
pub(crate) fn arn(cx: &Cx, path: impl std::fmt::Display) -> Resource {
    Arn::new("apigateway", cx.region(), "", path).into()
}

/// The API `id` of the caller's account, or AWS's refusal.
pub(crate) async fn open(cx: &Cx, id: &str) -> Result<ApiRow, Error> {
    let row = cx.get::<ApiRow>((id,)).await?;
    row.filter(|row| row.account == cx.account() && row.region == cx.region())
        .ok_or_else(|| Error::none("API", id))
}

/// A part of an API that was opened before.
pub(crate) async fn part<P: Part>(cx: &Cx, api_id: &str, id: &str) -> Result<P, Error> {
    open(cx, api_id).await?;
    cx.get::<P>((api_id, P::KIND, id)).await?.ok_or_else(|| Error::none(P::TITLE, id))
}

/// A page of the parts of an API.
pub(crate) async fn parts<P: Part>(
    cx: &mut Cx,
    api_id: &str,
    max_results: Option<&str>,
    token: Option<&str>,
) -> Result<(Vec<P>, Option<String>), Error> {
    open(cx, api_id).await?;
    let paging = paging(max_results, token)?;
    let page: Listing<P> = table::list(cx.tx(), (api_id, P::KIND), &paging).await?;
    Ok((page.items, page.next.map(|cursor| cursor.to_text())))
}

/// Reads the members with which listings are asked for in pages.
pub(crate) fn paging(max_results: Option<&str>, token: Option<&str>) -> Result<Paging, Error> {
    let limit = match max_results {
        None => RESULTS,
        Some(text) => match text.parse::<usize>() {
            Ok(number) if (1..=RESULTS_MAX).contains(&number) => number,
            _ => return Err(Error::bad("Invalid value for parameter maxResults")),
        },
    };
    let after = Cursor::of_token(token, || Error::bad("Invalid nextToken"))?;
    Ok(Paging::after(limit, after))
}

/// Refuses one part more than there may be.
pub(crate) async fn check_room<P: Part>(tx: &Tx, api_id: &str, most: usize) -> Result<(), Error> {
    let there = table::list::<P>(tx, (api_id, P::KIND), &Paging::first(most)).await?.items.len();
    if there >= most {
        return Err(Error::bad(format!("the limit of {most} {}s for each API is reached", P::KIND)));
    }
    Ok(())
}

/// Removes every part of an API.
pub(crate) async fn delete_parts(tx: &mut Tx, api_id: &str) -> Result<(), Error> {
    table::delete_under::<RouteRow>(tx, Tuple::of((api_id,)), usize::MAX).await?;
    Ok(())
}

/// The copy of an API's routes that a deployment keeps.
pub(crate) async fn snapshot(
    cx: &mut Cx,
    api_id: &str,
    description: Option<String>,
    auto: bool,
) -> Result<DeploymentRow, Error> {
    let all = Paging::first(PARTS_MAX);
    let routes = table::list(cx.tx(), (api_id, RouteRow::KIND), &all).await?.items;
    let integrations = table::list(cx.tx(), (api_id, IntegrationRow::KIND), &all).await?.items;
    Ok(DeploymentRow {
        api_id: api_id.to_owned(),
        id: new_id(cx),
        description,
        auto,
        created_at_millis: cx.now().millis(),
        routes,
        integrations,
    })
}

/// A thing with tags.
pub(crate) enum Tagged {
    Api(Box<ApiRow>),
    Stage(Box<StageRow>),
}

impl Tagged {
    /// Finds the thing that an ARN names: `arn:aws:apigateway:<region>::/apis/<id>[/stages/<name>]`.
    pub(crate) async fn open(cx: &Cx, arn: &str) -> Result<Self, Error> {
        let invalid = || Error::bad(format!("Invalid ARN specified in the request: {arn}"));
        let (_, path) = arn.split_once("::/apis/").ok_or_else(invalid)?;
        match path.split('/').collect::<Vec<_>>()[..] {
            [id] => Ok(Self::Api(Box::new(open(cx, id).await?))),
            [id, "stages", name] => Ok(Self::Stage(Box::new(part(cx, id, name).await?))),
            _ => Err(invalid()),
        }
    }

    /// The tags.
    pub(crate) fn tags(&mut self) -> &mut Texts {
        match self {
            Self::Api(row) => &mut row.tags,
            Self::Stage(row) => &mut row.tags,
        }
    }

    /// Writes the tags back.
    pub(crate) async fn save(&self, cx: &mut Cx) -> Result<(), Error> {
        match self {
            Self::Api(row) => table::put(cx.tx(), &**row).await?,
            Self::Stage(row) => table::put(cx.tx(), &**row).await?,
        }
        Ok(())
    }
}
