//! GetSMSSandboxAccountStatus.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input;

#[derive(Shape)]
pub(crate) struct Output {
    is_in_sandbox: bool,
}

/// Says that the account is in no sandbox: text messages go to the inbox, whatever their number.
pub(crate) struct GetSMSSandboxAccountStatus;

impl Operation for GetSMSSandboxAccountStatus {
    const NAME: &'static str = "GetSMSSandboxAccountStatus";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, _: Input) -> Result<Output, Error> {
        Ok(Output { is_in_sandbox: false })
    }
}
