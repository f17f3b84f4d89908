//! DecodeAuthorizationMessage.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=10240)]
    encoded_message: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    decoded_message: String,
}

/// The details of a denial, from the message that a service sent with it.
///
/// Differs from AWS: no service of this cloud sends such messages, so there is none to decode.
pub(crate) struct DecodeAuthorizationMessage;

impl Operation for DecodeAuthorizationMessage {
    const NAME: &'static str = "DecodeAuthorizationMessage";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(_cx: &mut Cx, _input: Input) -> Result<Output, Error> {
        Err(Error::InvalidAuthorizationMessage)
    }
}
