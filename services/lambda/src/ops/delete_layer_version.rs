//! DeleteLayerVersion.

use cloud::prelude::*;
use store::layer::{blob, table};

use crate::error::Error;
use crate::keys::LayerVersionRow;
use crate::names;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(label)]
    version_number: i64,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a layer version; one that is not there is fine. Functions that use it keep it.
pub(crate) struct DeleteLayerVersion;

impl Operation for DeleteLayerVersion {
    const NAME: &'static str = "DeleteLayerVersion";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", 204));
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
        let now = cx.now().millis();
        let tx = cx.tx();
        let gone: Option<LayerVersionRow> =
            table::delete(tx, (&key.0, &key.1, &key.2, input.version_number)).await?;
        if let Some(row) = gone {
            blob::disown(tx, &row.code.blob, now).await?;
        }
        Ok(Output)
    }
}
