//! DeleteModel.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::{ModelRow, Part};
use crate::models;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    model_name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a model that no method uses.
pub(crate) struct DeleteModel;

impl Operation for DeleteModel {
    const NAME: &'static str = "DeleteModel";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/restapis/{restApiId}/models/{modelName}", 202));
    const ACTION: Option<&'static str> = Some("DELETE");
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/models/{}", input.rest_api_id, input.model_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = part(cx, &input.rest_api_id, &input.model_name).await?;
        let row: ModelRow = row.ok_or_else(|| Error::no_model(&input.model_name))?;
        models::check_unused(cx, &row).await?;
        table::delete::<ModelRow>(cx.tx(), (&row.api_id, ModelRow::KIND, &row.name)).await?;
        Ok(Output)
    }
}
