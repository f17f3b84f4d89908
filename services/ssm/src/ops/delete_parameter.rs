//! DeleteParameter.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys;
use crate::parameter::{self, Reference};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=2048)]
    name: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteParameter;

impl Operation for DeleteParameter {
    const NAME: &'static str = "DeleteParameter";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(parameter::arn(cx.region(), cx.account(), &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let stored = Reference::parse(&input.name).stored;
        let row = keys::get(cx, &stored).await?.ok_or(Error::ParameterNotFound)?;
        keys::remove(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
