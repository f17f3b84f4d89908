//! DescribeChangeSet.

use cloud::prelude::*;
use serde_json::json;
use store::Tx;
use store::layer::table;

use crate::error::Error;
use crate::keys::{ChangeSetRow, ChangeValue, StackRow};
use crate::shapes::{self, Parameter, RollbackConfiguration, Tag};
use crate::stacks;
use crate::status::Status;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1600, pattern = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*")]
    change_set_name: String,
    #[shape(len = 1..)]
    stack_name: Option<String>,
    #[shape(len = 1..=1024)]
    next_token: Option<String>,
    include_property_values: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {
    change_set_name: String,
    change_set_id: String,
    stack_id: String,
    stack_name: String,
    description: Option<String>,
    parameters: Option<Vec<Parameter>>,
    creation_time: Timestamp,
    execution_status: String,
    status: String,
    status_reason: Option<String>,
    #[shape(name = "NotificationARNs")]
    notification_arns: Vec<String>,
    rollback_configuration: RollbackConfiguration,
    capabilities: Vec<String>,
    tags: Option<Vec<Tag>>,
    changes: Vec<Change>,
    include_nested_stacks: bool,
    on_stack_failure: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Change {
    #[shape(name = "Type")]
    kind: String,
    resource_change: ResourceChange,
}

#[derive(Shape)]
pub(crate) struct ResourceChange {
    policy_action: Option<String>,
    action: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    resource_type: String,
    replacement: Option<String>,
    scope: Vec<String>,
    details: Vec<ResourceChangeDetail>,
    before_context: Option<String>,
    after_context: Option<String>,
}

#[derive(Shape)]
pub(crate) struct ResourceChangeDetail {
    target: ResourceTargetDefinition,
    evaluation: String,
    change_source: String,
    causing_entity: Option<String>,
}

#[derive(Shape)]
pub(crate) struct ResourceTargetDefinition {
    attribute: String,
    name: Option<String>,
    requires_recreation: String,
    path: Option<String>,
}

/// Differs from AWS: all changes come in one answer, and a change has one cause.
pub(crate) struct DescribeChangeSet;

impl Operation for DescribeChangeSet {
    const NAME: &'static str = "DescribeChangeSet";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stack_name.as_ref().map_or(Resource::Any, |name| stacks::resource(cx, name)))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if input.next_token.is_some() {
            return Err(Error::invalid("Invalid NextToken"));
        }
        let tx = cx.snapshot().await?;
        let names = Names { change_set: input.change_set_name, stack: input.stack_name };
        let (stack, row) = open(cx, &tx, &names).await?;
        let with_values = input.include_property_values == Some(true);
        let tags = shapes::tags(&row.spec);
        Ok(Output {
            change_set_id: row.id(&stack),
            stack_id: stack.id(),
            stack_name: stack.name.clone(),
            parameters: shapes::parameters(&row.spec),
            creation_time: Timestamp::from_millis(row.created_at_millis),
            execution_status: execution_status(&stack, &row).to_owned(),
            status: status(&row).to_owned(),
            status_reason: status_reason(&row),
            notification_arns: Vec::new(),
            rollback_configuration: RollbackConfiguration::default(),
            tags: (!tags.is_empty()).then_some(tags),
            changes: row.changes.into_iter().map(|change| Change::of(change, with_values)).collect(),
            capabilities: row.spec.capabilities,
            include_nested_stacks: false,
            on_stack_failure: row.on_failure.map(|on_failure| {
                match on_failure {
                    crate::keys::OnFailure::Rollback => "ROLLBACK",
                    crate::keys::OnFailure::Delete => "DELETE",
                    crate::keys::OnFailure::DoNothing => "DO_NOTHING",
                }
                .to_owned()
            }),
            change_set_name: row.name,
            description: row.description,
        })
    }
}

/// What a request calls a change set: its name and its stack, or its ARN.
pub(crate) struct Names {
    pub(crate) change_set: String,
    pub(crate) stack: Option<String>,
}

