//! GetResourcePolicy.

use cloud::prelude::*;

use super::tag_resource::arn_of;
use crate::error::Error;
use crate::policy::{self, Owner};
use crate::tables;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1283)]
    resource_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    policy: String,
    revision_id: String,
}

pub(crate) struct GetResourcePolicy;

impl Operation for GetResourcePolicy {
    const NAME: &'static str = "GetResourcePolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.resource_arn))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.resource_arn).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let owner = Owner::read(cx, &input.resource_arn)?;
        let table = tables::load(cx, &owner.table).await?.filter(|table| owner.is_there(&table.row));
        let table = table.ok_or_else(|| Error::NoSuchArn(input.resource_arn.clone()))?;
        let policy = owner.policy(&table.row).ok_or_else(|| policy::missing(&input.resource_arn))?;
        Ok(Output { policy: policy.text.clone(), revision_id: policy.revision.clone() })
    }
}
