//! DeleteApiDestination.

use cloud::prelude::*;
use store::layer::table;

use crate::destination;
use crate::error::Error;
use crate::keys::DestinationRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(pattern = r"[\.\-_A-Za-z0-9]+", len = 1..=64)]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes an API destination.
pub(crate) struct DeleteApiDestination;

impl Operation for DeleteApiDestination {
    const NAME: &'static str = "DeleteApiDestination";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(destination::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = destination::open(cx, &input.name).await?;
        let key = (row.account.as_str(), row.region.as_str(), row.name.as_str());
        table::delete::<DestinationRow>(cx.tx(), key).await?;
        Ok(Output)
    }
}
