//! PutGatewayResponse.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open};
use crate::error::Error;
use crate::keys::{GatewayResponseRow, Texts};
use crate::responses::{self, GatewayResponse, ResponseType};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    response_type: ResponseType,
    status_code: Option<String>,
    response_parameters: Option<Texts>,
    response_templates: Option<Texts>,
}

/// Says what the gateway itself answers in a case.
pub(crate) struct PutGatewayResponse;

impl Operation for PutGatewayResponse {
    const NAME: &'static str = "PutGatewayResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/restapis/{restApiId}/gatewayresponses/{responseType}", 201));
    const ACTION: Option<&'static str> = Some("PUT");
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
        let row = GatewayResponseRow {
            api_id: input.rest_api_id,
            kind: input.response_type.as_str().to_owned(),
            status: input.status_code,
            parameters: input.response_parameters.unwrap_or_default(),
            templates: input.response_templates.unwrap_or_default(),
        };
        responses::check(&row)?;
        table::put(cx.tx(), &row).await?;
        Ok(GatewayResponse::of(input.response_type, Some(&row)))
    }
}
