//! DeleteAlias.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::keys::{AliasRow, ProvisionedRow, UrlRow};
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(label, len = 1..=128, pattern = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)")]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an alias with its policy, URL and settings; one that is not there is fine.
pub(crate) struct DeleteAlias;

impl Operation for DeleteAlias {
    const NAME: &'static str = "DeleteAlias";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2015-03-31/functions/{FunctionName}/aliases/{Name}", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let tx = cx.tx();
        let mut row = function::open(tx, &function).await?;
        let key = (&function.account, &function.region, &function.name, &input.name);
        if table::delete::<AliasRow>(tx, key).await?.is_some() {
            row.policies.remove(&input.name);
            row.event_invoke.remove(&input.name);
            table::delete::<ProvisionedRow>(tx, key).await?;
            if let Some(url) = row.urls.remove(&input.name) {
                table::delete::<UrlRow>(tx, &url.id).await?;
            }
            table::put(tx, &row).await?;
        }
        Ok(Output)
    }
}
