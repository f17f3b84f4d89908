//! SimulatePrincipalPolicy.

use cloud::prelude::*;

use crate::error::Error;
use crate::managed;
use crate::page::{More, Paged};
use crate::simulate::{self, ContextEntry, EvaluationResult, Question};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 20..=2048)]
    policy_source_arn: String,
    policy_input_list: Option<Vec<String>>,
    permissions_boundary_policy_input_list: Option<Vec<String>>,
    action_names: Vec<String>,
    resource_arns: Option<Vec<String>>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    #[shape(len = 1..=2048)]
    caller_arn: Option<String>,
    context_entries: Option<Vec<ContextEntry>>,
    #[shape(len = 1..=64)]
    resource_handling_option: Option<String>,
    #[shape(flatten)]
    paged: Paged,
}

#[derive(Shape)]
pub(crate) struct Output {
    evaluation_results: Vec<EvaluationResult>,
    #[shape(flatten)]
    more: More,
}

/// Says what a user, group or role may do, without doing it.
///
/// Differs from AWS: which statements matched and which condition keys were missing is not answered.
pub(crate) struct SimulatePrincipalPolicy;

impl Operation for SimulatePrincipalPolicy {
    const NAME: &'static str = "SimulatePrincipalPolicy";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, input: &Input) -> Result<Resource, Error> {
        managed::resource(&input.policy_source_arn)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.caller_arn.is_some() || input.resource_handling_option.is_some() {
            let text = "CallerArn and ResourceHandlingOption are not supported by this cloud.";
            return Err(Error::InvalidInput(text.into()));
        }
        let mut subject = simulate::subject(cx, &input.policy_source_arn).await?;
        subject.add(
            input.policy_input_list.as_deref(),
            input.permissions_boundary_policy_input_list.as_deref(),
        )?;
        let question = Question {
            actions: input.action_names,
            resources: input.resource_arns,
            policy: input.resource_policy,
            owner: input.resource_owner,
            context: input.context_entries,
        };
        let page = subject.ask(question, &input.paged)?;
        Ok(Output { evaluation_results: page.items, more: page.more })
    }
}
