//! ListProvisionedConcurrencyConfigs.

use cloud::prelude::*;
use store::layer::table;

use super::list_functions::paging;
use crate::error::Error;
use crate::keys::{self, ProvisionedRow};
use crate::limits::PAGE_MAX;
use crate::names::FunctionRef;
use crate::shapes::ProvisionedConcurrency;
use crate::{function, provisioning};

#[derive(Shape)]
pub(crate) struct Output {
    provisioned_concurrency_configs: Vec<ProvisionedConcurrency>,
    next_marker: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=140, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(querystring = "Marker")]
    marker: Option<String>,
    #[shape(querystring = "MaxItems", range = 1..=50)]
    max_items: Option<i32>,
}

/// Lists the provisioned concurrency of a function.
pub(crate) struct ListProvisionedConcurrencyConfigs;

impl Operation for ListProvisionedConcurrencyConfigs {
    const NAME: &'static str = "ListProvisionedConcurrencyConfigs";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> =
        Some(Http::get("/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?.unqualified();
        let paging = paging(input.max_items, input.marker.as_deref(), PAGE_MAX)?;
        let tx = cx.snapshot().await?;
        function::open(&tx, &function).await?;
        let page = table::list::<ProvisionedRow>(&tx, keys::of(&function), &paging).await?;
        let mut configs = Vec::new();
        for row in &page.items {
            let arn = format!("{}:{}", function.arn(), row.qualifier);
            let found = provisioning::status(cx, &tx, row).await?;
            configs.push(ProvisionedConcurrency {
                function_arn: Some(arn),
                ..ProvisionedConcurrency::new(row, found)
            });
        }
        Ok(Output {
            provisioned_concurrency_configs: configs,
            next_marker: page.next.map(|next| next.to_text()),
        })
    }
}
