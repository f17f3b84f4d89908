//! GetModel.

use cloud::prelude::*;

use crate::api::{access, part};
use crate::error::Error;
use crate::keys::ModelRow;
use crate::views::Model;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label)]
    rest_api_id: String,
    #[shape(label)]
    model_name: String,
    #[shape(querystring = "flatten")]
    flatten: Option<bool>,
}

/// Describes a model.
pub(crate) struct GetModel;

impl Operation for GetModel {
    const NAME: &'static str = "GetModel";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("GET", "/restapis/{restApiId}/models/{modelName}", 200));
    const ACTION: Option<&'static str> = Some("GET");
    type Input = Input;
    type Output = Model;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(access(cx, format_args!("/restapis/{}/models/{}", input.rest_api_id, input.model_name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Model, Error> {
        let row = part(cx, &input.rest_api_id, &input.model_name).await?;
        let row: ModelRow = row.ok_or_else(|| Error::no_model(&input.model_name))?;
        if input.flatten == Some(true) && row.schema.contains("$ref") {
            return Err(Error::unsupported("flatten"));
        }
        Ok(Model::of(row))
    }
}
