//! DeauthorizeConnection.

use cloud::prelude::*;
use store::layer::table;

use crate::connection::{self, Changed};
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
}

/// Takes the credentials out of a connection.
pub(crate) struct DeauthorizeConnection;

impl Operation for DeauthorizeConnection {
    const NAME: &'static str = "DeauthorizeConnection";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(connection::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        let mut row = connection::open(cx, &input.name).await?;
        row.credentials = None;
        row.http = None;
        row.version += 1;
        row.state = "DEAUTHORIZED".to_owned();
        row.state_reason = None;
        row.modified_at_millis = cx.now().millis();
        table::put(cx.tx(), &row).await?;
        Ok(Changed::of(&row, true))
    }
}
