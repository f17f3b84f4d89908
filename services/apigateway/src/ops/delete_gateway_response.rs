//! DeleteGatewayResponse.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open};
use crate::error::Error;
use crate::keys::{GatewayResponseRow, Part};
use crate::responses::ResponseType;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    response_type: ResponseType,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Lets the gateway answer in its usual way again.
pub(crate) struct DeleteGatewayResponse;

impl Operation for DeleteGatewayResponse {
    const NAME: &'static str = "DeleteGatewayResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/restapis/{restApiId}/gatewayresponses/{responseType}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(
            cx,
            format_args!("/restapis/{}/gatewayresponses/{}", input.rest_api_id, input.response_type),
        ))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        open(cx, &input.rest_api_id).await?;
        let key = (&input.rest_api_id, GatewayResponseRow::KIND, input.response_type.as_str());
        match table::delete::<GatewayResponseRow>(cx.tx(), key).await? {
            Some(_) => Ok(Output),
            None => Err(Error::NotFound("Gateway response type not defined on api".to_owned())),
        }
    }
}
