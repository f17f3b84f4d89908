//! ListPolicies.

use cloud::identity::aws_policies;
use cloud::prelude::*;

use crate::error::Error;
use crate::managed;
use crate::page::{More, Paged};
use crate::shapes::{self, PolicyShape};

#[derive(Shape)]
pub(crate) struct Input {
    scope: Option<Scope>,
    only_attached: Option<bool>,
    #[shape(len = 1..=512)]
    path_prefix: Option<String>,
    policy_usage_filter: Option<Usage>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    policies: Vec<PolicyShape>,
    #[shape(flatten)]
    more: More,
}

/// The managed policies, those of AWS and those of the account.
pub(crate) struct ListPolicies;

impl Operation for ListPolicies {
    const NAME: &'static str = "ListPolicies";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let uses = managed::uses_of_all(cx).await?;
        let of = |arn: &str| uses.get(arn).copied().unwrap_or_default();
        let mut policies = Vec::new();
        if !matches!(input.scope, Some(Scope::Aws)) {
            for policy in managed::all_own(cx).await? {
                policies.push((
                    of(&policy.arn()),
                    policy.path.clone(),
                    shapes::listed_policy(&policy, of(&policy.arn())),
                ));
            }
        }
        if !matches!(input.scope, Some(Scope::Local)) {
            for policy in aws_policies() {
                let uses = of(&policy.arn());
                policies.push((uses, policy.path.to_owned(), shapes::aws_policy(&policy, uses)));
            }
        }
        let prefix = input.path_prefix.as_deref().unwrap_or("/");
        let only_attached = input.only_attached.unwrap_or(false);
        policies.retain(|(uses, path, _)| {
            let used = match input.policy_usage_filter {
                Some(Usage::PermissionsPolicy) => uses.attached > 0,
                Some(Usage::PermissionsBoundary) => uses.boundary > 0,
                None => true,
            };
            path.starts_with(prefix) && used && (!only_attached || uses.attached > 0)
        });
        let shapes = policies.into_iter().map(|(_, _, shape)| shape).collect();
        let page = input.paged.of(shapes)?;
        Ok(Output { policies: page.items, more: page.more })
    }
}

/// Whose policies.
#[derive(Shape)]
pub(crate) enum Scope {
    All,
    #[shape(name = "AWS")]
    Aws,
    Local,
}

/// How policies are used.
#[derive(Shape)]
pub(crate) enum Usage {
    PermissionsPolicy,
    PermissionsBoundary,
}
