//! PutResourcePolicy.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::PolicyRow;
use crate::limits::POLICIES_MAX;
use crate::policy;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    policy_name: Option<String>,
    #[shape(len = 1..=51200)]
    policy_document: Option<String>,
    resource_arn: Option<String>,
    expected_revision_id: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    resource_policy: ResourcePolicy,
}

/// A policy as it is shown.
#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct ResourcePolicy {
    policy_name: String,
    policy_document: String,
    last_updated_time: i64,
}

impl From<PolicyRow> for ResourcePolicy {
    fn from(row: PolicyRow) -> Self {
        Self {
            policy_name: row.name,
            policy_document: row.document,
            last_updated_time: row.updated_at_millis,
        }
    }
}

/// Lets services write to groups of the account.
///
/// Differs from AWS: policies of single groups are refused.
pub(crate) struct PutResourcePolicy;

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
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
        let (Some(name), Some(document)) = (input.policy_name, input.policy_document) else {
            return Err(Error::invalid("policyName and policyDocument must be specified"));
        };
        policy::check(&document)?;
        let row = PolicyRow {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name,
            document,
            updated_at_millis: cx.now().millis(),
        };
        let others = policy::all(cx).await?.iter().filter(|other| other.name != row.name).count();
        if others >= POLICIES_MAX {
            return Err(Error::TooManyPolicies);
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output { resource_policy: row.into() })
    }
}
