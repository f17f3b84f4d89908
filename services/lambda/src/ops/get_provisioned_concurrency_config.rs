//! GetProvisionedConcurrencyConfig.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;
use crate::shapes::ProvisionedConcurrency;
use crate::{concurrency, provisioning};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Qualifier", len = 1..=128, pattern = r"(|[a-zA-Z0-9$_-]+)")]
    qualifier: String,
}

/// Shows the provisioned concurrency of a version or an alias, and how far it has come.
pub(crate) struct GetProvisionedConcurrencyConfig;

impl Operation for GetProvisionedConcurrencyConfig {
    const NAME: &'static str = "GetProvisionedConcurrencyConfig";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::get("/2019-09-30/functions/{FunctionName}/provisioned-concurrency"));
    type Input = Input;
    type Output = ProvisionedConcurrency;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?.qualified_arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<ProvisionedConcurrency, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, Some(&input.qualifier))?;
        concurrency::check_qualifier(cx.tx(), &function).await?;
        let row = concurrency::find(cx.tx(), &function).await?;
        let tx = cx.snapshot().await?;
        let found = provisioning::status(cx, &tx, &row).await?;
        Ok(ProvisionedConcurrency::new(&row, found))
    }
}
