//! GetPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed::{self, Found};
use crate::shapes::{self, PolicyShape};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy: PolicyShape,
}

/// A managed policy.
pub(crate) struct GetPolicy;

impl Operation for GetPolicy {
    const NAME: &'static str = "GetPolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let uses = managed::uses(cx, &input.policy_arn).await?;
        let policy = match managed::get(cx, &input.policy_arn).await? {
            Found::Own(policy) => shapes::policy(&policy, uses),
            Found::Aws(policy) => shapes::aws_policy(&policy, uses),
        };
        Ok(Output { policy })
    }
}
