//! CheckIfPhoneNumberIsOptedOut.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default, name = "phoneNumber")]
    phone_number: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "isOptedOut")]
    is_opted_out: bool,
}

/// Says that a phone number takes text messages: nobody can opt out of those of this cloud.
pub(crate) struct CheckIfPhoneNumberIsOptedOut;

impl Operation for CheckIfPhoneNumberIsOptedOut {
    const NAME: &'static str = "CheckIfPhoneNumberIsOptedOut";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::check_phone(&input.phone_number)?;
        Ok(Output { is_opted_out: false })
    }
}
