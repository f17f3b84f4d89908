//! InvokeApiDestination: one call of an API destination. It has no place in the API: the outbox and pipes call it.

use std::collections::BTreeMap;

use cloud::caller::Caller;
use cloud::prelude::*;
use cloud::role;

use crate::error::Error;
use crate::keys::{ConnectionRow, DestinationRow, HttpTargetRow};
use crate::{call, destination};

#[derive(Shape)]
pub(crate) struct Input {
    /// The ARN of the destination.
    destination: String,
    /// The role as which it is called, and who assumes it for what.
    role_arn: String,
    principal: String,
    source_arn: String,
    payload: String,
    path: Vec<String>,
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    /// The beginning of the answer.
    body: String,
}

/// Calls an API destination.
pub(crate) struct InvokeApiDestination;

impl Operation for InvokeApiDestination {
    const NAME: &'static str = "InvokeApiDestination";
    const KIND: Kind = Kind::Free;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let arn: Arn = input.destination.parse().map_err(Failure::internal)?;
        let mut service =
            Caller::service("events.amazonaws.com", cx.account(), cx.region(), Some(&input.source_arn));
        service.principal = cloud::caller::Principal::service(&input.principal)
            .ok_or_else(|| Failure::internal("an unknown principal calls an API destination"))?;
        let caller = role::assume(cx, &service, &input.role_arn, &cx.new_id()).await?;
        let mut sender = cx.act_as(caller);
        sender.require("events:InvokeApiDestination", &Resource::One(arn.clone()), &Vec::new()).await?;
        let (row, connection) = find(cx, &arn).await?;
        let more = HttpTargetRow { path: input.path, headers: input.headers, query: input.query };
        let answer = call::send(cx, &row, &connection, &more, &input.payload).await?;
        Ok(Output { body: String::from_utf8_lossy(&answer).into_owned() })
    }
}

async fn find(cx: &Cx, arn: &Arn) -> Result<(DestinationRow, ConnectionRow), Error> {
    let missing = || Error::NotFound(format!("The API destination {arn} does not exist."));
    let name = arn.resource().strip_prefix("api-destination/").and_then(|rest| rest.split('/').next());
    let view = cx.snapshot().await?;
    let key = (arn.account(), arn.region(), name.ok_or_else(missing)?);
    let row: Option<DestinationRow> = store::layer::table::get(&view, key).await?;
    let row = row.filter(|row| row.arn() == arn.as_str()).ok_or_else(missing)?;
    let connection = destination::connection(&view, &row.connection).await?;
    match connection {
        Some(connection) if connection.state != "DEAUTHORIZED" => Ok((row, connection)),
        // It may be authorized again, in the time that the event is tried.
        _ => Err(Failure::new(
            "SDK_CLIENT_ERROR",
            503,
            "The connection of the API destination is not authorized.",
        )
        .into()),
    }
}
