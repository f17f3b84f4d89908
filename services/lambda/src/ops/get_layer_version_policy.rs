//! GetLayerVersionPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::{layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(label)]
    version_number: i64,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy: String,
    revision_id: String,
}

/// Shows the resource-based policy of a layer version.
pub(crate) struct GetLayerVersionPolicy;

impl Operation for GetLayerVersionPolicy {
    const NAME: &'static str = "GetLayerVersionPolicy";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::get("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        let resource = format_args!("layer:{name}:{}", input.version_number).to_string();
        Ok(Arn::new("lambda", &region, &account, resource).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let key = names::layer(cx, &input.layer_name)?;
        let row = layers::open(cx.tx(), &key, input.version_number).await?;
        if row.policy.statements.is_empty() {
            return Err(Error::NotFound("No policy is associated with the given resource.".to_string()));
        }
        Ok(Output { policy: row.policy.text(), revision_id: row.policy.revision_id })
    }
}
