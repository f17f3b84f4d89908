//! PutRuntimeManagementConfig.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::keys::VersionRow;
use crate::names::{FunctionRef, LATEST, is_number};
use crate::shapes::{RuntimeManagement, UpdateRuntimeOn};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+")]
    qualifier: Option<String>,
    update_runtime_on: UpdateRuntimeOn,
    #[shape(len = 26..=2048, pattern = r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}::runtime:.+")]
    runtime_version_arn: Option<String>,
}

/// Says when the runtime of a function or a version is updated.
///
/// Differs from AWS: it is kept and shown. The runtime is the interpreter of this machine, and is updated with it.
pub(crate) struct PutRuntimeManagementConfig;

impl Operation for PutRuntimeManagementConfig {
    const NAME: &'static str = "PutRuntimeManagementConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2021-07-20/functions/{FunctionName}/runtime-management-config", 200));
    type Input = Input;
    type Output = RuntimeManagement;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<RuntimeManagement, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, input.qualifier.as_deref())?;
        let is_manual = input.update_runtime_on == UpdateRuntimeOn::Manual;
        if is_manual != input.runtime_version_arn.is_some() {
            return Err(Error::invalid(
                "RuntimeVersionArn must be given with UpdateRuntimeOn Manual, and only then.",
            ));
        }
        let qualifier = function.qualifier.as_deref().unwrap_or(LATEST);
        let (word, arn) = (input.update_runtime_on.word(), input.runtime_version_arn);
        if qualifier == LATEST {
            let mut row = function::open(cx.tx(), &function).await?;
            (row.latest.update_runtime_on, row.latest.runtime_version_arn) = (word, arn.clone());
            table::put(cx.tx(), &row).await?;
        } else {
            function::find(cx.tx(), &function).await?;
            let number = is_number(qualifier).then(|| qualifier.parse::<u64>().ok()).flatten();
            let number = number.ok_or_else(|| Error::unsupported("An alias as Qualifier"))?;
            let key = (&function.account, &function.region, &function.name, number);
            let version: Option<VersionRow> = table::get(cx.tx(), key).await?;
            let mut version = version.ok_or_else(|| function.not_found())?;
            (version.config.update_runtime_on, version.config.runtime_version_arn) = (word, arn.clone());
            table::put(cx.tx(), &version).await?;
        }
        Ok(RuntimeManagement {
            update_runtime_on: input.update_runtime_on,
            function_arn: function.qualified_arn().to_string(),
            runtime_version_arn: arn,
        })
    }
}
