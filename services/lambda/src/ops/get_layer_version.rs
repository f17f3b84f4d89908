//! GetLayerVersion.

use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::LayerVersion;
use crate::{layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(label)]
    version_number: i64,
}

/// Shows a layer version and where its content can be loaded from for ten minutes.
pub(crate) struct GetLayerVersion;

impl Operation for GetLayerVersion {
    const NAME: &'static str = "GetLayerVersion";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2018-10-31/layers/{LayerName}/versions/{VersionNumber}"));
    type Input = Input;
    type Output = LayerVersion;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        let resource = format_args!("layer:{name}:{}", input.version_number).to_string();
        Ok(Arn::new("lambda", &region, &account, resource).into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let key = names::layer(cx, &input.layer_name)?;
        // Whether it is there is told only to those who may see it.
        match layers::open(cx.tx(), &key, input.version_number).await {
            Ok(row) => Ok((!row.policy.statements.is_empty()).then(|| row.policy.text())),
            Err(Error::Internal(failure)) => Err(failure.into()),
            Err(_) => Ok(None),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<LayerVersion, Error> {
        let key = names::layer(cx, &input.layer_name)?;
        let row = layers::open(cx.tx(), &key, input.version_number).await?;
        Ok(layers::view(cx, &row))
    }
}
