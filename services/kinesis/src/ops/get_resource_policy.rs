//! GetResourcePolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Output {
    policy: String,
}

pub(crate) struct GetResourcePolicy;

impl Operation for GetResourcePolicy {
    const NAME: &'static str = "GetResourcePolicy";
    const KIND: Kind = Kind::Read;
    type Input = ResourceTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &ResourceTarget) -> Result<Resource, Error> {
        Ok(input.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &ResourceTarget) -> Result<Terms, Error> {
        input.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: ResourceTarget) -> Result<Output, Error> {
        let mut owner = input.open(cx).await?;
        // Without a policy AWS answers an empty document.
        Ok(Output { policy: owner.policy().clone().unwrap_or_else(|| "{}".to_owned()) })
    }
}
