//! DeleteProvisionedConcurrencyConfig.

use cloud::prelude::*;
use store::layer::table;

use crate::concurrency;
use crate::error::Error;
use crate::keys::ProvisionedRow;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Output;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"(|[a-zA-Z0-9$_-]+)")]
    qualifier: String,
}

/// Takes the provisioned concurrency of a version or an alias back.
pub(crate) struct DeleteProvisionedConcurrencyConfig;

impl Operation for DeleteProvisionedConcurrencyConfig {
    const NAME: &'static str = "DeleteProvisionedConcurrencyConfig";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> =
        Some(Http::new("DELETE", "/2019-09-30/functions/{FunctionName}/provisioned-concurrency", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?;
        concurrency::check_qualifier(cx.tx(), &function).await?;
        let key = (&function.account, &function.region, &function.name, &input.qualifier);
        table::delete::<ProvisionedRow>(cx.tx(), key).await?;
        Ok(Output)
    }
}
