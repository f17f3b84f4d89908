//! GetGatewayResponses.

use cloud::prelude::*;

use crate::api::{Page, access, open, parts};
use crate::error::Error;
use crate::keys::GatewayResponseRow;
use crate::responses::{GatewayResponse, ResponseType};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    position: Option<String>,
    #[shape(json = "item")]
    items: Option<Vec<GatewayResponse>>,
}

/// Lists what the gateway itself answers in all cases.
pub(crate) struct GetGatewayResponses;

impl Operation for GetGatewayResponses {
    const NAME: &'static str = "GetGatewayResponses";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/gatewayresponses", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/gatewayresponses", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let rows: Vec<GatewayResponseRow> = parts(cx.tx(), &input.rest_api_id).await?;
        let all = ResponseType::ALL
            .iter()
            .map(|kind| GatewayResponse::of(*kind, rows.iter().find(|row| row.kind == kind.as_str())));
        let (items, position) = input.page.of(all.collect());
        Ok(Output { position, items: Some(items) })
    }
}
