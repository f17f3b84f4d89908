//! ListPhoneNumbersOptedOut.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "nextToken")]
    next_token: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "phoneNumbers")]
    phone_numbers: Vec<String>,
}

/// Lists the phone numbers that take no text messages: none.
pub(crate) struct ListPhoneNumbersOptedOut;

impl Operation for ListPhoneNumbersOptedOut {
    const NAME: &'static str = "ListPhoneNumbersOptedOut";
    const KIND: Kind = Kind::Read;

    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_: &mut Cx, input: Input) -> Result<Output, Error> {
        super::no_more(input.next_token.as_ref())?;
        Ok(Output { phone_numbers: Vec::new() })
    }
}
