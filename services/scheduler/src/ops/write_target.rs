//! WriteTarget: as InvokeTarget, for targets whose operation is part of a transaction: that in which the delivery ends.
//! It has no place in the API.

use cloud::prelude::*;

use super::invoke_target::{self, Input, Output};
use crate::error::Error;

/// Calls a target as the role of its schedule.
pub(crate) struct WriteTarget;

impl Operation for WriteTarget {
    const NAME: &'static str = "WriteTarget";
    const KIND: Kind = Kind::Write;
    const INTERNAL: bool = true;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        invoke_target::invoke(cx, input).await?;
        Ok(Output)
    }
}