/// The change set of these names, and its stack.
pub(crate) async fn open(cx: &Cx, tx: &Tx, names: &Names) -> Result<(StackRow, ChangeSetRow), Error> {
    let missing = || Error::NoSuchChangeSet(names.change_set.clone());
    if names.change_set.starts_with("arn:") {
        return by_id(cx, tx, &names.change_set).await?.ok_or_else(missing);
    }
    let Some(stack) = &names.stack else {
        return Err(Error::invalid(
            "StackName must be specified if ChangeSetName is not specified as an ARN.",
        ));
    };
    let no_stack = || Error::invalid(format!("Stack [{stack}] does not exist"));
    let stack = stacks::find(cx, tx, stack).await?.ok_or_else(no_stack)?;
    let row: Option<ChangeSetRow> = table::get(tx, (&stack.uuid, &names.change_set)).await?;
    let row = row.filter(|row| !row.executed).ok_or_else(missing)?;
    Ok((stack, row))
}

/// ARNs name no stack, so the stacks of the account are looked through.
async fn by_id(cx: &Cx, tx: &Tx, id: &str) -> Result<Option<(StackRow, ChangeSetRow)>, Error> {
    let arn: Option<Arn> = id.parse().ok(); // not an ARN: no change set
    let Some((name, uuid)) =
        arn.as_ref().and_then(|arn| arn.resource().strip_prefix("changeSet/")?.split_once('/'))
    else {
        return Ok(None);
    };
    let mut paging = table::Paging::first(crate::limits::PAGE);
    loop {
        let page = table::list::<StackRow>(tx, (cx.account(), cx.region()), &paging).await?;
        for stack in page.items {
            let row: Option<ChangeSetRow> = table::get(tx, (&stack.uuid, name)).await?;
            if let Some(row) = row.filter(|row| row.uuid == uuid) {
                return Ok(Some((stack, row)));
            }
        }
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(None),
        }
    }
}

pub(crate) fn status(row: &ChangeSetRow) -> &'static str {
    if row.is_empty { "FAILED" } else { "CREATE_COMPLETE" }
}

/// Recorded at AWS (LocalStack's `test_create_change_set_no_changes`).
pub(crate) fn status_reason(row: &ChangeSetRow) -> Option<String> {
    let text = "The submitted information didn't contain changes. Submit different information to create a change set.";
    row.is_empty.then(|| text.to_owned())
}

pub(crate) fn execution_status(stack: &StackRow, row: &ChangeSetRow) -> &'static str {
    match (row.is_empty, row.executed) {
        (true, _) => "UNAVAILABLE",
        (_, true) if stack.status.is_running() => "EXECUTE_IN_PROGRESS",
        (_, true) if matches!(stack.status, Status::CreateComplete | Status::UpdateComplete) => {
            "EXECUTE_COMPLETE"
        }
        (_, true) => "EXECUTE_FAILED",
        _ => "AVAILABLE",
    }
}

impl Change {
    fn of(change: ChangeValue, with_values: bool) -> Self {
        let details = change.details.into_iter().map(|detail| ResourceChangeDetail {
            target: ResourceTargetDefinition {
                attribute: if detail.property.is_some() { "Properties" } else { "Tags" }.to_owned(),
                path: detail
                    .property
                    .as_ref()
                    .filter(|_| with_values)
                    .map(|name| format!("/Properties/{name}")),
                name: detail.property,
                requires_recreation: detail.recreation,
            },
            evaluation: if detail.known { "Static" } else { "Dynamic" }.to_owned(),
            change_source: detail.source,
            causing_entity: detail.cause,
        });
        let context = |properties: Option<serde_json::Map<String, serde_json::Value>>| {
            properties.filter(|_| with_values).map(|properties| json!({"Properties": properties}).to_string())
        };
        Self {
            kind: "Resource".to_owned(),
            resource_change: ResourceChange {
                policy_action: change.policy_action,
                action: change.action,
                logical_resource_id: change.logical_id,
                physical_resource_id: change.physical_id,
                resource_type: change.type_name,
                replacement: change.replacement,
                scope: change.scope,
                details: details.collect(),
                before_context: context(change.before),
                after_context: context(change.after),
            },
        }
    }
}
