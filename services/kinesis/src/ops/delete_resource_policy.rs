//! DeleteResourcePolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::target::ResourceTarget;

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteResourcePolicy;

impl Operation for DeleteResourcePolicy {
    const NAME: &'static str = "DeleteResourcePolicy";
    const KIND: Kind = Kind::Write;
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
        if owner.policy().take().is_none() {
            let text = format!("No resource policy found for resource ARN {}", input.resource_arn);
            return Err(Error::NotFound(text));
        }
        owner.put(cx).await?;
        Ok(Output {})
    }
}
