//! ListApiDestinations.

use cloud::prelude::*;

use crate::destination;
use crate::error::Error;
use crate::keys::DestinationRow;
use crate::paging::{self, Page};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name_prefix: Option<String>,
    #[shape(len = 1..=1600)]
    connection_arn: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    api_destinations: Vec<Destination>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Destination {
    api_destination_arn: String,
    name: String,
    api_destination_state: String,
    connection_arn: String,
    invocation_endpoint: String,
    http_method: String,
    invocation_rate_limit_per_second: i32,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
}

/// Lists API destinations by the beginning of their names, or by connection.
pub(crate) struct ListApiDestinations;

impl Operation for ListApiDestinations {
    const NAME: &'static str = "ListApiDestinations";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(destination::arn(cx, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page =
            input.page.rows::<DestinationRow>(cx, (&account, &region), input.name_prefix.as_deref()).await?;
        let next_token = paging::token(&page);
        let mut api_destinations = Vec::with_capacity(page.items.len());
        for row in page.items {
            if input.connection_arn.as_ref().is_some_and(|wanted| *wanted != row.connection) {
                continue;
            }
            api_destinations.push(Destination {
                api_destination_arn: row.arn(),
                api_destination_state: destination::state(cx.tx(), &row).await?,
                name: row.name,
                connection_arn: row.connection,
                invocation_endpoint: row.endpoint,
                http_method: row.method,
                invocation_rate_limit_per_second: row.rate_per_second,
                creation_time: Timestamp::from_millis(row.created_at_millis),
                last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            });
        }
        Ok(Output { api_destinations, next_token })
    }
}
