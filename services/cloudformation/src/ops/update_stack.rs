//! UpdateStack.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;

use crate::begin::{self, Deployment};
use crate::error::Error;
use crate::keys::{OnFailure, ResourceRow};
use crate::prepare::{self, Prepared, Request};
use crate::shapes::{Capability, Parameter, Refused, RollbackConfiguration, Tag};
use crate::source::Source;
use crate::{changes, engine, policy, stacks};

#[derive(Shape)]
pub(crate) struct Input {
    stack_name: String,
    #[shape(len = 1..)]
    template_body: Option<String>,
    #[shape(name = "TemplateURL", len = 1..=5120)]
    template_url: Option<String>,
    use_previous_template: Option<bool>,
    #[shape(len = 1..=16384)]
    stack_policy_during_update_body: Option<String>,
    #[shape(name = "StackPolicyDuringUpdateURL", len = 1..=5120)]
    stack_policy_during_update_url: Option<String>,
    parameters: Option<Vec<Parameter>>,
    capabilities: Option<Vec<Capability>>,
    resource_types: Option<Vec<String>>,
    #[shape(name = "RoleARN", len = 20..=2048)]
    role_arn: Option<String>,
    rollback_configuration: Option<RollbackConfiguration>,
    #[shape(len = 1..=16384)]
    stack_policy_body: Option<String>,
    #[shape(name = "StackPolicyURL", len = 1..=5120)]
    stack_policy_url: Option<String>,
    #[shape(name = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
    disable_rollback: Option<bool>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9][-a-zA-Z0-9]*")]
    client_request_token: Option<String>,
    retain_except_on_create: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stack_id: String,
}

/// Differs from AWS: what this cloud does not have is refused at once, as in CreateStack. Notification topics,
/// rollback alarms and resource type lists are refused.
pub(crate) struct UpdateStack;

impl Operation for UpdateStack {
    const NAME: &'static str = "UpdateStack";
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
        Refused::default()
            .rollback(input.rollback_configuration.as_ref())
            .when("NotificationARNs", input.notification_arns.as_ref().is_some_and(|arns| !arns.is_empty()))
            .when("ResourceTypes", input.resource_types.is_some())
            .when("RetainExceptOnCreate", input.retain_except_on_create == Some(true))
            .check()?;
        let tx = cx.snapshot().await?;
        let stack = stacks::open_to_change(cx, &tx, &input.stack_name).await?;
        if stack.token.is_some() && stack.token == input.client_request_token {
            return Ok(Output { stack_id: stack.id() });
        }
        begin::may_update(&stack)?;
        let spec = stack.spec.clone().unwrap_or_default();
        let before = stacks::template(&tx, &spec.template).await?;
        let rows = stacks::resources(&tx, &stack.uuid).await?;
        let rows: BTreeMap<String, ResourceRow> =
            rows.into_iter().map(|row| (row.logical_id.clone(), row)).collect();
        drop(tx);
        let source = Source::new(input.template_body, input.template_url);
        let text = match input.use_previous_template {
            Some(true) => None,
            _ => Some(source.read_required(cx).await?),
        };
        let policy = policy::given(cx, input.stack_policy_body, input.stack_policy_url).await?;
        let policy_now =
            policy::given(cx, input.stack_policy_during_update_body, input.stack_policy_during_update_url)
                .await?;
        let request = Request {
            stack_name: stack.name.clone(),
            stack_id: stack.id(),
            text,
            parameters: input.parameters.unwrap_or_default(),
            tags: input.tags,
            capabilities: Capability::names(input.capabilities),
            role_arn: input.role_arn,
        };
        let prepared = prepare::prepare(cx, request, Some((&spec, before.clone())), &rows).await?;
        let exports = engine::exports_of(cx, &stack.place()).await?;
        if !has_changes(cx, &prepared, &rows, &exports, &before, spec.tags != prepared.spec.tags)? {
            return Err(Error::invalid("No updates are to be performed."));
        }
        let deployment = Deployment {
            place: stack.place(),
            spec: prepared.spec,
            text: Some(prepared.text),
            on_failure: match input.disable_rollback {
                Some(true) => OnFailure::DoNothing,
                _ => OnFailure::Rollback,
            },
            token: input.client_request_token,
            policy,
            policy_now,
            protection: None,
            change_set: None,
            family: None,
        };
        deployment.update(cx).await?;
        Ok(Output { stack_id: stack.id() })
    }
}

/// Whether an update would do anything.
fn has_changes(
    cx: &Cx,
    prepared: &Prepared,
    rows: &BTreeMap<String, ResourceRow>,
    exports: &BTreeMap<String, String>,
    before: &str,
    tags_changed: bool,
) -> Result<bool, Error> {
    let tables = prepare::tables(cx);
    let changes = changes::between(rows, &prepared.plan, exports, &prepared.spec.tags, &tables)?;
    Ok(tags_changed
        || !changes.is_empty()
        || prepare::fingerprint(before) != prepare::fingerprint(&prepared.text))
}
