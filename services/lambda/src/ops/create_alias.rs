//! CreateAlias.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::keys::AliasRow;
use crate::names::FunctionRef;
use crate::shapes::{AliasConfiguration, RoutingConfig};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(len = 1..=128, pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)")]
    name: String,
    #[shape(len = 1..=1024, pattern = r"(\$LATEST(\.PUBLISHED)?|[0-9]+)")]
    function_version: String,
    #[shape(len = ..=256)]
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
}

/// Gives a version a name.
pub(crate) struct CreateAlias;

impl Operation for CreateAlias {
    const NAME: &'static str = "CreateAlias";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/functions/{FunctionName}/aliases", 201));
    type Input = Input;
    type Output = AliasConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<AliasConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let row = function::open(cx.tx(), &function).await?;
        let routing = function::routing(&input.function_version, input.routing_config)?;
        let other = routing.as_ref().map(|(version, _)| version.clone());
        for version in [Some(input.function_version.clone()), other].into_iter().flatten() {
            if function::config_of(cx.tx(), &row, &version).await?.is_none() {
                return Err(Error::NotFound(format!("Function not found: {}:{version}", function.arn())));
            }
        }
        let alias = AliasRow {
            account: function.account.clone(),
            region: function.region.clone(),
            name: function.name.clone(),
            alias: input.name,
            version: input.function_version,
            description: input.description.unwrap_or_default(),
            routing,
            revision_id: cx.new_id(),
        };
        if !table::insert(cx.tx(), &alias).await? {
            return Err(Error::Conflict(format!("Alias already exists: {}:{}", function.arn(), alias.alias)));
        }
        Ok(function::alias_view(&function, &alias))
    }
}
