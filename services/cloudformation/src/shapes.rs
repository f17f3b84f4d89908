//! Types that several operations share on the wire.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::{EventRow, ResourceRow, Spec, StackRow};
use crate::plan::HIDDEN;
use crate::status::Status;

/// A parameter of a stack.
#[derive(Clone, Debug, Default, Shape)]
pub(crate) struct Parameter {
    pub(crate) parameter_key: Option<String>,
    pub(crate) parameter_value: Option<String>,
    pub(crate) use_previous_value: Option<bool>,
    pub(crate) resolved_value: Option<String>,
}

/// A tag of a stack.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Tag {
    #[shape(len = 1..=128)]
    pub(crate) key: String,
    #[shape(len = 1..=256)]
    pub(crate) value: String,
}

/// When a stack operation is rolled back because of alarms.
#[derive(Clone, Debug, Default, Shape)]
pub(crate) struct RollbackConfiguration {
    pub(crate) rollback_triggers: Option<Vec<RollbackTrigger>>,
    #[shape(range = 0..=180)]
    pub(crate) monitoring_time_in_minutes: Option<i32>,
}

/// An alarm.
#[derive(Clone, Debug, Shape)]
pub(crate) struct RollbackTrigger {
    pub(crate) arn: String,
    #[shape(name = "Type")]
    pub(crate) kind: String,
}

/// What a template may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
pub(crate) enum Capability {
    #[shape(name = "CAPABILITY_IAM")]
    Iam,
    #[shape(name = "CAPABILITY_NAMED_IAM")]
    NamedIam,
    #[shape(name = "CAPABILITY_AUTO_EXPAND")]
    AutoExpand,
}

/// What happens when a stack cannot be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum OnFailure {
    DoNothing,
    Rollback,
    Delete,
}

/// An output of a stack.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Output {
    output_key: String,
    output_value: String,
    description: Option<String>,
    export_name: Option<String>,
}

/// Whether somebody changed a stack behind CloudFormation's back. Nobody looks here.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackDriftInformation {
    stack_drift_status: String,
}

/// The same of a resource.
#[derive(Clone, Debug, Shape)]
pub(crate) struct ResourceDriftInformation {
    stack_resource_drift_status: String,
}

/// A stack as DescribeStacks shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct Stack {
    stack_id: String,
    stack_name: String,
    change_set_id: Option<String>,
    description: Option<String>,
    parameters: Option<Vec<Parameter>>,
    creation_time: Timestamp,
    deletion_time: Option<Timestamp>,
    last_updated_time: Option<Timestamp>,
    rollback_configuration: RollbackConfiguration,
    stack_status: String,
    stack_status_reason: Option<String>,
    disable_rollback: bool,
    #[shape(name = "NotificationARNs")]
    notification_arns: Vec<String>,
    capabilities: Option<Vec<String>>,
    outputs: Option<Vec<Output>>,
    #[shape(name = "RoleARN")]
    role_arn: Option<String>,
    tags: Vec<Tag>,
    enable_termination_protection: bool,
    parent_id: Option<String>,
    root_id: Option<String>,
    drift_information: StackDriftInformation,
}

/// A stack as ListStacks shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackSummary {
    stack_id: String,
    stack_name: String,
    template_description: Option<String>,
    creation_time: Timestamp,
    last_updated_time: Option<Timestamp>,
    deletion_time: Option<Timestamp>,
    stack_status: String,
    stack_status_reason: Option<String>,
    drift_information: StackDriftInformation,
}

/// An event of a stack.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackEvent {
    stack_id: String,
    event_id: String,
    stack_name: String,
    logical_resource_id: String,
    physical_resource_id: String,
    resource_type: String,
    timestamp: Timestamp,
    resource_status: String,
    resource_status_reason: Option<String>,
    resource_properties: Option<String>,
    client_request_token: Option<String>,
}

