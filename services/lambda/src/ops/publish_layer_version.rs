//! PublishLayerVersion.

use cloud::prelude::*;
use store::layer::{blob, table};

use crate::error::Error;
use crate::keys::{LayerRow, LayerVersionRow, Policy};
use crate::shapes::{Architecture, FunctionCode, LayerVersion};
use crate::{code, config, layers, names};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+")]
    layer_name: String,
    #[shape(len = ..=256)]
    description: Option<String>,
    content: Content,
    #[shape(default, len = ..=15)]
    compatible_runtimes: Vec<String>,
    #[shape(len = ..=512)]
    license_info: Option<String>,
    #[shape(default, len = ..=2)]
    compatible_architectures: Vec<Architecture>,
}

#[derive(Shape)]
struct Content {
    #[shape(len = 3..=63)]
    s3_bucket: Option<String>,
    #[shape(len = 1..=1024)]
    s3_key: Option<String>,
    #[shape(len = 1..=1024)]
    s3_object_version: Option<String>,
    #[shape(sensitive)]
    zip_file: Option<bytes::Bytes>,
}

/// Makes a new version of a layer.
pub(crate) struct PublishLayerVersion;

impl Operation for PublishLayerVersion {
    const NAME: &'static str = "PublishLayerVersion";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2018-10-31/layers/{LayerName}/versions", 201));
    type Input = Input;
    type Output = LayerVersion;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        Ok(Arn::new("lambda", &region, &account, format_args!("layer:{name}")).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<LayerVersion, Error> {
        let (account, region, name) = names::layer(cx, &input.layer_name)?;
        for runtime in &input.compatible_runtimes {
            config::check_known_runtime(runtime)?;
        }
        let source = FunctionCode {
            zip_file: input.content.zip_file,
            s3_bucket: input.content.s3_bucket,
            s3_key: input.content.s3_key,
            s3_object_version: input.content.s3_object_version,
            image_uri: None,
            source_kms_key_arn: None,
        };
        let zip = code::take(cx, source).await?;
        let draft = LayerVersionRow {
            account,
            region,
            name,
            number: 0,
            description: input.description.unwrap_or_default(),
            code: code::keep(cx, zip).await?,
            runtimes: input.compatible_runtimes,
            architectures: input
                .compatible_architectures
                .iter()
                .map(|one| one.as_str().to_string())
                .collect(),
            license: input.license_info,
            created_at_millis: cx.now().millis(),
            policy: Policy::default(),
        };
        let row = cx
            .transact(|tx| {
                let mut row = draft.clone();
                Box::pin(async move {
                    let key = (&row.account, &row.region, &row.name);
                    let layer: Option<LayerRow> = table::get(tx, key).await?;
                    row.number = layer.map_or(1, |layer| layer.next_version);
                    let layer = LayerRow {
                        account: row.account.clone(),
                        region: row.region.clone(),
                        name: row.name.clone(),
                        next_version: row.number + 1,
                    };
                    blob::own(tx, &row.code.blob)?;
                    table::put(tx, &layer).await?;
                    table::put(tx, &row).await?;
                    Ok::<_, Error>(row)
                })
            })
            .await?;
        Ok(layers::view(cx, &row))
    }
}
