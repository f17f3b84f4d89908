//! PublishVersion.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::FunctionConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(name = "CodeSha256")]
    code_sha256: Option<String>,
    #[shape(len = ..=256)]
    description: Option<String>,
    revision_id: Option<String>,
    publish_to: Option<String>,
}

/// Publishes `$LATEST` as a version; nothing new is published when nothing has changed since the last one.
pub(crate) struct PublishVersion;

impl Operation for PublishVersion {
    const NAME: &'static str = "PublishVersion";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/functions/{FunctionName}/versions", 201));
    type Input = Input;
    type Output = FunctionConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<FunctionConfiguration, Error> {
        if input.publish_to.is_some() {
            return Err(Error::unsupported("PublishTo"));
        }
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let (now, revision) = (cx.now().millis(), cx.new_id());
        let mut row = function::open(cx.tx(), &function).await?;
        function::check_revision(input.revision_id.as_deref(), &row.latest.revision_id)?;
        let current = &row.latest.code.sha256;
        if let Some(wanted) = input.code_sha256.filter(|wanted| !wanted.is_empty() && wanted != current) {
            return Err(Error::invalid(format!(
                "CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). \
                 Please try again with the CodeSHA256 in $LATEST."
            )));
        }
        let description = input.description.filter(|description| !description.is_empty());
        let version = function::publish(cx.tx(), &mut row, description, now, revision).await?;
        Ok(function::version_view(&function, &version, true))
    }
}
