//! ListOriginationNumbers.

use cloud::prelude::*;

use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    next_token: Option<String>,
    #[shape(range = 1..=30)]
    max_results: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    phone_numbers: Vec<String>,
}

/// Lists the numbers that text messages come from: none.
pub(crate) struct ListOriginationNumbers;

impl Operation for ListOriginationNumbers {
    const NAME: &'static str = "ListOriginationNumbers";
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