/// A resource as DescribeStackResources shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackResource {
    stack_name: String,
    stack_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    resource_type: String,
    timestamp: Timestamp,
    resource_status: String,
    resource_status_reason: Option<String>,
    drift_information: ResourceDriftInformation,
}

/// A resource as ListStackResources shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackResourceSummary {
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    resource_type: String,
    last_updated_timestamp: Timestamp,
    resource_status: String,
    resource_status_reason: Option<String>,
    drift_information: ResourceDriftInformation,
}

/// A resource as DescribeStackResource shows it.
#[derive(Clone, Debug, Shape)]
pub(crate) struct StackResourceDetail {
    stack_name: String,
    stack_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    resource_type: String,
    last_updated_timestamp: Timestamp,
    resource_status: String,
    resource_status_reason: Option<String>,
    metadata: Option<String>,
    drift_information: ResourceDriftInformation,
}

impl Capability {
    pub(crate) fn names(given: Option<Vec<Self>>) -> Vec<String> {
        let name = |one: Self| match one {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        };
        given.unwrap_or_default().into_iter().map(|one| name(one).to_owned()).collect()
    }
}

impl OnFailure {
    pub(crate) fn stored(self) -> crate::keys::OnFailure {
        match self {
            Self::DoNothing => crate::keys::OnFailure::DoNothing,
            Self::Rollback => crate::keys::OnFailure::Rollback,
            Self::Delete => crate::keys::OnFailure::Delete,
        }
    }
}

impl StackDriftInformation {
    fn not_checked() -> Self {
        Self { stack_drift_status: "NOT_CHECKED".to_owned() }
    }
}

