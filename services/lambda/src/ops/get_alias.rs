//! GetAlias.

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::names::FunctionRef;
use crate::shapes::AliasConfiguration;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(label, len = 1..=128, pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)")]
    name: String,
}

/// Shows an alias.
pub(crate) struct GetAlias;

impl Operation for GetAlias {
    const NAME: &'static str = "GetAlias";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/functions/{FunctionName}/aliases/{Name}"));
    type Input = Input;
    type Output = AliasConfiguration;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<AliasConfiguration, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let alias = function::open_alias(cx.tx(), &function, &input.name).await?;
        Ok(function::alias_view(&function, &alias))
    }
}
