//! GetApis.

use cloud::prelude::*;
use store::layer::table;

use crate::api;
use crate::error::Error;
use crate::keys::{ApiRow, BY_ACCOUNT};
use crate::views::Api;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(querystring = "maxResults")]
    max_results: Option<String>,
    #[shape(querystring = "nextToken")]
    next_token: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    items: Vec<Api>,
    next_token: Option<String>,
}

pub(crate) struct GetApis;

impl Operation for GetApis {
    const NAME: &'static str = "GetApis";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/v2/apis"));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(api::arn(cx, "/apis"))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let paging = api::paging(input.max_results.as_deref(), input.next_token.as_deref())?;
        let place = (cx.account().to_owned(), cx.region().to_owned());
        let page = table::list_by::<ApiRow>(cx.tx(), BY_ACCOUNT, place, &paging).await?;
        let items = page.items.into_iter().map(|row| Api::of(cx, row)).collect();
        Ok(Output { items, next_token: page.next.map(|cursor| cursor.to_text()) })
    }
}
