//! UpdateApiDestination.

use cloud::prelude::*;
use store::layer::table;

use crate::destination::{self, Changed, Method};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    #[shape(len = 1..=1600, pattern = r"^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$")]
    connection_arn: Option<String>,
    #[shape(len = 1..=2048, pattern = r"^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$")]
    invocation_endpoint: Option<String>,
    http_method: Option<Method>,
    #[shape(range = 1..)]
    invocation_rate_limit_per_second: Option<i32>,
}

/// Changes an API destination. What is not given stays.
pub(crate) struct UpdateApiDestination;

impl Operation for UpdateApiDestination {
    const NAME: &'static str = "UpdateApiDestination";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(destination::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        let mut row = destination::open(cx, &input.name).await?;
        destination::check(cx, input.connection_arn.as_deref(), input.invocation_endpoint.as_deref()).await?;
        row.description = input.description.or(row.description);
        row.connection = input.connection_arn.unwrap_or(row.connection);
        row.endpoint = input.invocation_endpoint.unwrap_or(row.endpoint);
        row.method = input.http_method.map_or(row.method, |method| method.as_str().to_owned());
        row.rate_per_second = input.invocation_rate_limit_per_second.unwrap_or(row.rate_per_second);
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Changed::of(cx, &row).await
    }
}
