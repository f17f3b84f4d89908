//! CreateChangeSet.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::Tx;
use store::layer::table;

use crate::begin;
use crate::error::Error;
use crate::keys::{ChangeSetRow, ResourceRow, Spec, StackRow};
use crate::prepare::{self, Request};
use crate::shapes::{Capability, OnFailure, Parameter, Refused, RollbackConfiguration, Tag};
use crate::source::Source;
use crate::stacks::{self, Place};
use crate::status::Status;
use crate::{changes, engine};

#[derive(Clone, Copy, PartialEq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChangeSetType {
    Create,
    Update,
    Import,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..)]
    stack_name: String,
    #[shape(len = 1..)]
    template_body: Option<String>,
    #[shape(name = "TemplateURL", len = 1..=5120)]
    template_url: Option<String>,
    use_previous_template: Option<bool>,
    parameters: Option<Vec<Parameter>>,
    capabilities: Option<Vec<Capability>>,
    resource_types: Option<Vec<String>>,
    #[shape(name = "RoleARN", len = 20..=2048)]
    role_arn: Option<String>,
    rollback_configuration: Option<RollbackConfiguration>,
    #[shape(name = "NotificationARNs")]
    notification_arns: Option<Vec<String>>,
    tags: Option<Vec<Tag>>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z][-a-zA-Z0-9]*")]
    change_set_name: String,
    #[shape(len = 1..=128)]
    client_token: Option<String>,
    #[shape(len = 1..=1024)]
    description: Option<String>,
    change_set_type: Option<ChangeSetType>,
    include_nested_stacks: Option<bool>,
    on_stack_failure: Option<OnFailure>,
    import_existing_resources: Option<bool>,
    deployment_mode: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    id: String,
    stack_id: String,
}

/// Differs from AWS: the change set is complete when the answer comes. Imports, notification topics and rollback
/// alarms are refused, as in CreateStack.
pub(crate) struct CreateChangeSet;

impl Operation for CreateChangeSet {
    const NAME: &'static str = "CreateChangeSet";
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
        let kind = input.change_set_type.unwrap_or(ChangeSetType::Update);
        Refused::default()
            .rollback(input.rollback_configuration.as_ref())
            .when("ChangeSetType IMPORT", kind == ChangeSetType::Import)
            .when("NotificationARNs", input.notification_arns.as_ref().is_some_and(|arns| !arns.is_empty()))
            .when("ResourceTypes", input.resource_types.is_some())
            .when("IncludeNestedStacks", input.include_nested_stacks == Some(true))
            .when("ImportExistingResources", input.import_existing_resources == Some(true))
            .when("DeploymentMode", input.deployment_mode.is_some())
            .check()?;
        let found = Found::look(cx, &input, kind).await?;
        let source = Source::new(input.template_body, input.template_url);
        let text = match input.use_previous_template {
            Some(true) => None,
            _ => Some(source.read_required(cx).await?),
        };
        let request = Request {
            stack_name: found.stack.name.clone(),
            stack_id: found.stack.id(),
            text,
            parameters: input.parameters.unwrap_or_default(),
            tags: input.tags,
            capabilities: Capability::names(input.capabilities),
            role_arn: input.role_arn,
        };
        let previous = found.previous.as_ref().map(|(spec, text)| (spec, text.clone()));
        let prepared = prepare::prepare(cx, request, previous, &found.rows).await?;
        let exports = engine::exports_of(cx, &found.stack.place()).await?;
        let changes = {
            let tables = prepare::tables(cx);
            changes::between(&found.rows, &prepared.plan, &exports, &prepared.spec.tags, &tables)?
        };
        let is_empty = match &found.previous {
            None => false,
            Some((spec, before)) => {
                changes.is_empty()
                    && spec.tags == prepared.spec.tags
                    && prepare::fingerprint(before) == prepare::fingerprint(&prepared.text)
            }
        };
        let row = ChangeSetRow {
            stack: found.stack.uuid.clone(),
            name: input.change_set_name,
            uuid: cx.new_id(),
            description: input.description,
            created_at_millis: cx.now().millis(),
            is_empty,
            executed: false,
            spec: prepared.spec,
            on_failure: input.on_stack_failure.map(OnFailure::stored),
            changes,
            token: input.client_token,
        };
        let stack = found.stack.clone();
        let write =
            Write { stack: found.stack, row, text: prepared.text, now: cx.now(), event_id: cx.new_id() };
        let row = cx
            .transact(|tx| {
                let write = write.clone();
                Box::pin(async move { write.run(tx).await })
            })
            .await?;
        Ok(Output { id: row.id(&stack), stack_id: stack.id() })
    }
}

