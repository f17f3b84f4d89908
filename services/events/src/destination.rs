//! API destinations: endpoints that get events.

use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::error::Error;
use crate::keys::{ConnectionRow, DestinationRow};

/// Calls in a second when nothing is said (InvocationRateLimitPerSecond in the API reference).
pub(crate) const RATE_PER_SECOND: i32 = 300;

/// The methods of endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Method {
    Head,
    Post,
    Patch,
    Delete,
    Put,
    Get,
    Options,
}

/// What operations answer that change a destination.
#[derive(Shape)]
pub(crate) struct Changed {
    api_destination_arn: String,
    api_destination_state: String,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
}

impl Changed {
    /// What is said of a row.
    pub(crate) async fn of(cx: &mut Cx, row: &DestinationRow) -> Result<Self, Error> {
        Ok(Self {
            api_destination_arn: row.arn(),
            api_destination_state: state(cx.tx(), row).await?,
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
        })
    }
}

/// The ARN that access to a destination of the caller's account is decided on.
pub(crate) fn arn(cx: &Cx, name: &str) -> Arn {
    cx.arn("events", format_args!("api-destination/{name}"))
}

/// The destination with this name.
pub(crate) async fn open(cx: &mut Cx, name: &str) -> Result<DestinationRow, Error> {
    let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
    let row = table::get(cx.tx(), (&account, &region, name)).await?;
    row.ok_or_else(|| {
        Error::NotFound(format!(
            "Failed to describe the api-destination(s). An api-destination '{name}' does not exist."
        ))
    })
}

/// The connection with this ARN, if it is there.
pub(crate) async fn connection(tx: &Tx, arn: &str) -> Result<Option<ConnectionRow>, Error> {
    let Ok(parsed) = arn.parse::<Arn>() else { return Ok(None) };
    let name = parsed.resource().strip_prefix("connection/").and_then(|rest| rest.split('/').next());
    let key = (parsed.account(), parsed.region(), name.unwrap_or_default());
    let row = table::get::<ConnectionRow>(tx, key).await?;
    Ok(row.filter(|row| row.arn() == arn))
}

/// A destination works when its connection is authorized.
pub(crate) async fn state(tx: &Tx, row: &DestinationRow) -> Result<String, Error> {
    let connection = connection(tx, &row.connection).await?;
    let is_active = connection.is_some_and(|connection| connection.state == "AUTHORIZED");
    Ok(if is_active { "ACTIVE" } else { "INACTIVE" }.to_owned())
}

/// Checks what a destination is given: an endpoint that can be called, and a connection of the account.
pub(crate) async fn check(
    cx: &mut Cx,
    connection_arn: Option<&str>,
    endpoint: Option<&str>,
) -> Result<(), Error> {
    if let Some(endpoint) = endpoint {
        let uri: Option<http::Uri> = endpoint.parse().ok();
        let is_web = |uri: http::Uri| {
            matches!(uri.scheme_str(), Some("https" | "http"))
                && uri.host().is_some_and(|host| !host.is_empty())
        };
        if !uri.is_some_and(is_web) {
            let text = "Parameter InvocationEndpoint is not valid. Reason: it must be an HTTPS URL.";
            return Err(Error::invalid(text));
        }
    }
    if let Some(arn) = connection_arn {
        let found = connection(cx.tx(), arn).await?;
        if found.is_none_or(|row| row.account != cx.account() || row.region != cx.region()) {
            return Err(Error::NotFound(format!("Connection '{arn}' does not exist.")));
        }
    }
    Ok(())
}
