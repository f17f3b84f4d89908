//! UpdateFunctionCode.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys;
use crate::names::{FunctionRef, LATEST};
use crate::runner::Runner;
use crate::shapes::{Architecture, FunctionCode, FunctionConfiguration};
use crate::{code, function, upload};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(sensitive)]
    zip_file: Option<bytes::Bytes>,
    #[shape(len = 3..=63)]
    s3_bucket: Option<String>,
    #[shape(len = 1..=1024)]
    s3_key: Option<String>,
    #[shape(len = 1..=1024)]
    s3_object_version: Option<String>,
    image_uri: Option<String>,
    #[shape(default)]
    publish: bool,
    #[shape(default)]
    dry_run: bool,
    revision_id: Option<String>,
    #[shape(len = 1..=1)]
    architectures: Option<Vec<Architecture>>,
    #[shape(name = "SourceKMSKeyArn")]
    source_kms_key_arn: Option<String>,
    publish_to: Option<String>,
}

/// Gives a function other code. Invocations that run end with the old code; later ones get new processes.
pub(crate) struct UpdateFunctionCode;

impl Operation for UpdateFunctionCode {
    const NAME: &'static str = "UpdateFunctionCode";
    const KIND: Kind = Kind::Free;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/2015-03-31/functions/{FunctionName}/code", 200));
    type Input = Input;
    type Output = FunctionConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        if input.publish_to.is_some() {
            return Err(Error::unsupported("PublishTo"));
        }
        let row = function::open(&cx.snapshot().await?, &function).await?;
        function::check_revision(input.revision_id.as_deref(), &row.latest.revision_id)?;
        let source = FunctionCode {
            zip_file: input.zip_file,
            s3_bucket: input.s3_bucket,
            s3_key: input.s3_key,
            s3_object_version: input.s3_object_version,
            image_uri: input.image_uri,
            source_kms_key_arn: input.source_kms_key_arn,
        };
        let zip = code::take(cx, source).await?;
        let mut config = row.latest;
        if input.dry_run {
            config.code.sha256 = code::sha256(&zip);
            config.code.blob.size = zip.len() as u64;
            return Ok(function::view(&function, &config, LATEST, None, true));
        }
        config.code = code::keep(cx, zip).await?;
        if let Some(architecture) = input.architectures.as_ref().and_then(|list| list.first()) {
            config.architecture = architecture.as_str().to_string();
        }
        upload::prepare(cx, &mut config).await?;
        config.modified_at_millis = cx.now().millis();
        config.revision_id = cx.new_id();
        let (now, revision) = (cx.now().millis(), cx.new_id());
        let (wanted, publish) = (input.revision_id, input.publish);
        let (config, published) = cx
            .transact(|tx| {
                let (function, mut config) = (function.clone(), config.clone());
                let (wanted, revision) = (wanted.clone(), revision.clone());
                Box::pin(async move {
                    let mut row = function::open(tx, &function).await?;
                    function::check_revision(wanted.as_deref(), &row.latest.revision_id)?;
                    // Only the code is ours to change; the configuration may have changed since it was read.
                    config = keys::Config {
                        code: config.code,
                        sdk_packages: config.sdk_packages,
                        architecture: config.architecture,
                        modified_at_millis: config.modified_at_millis,
                        revision_id: config.revision_id,
                        ..row.latest.clone()
                    };
                    function::own(tx, &config)?;
                    function::disown(tx, &row.latest, now).await?;
                    row.latest = config;
                    table::put(tx, &row).await?;
                    let published = match publish {
                        true => Some(function::publish(tx, &mut row, None, now, revision).await?),
                        false => None,
                    };
                    Ok::<_, Error>((row.latest, published))
                })
            })
            .await?;
        Runner::of(cx).warm(cx, &function);
        Ok(match published {
            Some(version) => function::version_view(&function, &version, true),
            None => function::view(&function, &config, LATEST, None, true),
        })
    }
}
