//! CreateApiDestination.

use cloud::prelude::*;
use store::layer::table::{self, Paging};

use crate::destination::{self, Changed, Method, RATE_PER_SECOND};
use crate::error::Error;
use crate::keys::DestinationRow;
use crate::limits::CONNECTIONS_MAX;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
    #[shape(len = 0..=512)]
    description: Option<String>,
    #[shape(len = 1..=1600, pattern = r"^arn:aws([a-z]|\-)*:events:([a-z]|\d|\-)*:([0-9]{12})?:connection\/[\.\-_A-Za-z0-9]+\/[\-A-Za-z0-9]+$")]
    connection_arn: String,
    #[shape(len = 1..=2048, pattern = r"^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$")]
    invocation_endpoint: String,
    http_method: Method,
    #[shape(range = 1..)]
    invocation_rate_limit_per_second: Option<i32>,
}

/// Makes an API destination.
///
/// Differs from AWS: endpoints may be `http://`, for services that run beside this cloud.
pub(crate) struct CreateApiDestination;

impl Operation for CreateApiDestination {
    const NAME: &'static str = "CreateApiDestination";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(destination::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        destination::check(cx, Some(&input.connection_arn), Some(&input.invocation_endpoint)).await?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page = Paging::first(CONNECTIONS_MAX);
        let present = table::list::<DestinationRow>(cx.tx(), (&account, &region), &page).await?;
        if present.items.len() >= CONNECTIONS_MAX {
            return Err(Error::Limit);
        }
        let now_millis = cx.now().millis();
        let row = DestinationRow {
            account,
            region,
            name: input.name,
            id: cx.new_id(),
            description: input.description,
            connection: input.connection_arn,
            endpoint: input.invocation_endpoint,
            method: input.http_method.as_str().to_owned(),
            rate_per_second: input.invocation_rate_limit_per_second.unwrap_or(RATE_PER_SECOND),
            created_at_millis: now_millis,
            modified_at_millis: now_millis,
        };
        if !table::insert(cx.tx(), &row).await? {
            return Err(Error::Exists(format!("An api-destination '{}' already exists.", row.name)));
        }
        Changed::of(cx, &row).await
    }
}
