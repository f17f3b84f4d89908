//! DescribeApiDestination.

use cloud::prelude::*;

use crate::destination;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    api_destination_arn: String,
    name: String,
    description: Option<String>,
    api_destination_state: String,
    connection_arn: String,
    invocation_endpoint: String,
    http_method: String,
    invocation_rate_limit_per_second: i32,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
}

/// Shows an API destination.
pub(crate) struct DescribeApiDestination;

impl Operation for DescribeApiDestination {
    const NAME: &'static str = "DescribeApiDestination";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(destination::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = destination::open(cx, &input.name).await?;
        Ok(Output {
            api_destination_arn: row.arn(),
            api_destination_state: destination::state(cx.tx(), &row).await?,
            name: row.name,
            description: row.description,
            connection_arn: row.connection,
            invocation_endpoint: row.endpoint,
            http_method: row.method,
            invocation_rate_limit_per_second: row.rate_per_second,
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
        })
    }
}
