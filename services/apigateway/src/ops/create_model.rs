//! CreateModel.

use cloud::prelude::*;
use store::layer::table;

use crate::api::{access, open, part_id};
use crate::error::Error;
use crate::keys::ModelRow;
use crate::models;
use crate::views::Model;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    name: String,
    description: Option<String>,
    schema: Option<String>,
    content_type: String,
}

/// Makes a model: a JSON schema that bodies are checked against.
pub(crate) struct CreateModel;

impl Operation for CreateModel {
    const NAME: &'static str = "CreateModel";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/restapis/{restApiId}/models", 201));
    const ACTION: Option<&'static str> = Some("POST");
    type Input = Input;
    type Output = Model;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/models", input.rest_api_id)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Model, Error> {
        open(cx, &input.rest_api_id).await?;
        if input.name.is_empty() {
            return Err(Error::bad("Model name must be non-empty"));
        }
        let schema = input.schema.unwrap_or_default();
        models::check(&schema, &input.content_type)?;
        let row = ModelRow {
            api_id: input.rest_api_id,
            name: input.name,
            id: part_id(cx),
            description: input.description,
            schema,
            content_type: input.content_type,
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::conflict("Model name already exists for this REST API"));
        }
        Ok(Model::of(row))
    }
}
