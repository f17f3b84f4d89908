//! UpdateModel.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::ModelRow;
use crate::models;
use crate::patch::{Change, PatchOperation};
use crate::views::Model;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    model_name: String,
    patch_operations: Option<Vec<PatchOperation>>,
}

/// Changes a model.
pub(crate) struct UpdateModel;

impl Operation for UpdateModel {
    const NAME: &'static str = "UpdateModel";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PATCH", "/restapis/{restApiId}/models/{modelName}", 200));
    const ACTION: Option<&'static str> = Some("PATCH");
    type Input = Input;
    type Output = Model;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/models/{}", input.rest_api_id, input.model_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Model, Error> {
        let row = part(cx, &input.rest_api_id, &input.model_name).await?;
        let mut row: ModelRow = row.ok_or_else(|| Error::no_model(&input.model_name))?;
        for operation in input.patch_operations.unwrap_or_default() {
            let change = Change::of(&operation)?;
            match change.steps()[..] {
                ["description"] => row.description = change.optional(),
                ["schema"] => {
                    row.schema = change.text()?;
                    models::check(&row.schema, &row.content_type)?;
                }
                _ => return Err(change.unknown()),
            }
        }
        table::put(cx.tx(), &row).await?;
        Ok(Model::of(row))
    }
}
