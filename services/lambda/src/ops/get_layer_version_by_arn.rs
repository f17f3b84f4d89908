//! GetLayerVersionByArn.

use cloud::prelude::*;

use crate::error::Error;
use crate::shapes::LayerVersion;
use crate::{layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "Arn", len = 1..=140, pattern = r"arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+")]
    arn: String,
}

/// Shows a layer version by its ARN.
pub(crate) struct GetLayerVersionByArn;

impl Operation for GetLayerVersionByArn {
    const NAME: &'static str = "GetLayerVersionByArn";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2018-10-31/layers?find=LayerVersion"));
    const ACTION: Option<&'static str> = Some("GetLayerVersion");
    type Input = Input;
    type Output = LayerVersion;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let arn: Arn = input.arn.parse().map_err(|_| Error::invalid("Invalid layer version ARN."))?;
        Ok(arn.into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let Some((account, region, name, number)) = names::layer_version(&input.arn) else { return Ok(None) };
        let key = (account.to_string(), region.to_string(), name.to_string());
        match layers::open(cx.tx(), &key, number).await {
            Ok(row) => Ok((!row.policy.statements.is_empty()).then(|| row.policy.text())),
            Err(Error::Internal(failure)) => Err(failure.into()),
            Err(_) => Ok(None),
        }
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<LayerVersion, Error> {
        let parsed = names::layer_version(&input.arn);
        let (account, region, name, number) = parsed.ok_or_else(Error::no_resource)?;
        let key = (account.to_string(), region.to_string(), name.to_string());
        let row = layers::open(cx.tx(), &key, number).await?;
        Ok(layers::view(cx, &row))
    }
}
