//! OptInPhoneNumber.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(default, name = "phoneNumber")]
    phone_number: String,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Lets a phone number take text messages again; every one does.
pub(crate) struct OptInPhoneNumber;

impl Operation for OptInPhoneNumber {
    const NAME: &'static str = "OptInPhoneNumber";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::check_phone(&input.phone_number)?;
        Ok(Output)
    }
}