impl ChangeSetRow {
    /// The ARN of the change set.
    pub(crate) fn id(&self, stack: &StackRow) -> String {
        let resource = format!("changeSet/{}/{}", self.name, self.uuid);
        Arn::new("cloudformation", &stack.region, &stack.account, resource).to_string()
    }
}

/// The stack that a change set is for, as it is now.
struct Found {
    stack: StackRow,
    rows: BTreeMap<String, ResourceRow>,
    previous: Option<(Spec, String)>,
}

impl Found {
    async fn look(cx: &Cx, input: &Input, kind: ChangeSetType) -> Result<Self, Error> {
        let tx = cx.snapshot().await?;
        let found = stacks::find(cx, &tx, &input.stack_name).await?;
        if kind == ChangeSetType::Create {
            let stack = match found {
                Some(stack) if stack.status == Status::ReviewInProgress => stack,
                Some(_) => {
                    return Err(Error::invalid(format!(
                        "Stack [{}] already exists and cannot be created again with the changeSet [{}].",
                        input.stack_name, input.change_set_name
                    )));
                }
                None => {
                    stacks::check_name(&input.stack_name)?;
                    let place = Place {
                        account: cx.account().to_owned(),
                        region: cx.region().to_owned(),
                        name: input.stack_name.clone(),
                        uuid: cx.new_id(),
                    };
                    begin::under_review(&place, cx.now())
                }
            };
            return Ok(Self { stack, rows: BTreeMap::new(), previous: None });
        }
        let missing = || Error::invalid(format!("Stack [{}] does not exist", input.stack_name));
        let stack = found.filter(|stack| stack.status != Status::DeleteComplete).ok_or_else(missing)?;
        begin::may_update(&stack)?;
        let spec = stack.spec.clone().unwrap_or_default();
        let text = stacks::template(&tx, &spec.template).await?;
        let rows = stacks::resources(&tx, &stack.uuid).await?;
        let rows = rows.into_iter().map(|row| (row.logical_id.clone(), row)).collect();
        Ok(Self { stack, rows, previous: Some((spec, text)) })
    }
}

/// The transaction that keeps a change set, and the stack that waits for it.
#[derive(Clone)]
struct Write {
    stack: StackRow,
    row: ChangeSetRow,
    text: String,
    now: Timestamp,
    event_id: String,
}

impl Write {
    async fn run(self, tx: &mut Tx) -> Result<ChangeSetRow, Error> {
        let Self { mut stack, row, text, now, event_id } = self;
        let place = stack.place();
        let key = (&place.account, &place.region, &place.name);
        let live: Option<StackRow> = table::find(tx, crate::keys::LIVE, key).await?;
        match live {
            Some(live) if live.uuid == stack.uuid => {}
            Some(live) => return Err(Error::AlreadyExists(format!("Stack [{}] already exists", live.name))),
            None => {
                stack.reason = Some("User Initiated".to_owned());
                let event = stacks::own_event(&stack, event_id, now);
                stacks::write_event(tx, &mut stack, event).await?;
                table::put(tx, &stack).await?;
            }
        }
        let there = table::get::<ChangeSetRow>(tx, (&row.stack, &row.name)).await?;
        match there.filter(|there| !there.executed) {
            // The same request once more: its sender did not hear the answer.
            Some(there) if there.token.is_some() && there.token == row.token => return Ok(there),
            Some(_) => return Err(Error::AlreadyExists(format!("ChangeSet [{}] already exists", row.name))),
            None => {}
        }
        stacks::put_template(tx, &row.spec.template, &text).await?;
        table::put(tx, &row).await?;
        Ok(row)
    }
}
