//! DeleteConnection.

use cloud::prelude::*;
use store::layer::table;

use crate::connection::{self, Changed};
use crate::error::Error;
use crate::keys::ConnectionRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
}

/// Deletes a connection. API destinations that use it are inactive from then on.
pub(crate) struct DeleteConnection;

impl Operation for DeleteConnection {
    const NAME: &'static str = "DeleteConnection";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(connection::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        let mut row = connection::open(cx, &input.name).await?;
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        table::delete::<ConnectionRow>(cx.tx(), key).await?;
        row.state = "DELETING".to_owned();
        row.modified_at_millis = cx.now().millis();
        Ok(Changed::of(&row, true))
    }
}
