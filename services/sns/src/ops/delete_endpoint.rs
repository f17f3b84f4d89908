//! DeleteEndpoint.

use cloud::prelude::*;

use crate::error::Error;
use crate::topic;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default)]
    endpoint_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes nothing: there is no mobile push, and one that is gone is fine.
pub(crate) struct DeleteEndpoint;

impl Operation for DeleteEndpoint {
    const NAME: &'static str = "DeleteEndpoint";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(topic::resource(&input.endpoint_arn))
    }

    async fn run(_: &mut Cx, _: Input) -> Result<Output, Error> {
        Ok(Output)
    }
}
