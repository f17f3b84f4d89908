//! CreateStack.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;

use crate::begin::Deployment;
use crate::error::Error;
use crate::prepare::{self, Request};
use crate::shapes::{Capability, OnFailure, Parameter, Refused, RollbackConfiguration, Tag};
use crate::source::Source;
use crate::stack::nested::Families;
use crate::stacks::{self, Place};
use crate::{keys, policy};

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..)]
    template_body: Option<String>,
    #[shape(name = "TemplateURL", len = 1..=5120)]
    template_url: Option<String>,
    parameters: Option<Vec<Parameter>>,
    disable_rollback: Option<bool>,
    rollback_configuration: Option<RollbackConfiguration>,
    #[shape(range = 1..)]
    timeout_in_minutes: Option<i32>,
    #[shape(name = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    capabilities: Option<Vec<Capability>>,
    resource_types: Option<Vec<String>>,
    #[shape(name = "RoleARN", len = 20..=2048)]
    role_arn: Option<String>,
    on_failure: Option<OnFailure>,
    #[shape(len = 1..=16384)]
    stack_policy_body: Option<String>,
    #[shape(name = "StackPolicyURL", len = 1..=5120)]
    stack_policy_url: Option<String>,
    tags: Option<Vec<Tag>>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
    enable_termination_protection: Option<bool>,
    retain_except_on_create: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_id: String,
}

/// Differs from AWS: a resource type, property or attribute that this cloud does not have is refused at once, before
/// there is a stack. The answer waits a few seconds for the stack. Notification topics, rollback alarms, resource type lists and timeouts are refused.
pub(crate) struct CreateStack;

impl Operation for CreateStack {
    const NAME: &'static str = "CreateStack";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(stacks::resource(cx, &input.stack_name))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(input.tags.iter().flatten().map(|tag| (&tag.key, &tag.value)))])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let family = cx.state::<Families>().take(&input.stack_name);
        Refused::default()
            .rollback(input.rollback_configuration.as_ref())
            .when("TimeoutInMinutes", input.timeout_in_minutes.is_some())
            .when("NotificationARNs", input.notification_arns.as_ref().is_some_and(|arns| !arns.is_empty()))
            .when("ResourceTypes", input.resource_types.is_some())
            .when("RetainExceptOnCreate", input.retain_except_on_create == Some(true))
            .check()?;
        stacks::check_name(&input.stack_name)?;
        let on_failure = on_failure(input.on_failure, input.disable_rollback)?;
        let tx = cx.snapshot().await?;
        if let Some(stack) = stacks::find(cx, &tx, &input.stack_name).await? {
            if stack.token.is_some() && stack.token == input.client_request_token {
                return Ok(Output { stack_id: stack.id() });
            }
            return Err(Error::AlreadyExists(format!("Stack [{}] already exists", stack.name)));
        }
        drop(tx);
        let policy = policy::given(cx, input.stack_policy_body, input.stack_policy_url).await?;
        let text = Source::new(input.template_body, input.template_url).read_required(cx).await?;
        let place = Place {
            account: cx.account().to_owned(),
            region: cx.region().to_owned(),
            name: input.stack_name,
            uuid: cx.new_id(),
        };
        let stack_id = stacks::id(&place.region, &place.account, &place.name, &place.uuid);
        let request = Request {
            stack_name: place.name.clone(),
            stack_id: stack_id.clone(),
            text: Some(text),
            parameters: input.parameters.unwrap_or_default(),
            tags: input.tags,
            capabilities: Capability::names(input.capabilities),
            role_arn: input.role_arn,
        };
        let prepared = prepare::prepare(cx, request, None, &BTreeMap::new()).await?;
        let deployment = Deployment {
            place,
            spec: prepared.spec,
            text: Some(prepared.text),
            on_failure,
            token: input.client_request_token,
            policy,
            policy_now: None,
            protection: input.enable_termination_protection,
            change_set: None,
            family,
        };
        deployment.create(cx).await?;
        Ok(Output { stack_id })
    }
}

fn on_failure(
    on_failure: Option<OnFailure>,
    disable_rollback: Option<bool>,
) -> Result<keys::OnFailure, Error> {
    match (on_failure, disable_rollback) {
        (Some(_), Some(_)) => {
            Err(Error::invalid("You can specify either DisableRollback or OnFailure, but not both."))
        }
        (Some(on_failure), None) => Ok(on_failure.stored()),
        (None, Some(true)) => Ok(keys::OnFailure::DoNothing),
        (None, _) => Ok(keys::OnFailure::Rollback),
    }
}
