//! ListConnections.

use cloud::prelude::*;

use crate::connection;
use crate::error::Error;
use crate::keys::ConnectionRow;
use crate::paging::{self, Page};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name_prefix: Option<String>,
    connection_state: Option<String>,
    #[shape(flatten)]
    page: Page,
}

#[derive(Shape)]
pub(crate) struct Output {
    connections: Vec<Connection>,
    next_token: Option<String>,
}

#[derive(Shape)]
struct Connection {
    connection_arn: String,
    name: String,
    connection_state: String,
    state_reason: Option<String>,
    authorization_type: String,
    creation_time: Timestamp,
    last_modified_time: Timestamp,
    last_authorized_time: Option<Timestamp>,
}

/// Lists connections by the beginning of their names, or by state.
pub(crate) struct ListConnections;

impl Operation for ListConnections {
    const NAME: &'static str = "ListConnections";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(connection::arn(cx, "*").into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let page =
            input.page.rows::<ConnectionRow>(cx, (&account, &region), input.name_prefix.as_deref()).await?;
        let next_token = paging::token(&page);
        let wanted =
            |row: &ConnectionRow| input.connection_state.as_ref().is_none_or(|state| *state == row.state);
        let connections = page.items.into_iter().filter(wanted).map(|row| Connection {
            connection_arn: row.arn(),
            name: row.name,
            connection_state: row.state,
            state_reason: row.state_reason,
            authorization_type: row.kind,
            creation_time: Timestamp::from_millis(row.created_at_millis),
            last_modified_time: Timestamp::from_millis(row.modified_at_millis),
            last_authorized_time: row.authorized_at_millis.map(Timestamp::from_millis),
        });
        Ok(Output { connections: connections.collect(), next_token })
    }
}
