//! CreateSMSSandboxPhoneNumber.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 0..=20, pattern = r"(\+[0-9]{8,}|[0-9]{0,9})")]
    phone_number: String,
    language_code: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Differs from AWS: there is no sandbox, and no number that must be verified.
pub(crate) struct CreateSMSSandboxPhoneNumber;

impl Operation for CreateSMSSandboxPhoneNumber {
    const NAME: &'static str = "CreateSMSSandboxPhoneNumber";
    const KIND: Kind = Kind::Write;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, _: Input) -> Result<Output, Error> {
        Err(Error::unsupported("PhoneNumber", "the sandbox of text messages"))
    }
}
