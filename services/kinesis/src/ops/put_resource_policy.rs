//! PutResourcePolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::owner;
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    owner: ResourceTarget,
    policy: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct PutResourcePolicy;

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.owner.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.owner.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut owner = input.owner.open(cx).await?;
        *owner.policy() = Some(owner::checked_policy(&input.policy)?);
        owner.put(cx).await?;
        Ok(Output {})
    }
}