impl ResourceDriftInformation {
    fn not_checked() -> Self {
        Self { stack_resource_drift_status: "NOT_CHECKED".to_owned() }
    }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The parameters of `spec` as they are shown: hidden ones as stars.
pub(crate) fn parameters(spec: &Spec) -> Option<Vec<Parameter>> {
    let shown = |(name, value): (&String, &String)| Parameter {
        parameter_key: Some(name.clone()),
        parameter_value: Some(if spec.hidden.contains(name) { HIDDEN.to_owned() } else { value.clone() }),
        use_previous_value: None,
        resolved_value: spec.ssm.get(name).cloned(),
    };
    (!spec.parameters.is_empty()).then(|| spec.parameters.iter().map(shown).collect())
}

pub(crate) fn tags(spec: &Spec) -> Vec<Tag> {
    spec.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

impl Stack {
    pub(crate) fn of(row: StackRow) -> Self {
        let spec = row.spec.clone().unwrap_or_default();
        let output = |output: crate::keys::OutputValue| Output {
            output_key: output.name,
            output_value: output.value,
            description: output.description,
            export_name: output.export,
        };
        let mut outputs: Vec<Output> = row.outputs.iter().cloned().map(output).collect();
        outputs.sort_by(|one, other| one.output_key.cmp(&other.output_key));
        Self {
            stack_id: row.id(),
            stack_name: row.name,
            change_set_id: row.change_set_id,
            parameters: parameters(&spec),
            creation_time: time(row.created_at_millis),
            deletion_time: row.deleted_at_millis.map(time),
            last_updated_time: row.updated_at_millis.map(time),
            rollback_configuration: RollbackConfiguration::default(),
            stack_status: row.status.as_str().to_owned(),
            stack_status_reason: row.reason,
            disable_rollback: row.on_failure == crate::keys::OnFailure::DoNothing,
            notification_arns: Vec::new(),
            capabilities: (!spec.capabilities.is_empty()).then(|| spec.capabilities.clone()),
            outputs: (!outputs.is_empty()).then_some(outputs),
            role_arn: spec.role_arn.clone(),
            tags: tags(&spec),
            enable_termination_protection: row.termination_protection,
            parent_id: row.parent,
            root_id: row.root,
            drift_information: StackDriftInformation::not_checked(),
            description: spec.description,
        }
    }
}

impl StackSummary {
    pub(crate) fn of(row: StackRow) -> Self {
        Self {
            stack_id: row.id(),
            stack_name: row.name,
            template_description: row.spec.and_then(|spec| spec.description),
            creation_time: time(row.created_at_millis),
            last_updated_time: row.updated_at_millis.map(time),
            deletion_time: row.deleted_at_millis.map(time),
            stack_status: row.status.as_str().to_owned(),
            stack_status_reason: row.reason,
            drift_information: StackDriftInformation::not_checked(),
        }
    }
}

impl StackEvent {
    pub(crate) fn of(stack: &StackRow, row: EventRow) -> Self {
        Self {
            stack_id: stack.id(),
            event_id: row.id,
            stack_name: stack.name.clone(),
            logical_resource_id: row.logical_id,
            physical_resource_id: row.physical_id,
            resource_type: row.type_name,
            timestamp: time(row.at_millis),
            resource_status: row.status.as_str().to_owned(),
            resource_status_reason: row.reason,
            resource_properties: row.properties,
            client_request_token: row.token,
        }
    }
}

/// What the three forms of a resource have in common.
fn physical_id(row: &ResourceRow) -> Option<String> {
    row.current.as_ref().map(|current| current.physical_id.clone())
}

/// Whether a resource is shown: one that is deleted is, as long as its stack is not complete without it.
pub(crate) fn is_shown(row: &ResourceRow) -> bool {
    row.current.is_some() || row.pending.is_some() || row.status == Status::DeleteComplete
}

impl StackResource {
    pub(crate) fn of(stack: &StackRow, row: ResourceRow) -> Self {
        Self {
            stack_name: stack.name.clone(),
            stack_id: stack.id(),
            physical_resource_id: physical_id(&row),
            logical_resource_id: row.logical_id,
            resource_type: row.type_name,
            timestamp: time(row.updated_at_millis),
            resource_status: row.status.as_str().to_owned(),
            resource_status_reason: row.reason,
            drift_information: ResourceDriftInformation::not_checked(),
        }
    }
}

impl StackResourceSummary {
    pub(crate) fn of(row: ResourceRow) -> Self {
        Self {
            physical_resource_id: physical_id(&row),
            logical_resource_id: row.logical_id,
            resource_type: row.type_name,
            last_updated_timestamp: time(row.updated_at_millis),
            resource_status: row.status.as_str().to_owned(),
            resource_status_reason: row.reason,
            drift_information: ResourceDriftInformation::not_checked(),
        }
    }
}

impl StackResourceDetail {
    pub(crate) fn of(stack: &StackRow, row: ResourceRow, metadata: Option<String>) -> Self {
        Self {
            stack_name: stack.name.clone(),
            stack_id: stack.id(),
            physical_resource_id: physical_id(&row),
            logical_resource_id: row.logical_id,
            resource_type: row.type_name,
            last_updated_timestamp: time(row.updated_at_millis),
            resource_status: row.status.as_str().to_owned(),
            resource_status_reason: row.reason,
            metadata,
            drift_information: ResourceDriftInformation::not_checked(),
        }
    }
}

/// Options that are known but not supported: they are refused when given.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    names: Vec<&'static str>,
}

impl Refused {
    /// Refuses `name` when it was given.
    pub(crate) fn when(mut self, name: &'static str, given: bool) -> Self {
        if given {
            self.names.push(name);
        }
        self
    }

    /// Refuses alarms that would roll the stack back.
    pub(crate) fn rollback(self, configuration: Option<&RollbackConfiguration>) -> Self {
        let given = configuration.is_some_and(|it| {
            it.rollback_triggers.as_ref().is_some_and(|triggers| !triggers.is_empty())
                || it.monitoring_time_in_minutes.is_some_and(|minutes| minutes > 0)
        });
        self.when("RollbackConfiguration", given)
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        match self.names.is_empty() {
            true => Ok(()),
            false => Err(Error::invalid(format!("{} is not supported here", self.names.join(", ")))),
        }
    }
}
