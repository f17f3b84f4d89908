//! GetRestApis.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::api::{Page, access};
use crate::error::Error;
use crate::keys::{ApiRow, BY_OWNER};
use crate::views::RestApi;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<RestApi>>,
}

/// Lists the APIs of the account and region.
pub(crate) struct GetRestApis;

impl Operation for GetRestApis {
    const NAME: &'static str = "GetRestApis";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Page;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Page) -> Result<Resource, Error> {
        Ok(access(cx, "/restapis"))
    }

    async fn run(cx: &mut Cx, input: Page) -> Result<Output, Error> {
        let owner = (cx.account().to_owned(), cx.region().to_owned());
        let after = input.position.as_deref().and_then(Cursor::from_text);
        let listing =
            table::list_by::<ApiRow>(cx.tx(), BY_OWNER, owner, &Paging::after(input.size(), after)).await?;
        Ok(Output {
            position: listing.next.map(|cursor| cursor.to_text()),
            items: Some(listing.items.into_iter().map(RestApi::of).collect()),
        })
    }
}
