//! UpdateGatewayResponse.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open, part};
use crate::error::Error;
use crate::keys::{GatewayResponseRow, Texts};
use crate::patch::{Change, PatchOperation};
use crate::responses::{self, GatewayResponse, ResponseType};

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    response_type: ResponseType,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes what the gateway itself answers in a case.
pub(crate) struct UpdateGatewayResponse;

impl Operation for UpdateGatewayResponse {
    const NAME: &'static str = "UpdateGatewayResponse";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PATCH", "/restapis/{restApiId}/gatewayresponses/{responseType}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
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
        let stored = part(cx, &input.rest_api_id, input.response_type.as_str()).await?;
        let mut row: GatewayResponseRow = stored.unwrap_or_else(|| GatewayResponseRow {
            api_id: input.rest_api_id.clone(),
            kind: input.response_type.as_str().to_owned(),
            status: None,
            parameters: Texts::new(),
            templates: Texts::new(),
        });
        for operation in input.patch_operations.unwrap_or_default() {
            responses::apply(&mut row, &Change::of(&operation)?)?;
        }
        responses::check(&row)?;
        table::put(cx.tx(), &row).await?;
        Ok(GatewayResponse::of(input.response_type, Some(&row)))
    }
}
