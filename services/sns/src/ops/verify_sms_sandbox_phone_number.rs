//! VerifySMSSandboxPhoneNumber.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 0..=20, pattern = r"(\+[0-9]{8,}|[0-9]{0,9})")]
    phone_number: String,
    #[shape(len = 5..=8)]
    one_time_password: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Differs from AWS: there is no sandbox, so that no number is in it.
pub(crate) struct VerifySMSSandboxPhoneNumber;

impl Operation for VerifySMSSandboxPhoneNumber {
    const NAME: &'static str = "VerifySMSSandboxPhoneNumber";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, _: Input) -> Result<Output, Error> {
        Err(Error::NoResource)
    }
}
