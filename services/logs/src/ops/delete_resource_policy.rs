//! DeleteResourcePolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::PolicyRow;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    policy_name: Option<String>,
    resource_arn: Option<String>,
    expected_revision_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Deletes a policy of the account.
pub(crate) struct DeleteResourcePolicy;

impl Operation for DeleteResourcePolicy {
    const NAME: &'static str = "DeleteResourcePolicy";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.resource_arn.is_some() || input.expected_revision_id.is_some() {
            return Err(Error::unsupported("resourceArn"));
        }
        let name = input.policy_name.ok_or_else(|| Error::invalid("policyName must be specified"))?;
        let key = (cx.account().to_owned(), cx.region().to_owned(), name.clone());
        match table::delete::<PolicyRow>(cx.tx(), key).await? {
            Some(_) => Ok(Output),
            None => Err(Error::NoSuchPolicy(name)),
        }
    }
}
