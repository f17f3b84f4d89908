//! DescribeResourcePolicies.

use cloud::prelude::*;

use super::put_resource_policy::ResourcePolicy;
use crate::error::Error;
use crate::policy;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    /// An account has so few policies that there is one page.
    #[shape(len = 1..)]
    next_token: Option<String>,
    #[shape(range = 1..=50)]
    limit: Option<i32>,
    resource_arn: Option<String>,
    policy_scope: Option<String>,
}

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Output {
    resource_policies: Vec<ResourcePolicy>,
    next_token: Option<String>,
}

/// Shows the policies of the account.
pub(crate) struct DescribeResourcePolicies;

impl Operation for DescribeResourcePolicies {
    const NAME: &'static str = "DescribeResourcePolicies";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, _: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.resource_arn.is_some()
            || input.policy_scope.as_deref().is_some_and(|scope| scope != "ACCOUNT")
        {
            return Err(Error::unsupported("resourceArn"));
        }
        let start: usize = match &input.next_token {
            Some(token) => token.parse().map_err(|_| Error::token())?,
            None => 0,
        };
        let limit = usize::try_from(input.limit.unwrap_or(crate::limits::DESCRIBE_MAX)).unwrap_or(1);
        let all = policy::all(cx).await?;
        let (total, end) = (all.len(), start.saturating_add(limit));
        let resource_policies = all.into_iter().skip(start).take(limit).map(ResourcePolicy::from).collect();
        Ok(Output { resource_policies, next_token: (end < total).then(|| end.to_string()) })
    }
}
