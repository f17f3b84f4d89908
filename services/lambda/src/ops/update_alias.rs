//! UpdateAlias.

use cloud::prelude::*;
use store::layer::table;

use crate::concurrency;
use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::{AliasConfiguration, RoutingConfig};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(label, len = 1..=128, pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)")]
    name: String,
    #[shape(len = 1..=1024, pattern = r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")]
    function_version: Option<String>,
    #[shape(len = ..=256)]
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

/// Leads an alias to another version.
pub(crate) struct UpdateAlias;

impl Operation for UpdateAlias {
    const NAME: &'static str = "UpdateAlias";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("PUT", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", 200));
    type Input = Input;
    type Output = AliasConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<AliasConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let mut alias = function::open_alias(cx.tx(), &function, &input.name).await?;
        function::check_revision(input.revision_id.as_deref(), &alias.revision_id)?;
        if let Some(version) = input.function_version {
            alias.version = version;
        }
        if let Some(description) = input.description {
            alias.description = description;
        }
        if input.routing_config.is_some() {
            alias.routing = function::routing(&alias.version, input.routing_config)?;
        }
        let other = alias.routing.as_ref().map(|(version, _)| version.clone());
        for version in [Some(alias.version.clone()), other].into_iter().flatten() {
            if function::config_of(cx.tx(), &row, &version).await?.is_none() {
                return Err(Error::NotFound(format!("Function not found: {}:{version}", function.arn())));
            }
        }
        alias.revision_id = cx.new_id();
        table::put(cx.tx(), &alias).await?;
        let qualified = FunctionRef { qualifier: Some(alias.alias.clone()), ..function.clone() };
        if concurrency::find(cx.tx(), &qualified).await.is_ok() {
            concurrency::check_overlap(cx.tx(), &qualified).await?;
        }
        Ok(function::alias_view(&function, &alias))
    }
}
