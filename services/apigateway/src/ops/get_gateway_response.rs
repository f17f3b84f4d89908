//! GetGatewayResponse.

use cloud::prelude::*;

use crate::api::{access, open, part};
use crate::error::Error;
use crate::keys::GatewayResponseRow;
use crate::responses::{GatewayResponse, ResponseType};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    response_type: ResponseType,
}

/// Describes what the gateway itself answers in a case.
pub(crate) struct GetGatewayResponse;

impl Operation for GetGatewayResponse {
    const NAME: &'static str = "GetGatewayResponse";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::new("GET", "/restapis/{restApiId}/gatewayresponses/{responseType}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = GatewayResponse;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!("/restapis/{}/gatewayresponses/{}", input.rest_api_id, input.response_type),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<GatewayResponse, Error> {
        open(cx, &input.rest_api_id).await?;
        let row: Option<GatewayResponseRow> =
            part(cx, &input.rest_api_id, input.response_type.as_str()).await?;
        Ok(GatewayResponse::of(input.response_type, row.as_ref()))
    }
}
