//! The stored rows: the only file of the service that knows keys and bytes.

use std::collections::{BTreeMap, BTreeSet};

use cloud::caller::StoredCaller;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::keyspace::{self, Prefix};
use store::layer::table::{Index, Record};
use store::tuple::Tuple;

use crate::status::Status;

/// The index of stacks that are not deleted, by account, region and name.
pub(crate) const LIVE: u8 = 1;
/// The index of stacks of which something is being done.
pub(crate) const RUNNING: u8 = 2;
/// The index of a stack's imports.
pub(crate) const IMPORTER: u8 = 1;

/// A stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StackRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) created_at_millis: i64,
    pub(crate) updated_at_millis: Option<i64>,
    pub(crate) deleted_at_millis: Option<i64>,
    /// What is deployed; while a stack is being created, what will be. None before the first change set runs.
    pub(crate) spec: Option<Spec>,
    pub(crate) outputs: Vec<OutputValue>,
    pub(crate) on_failure: OnFailure,
    pub(crate) termination_protection: bool,
    pub(crate) policy: Option<String>,
    pub(crate) change_set_id: Option<String>,
    /// The id of the stack that this one is a resource of.
    pub(crate) parent: Option<String>,
    /// The id of the outermost stack above.
    pub(crate) root: Option<String>,
    pub(crate) operation: Option<OperationRow>,
    /// An update whose rollback failed, for ContinueUpdateRollback.
    pub(crate) stuck: Option<OperationRow>,
    /// The client's token of the last request that changed the stack.
    pub(crate) token: Option<String>,
    /// The number of the next event.
    pub(crate) next_event: u64,
}

/// What a stack is made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// The id of the template's text.
    pub(crate) template: String,
    pub(crate) description: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
    /// The names of parameters that are never shown.
    pub(crate) hidden: BTreeSet<String>,
    /// The values of SSM parameters, by the template's parameter name.
    pub(crate) ssm: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) role_arn: Option<String>,
}

/// What happens when a stack cannot be created or updated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnFailure {
    #[default]
    Rollback,
    Delete,
    DoNothing,
}

/// What is being done of a stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OperationRow {
    pub(crate) id: String,
    pub(crate) kind: OperationKind,
    pub(crate) phase: Phase,
    pub(crate) caller: StoredCaller,
    /// What an update leads to.
    pub(crate) target: Option<Spec>,
    /// Resources that a deletion leaves alone.
    pub(crate) retain: BTreeSet<String>,
    pub(crate) disable_rollback: bool,
    /// The stack policy that this update must keep to.
    pub(crate) policy: Option<String>,
    /// Somebody asked to stop: a creation turns into a deletion, an update into its rollback.
    pub(crate) cancelled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OperationKind {
    Create,
    Update,
    Delete,
}

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Resources are made and changed.
    Forward,
    /// What was changed is changed back.
    Rollback,
    /// What is no longer needed is deleted.
    Cleanup,
    /// As `Cleanup`, after a rollback.
    RollbackCleanup,
    /// Everything is deleted.
    Delete,
}

/// An output with its value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutputValue {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) export: Option<String>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ResourceRow {
    pub(crate) stack: String,
    pub(crate) logical_id: String,
    pub(crate) type_name: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) updated_at_millis: i64,
    /// What exists.
    pub(crate) current: Option<Physical>,
    /// The operation that touched it last.
    pub(crate) operation: String,
    /// What that operation is doing right now.
    pub(crate) pending: Option<Pending>,
    /// What was there before that operation, until the cleanup.
    pub(crate) before: Option<Physical>,
    /// What earlier operations left behind, until the next cleanup.
    pub(crate) leftovers: Vec<Physical>,
    /// Whether that operation made it.
    pub(crate) is_new: bool,
    /// Whether the rollback of that operation is done with it; `before` is then the thing that was new.
    pub(crate) reverted: bool,
}

/// A thing that a resource stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Physical {
    pub(crate) physical_id: String,
    pub(crate) attributes: BTreeMap<String, Value>,
    #[serde(flatten)]
    pub(crate) wanted: Wanted,
}

/// What a thing is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Functions evaluated, dynamic references not.
    pub(crate) properties: Map<String, Value>,
    /// The same with stars in place of hidden parameters, when there are any.
    pub(crate) shown: Option<Map<String, Value>>,
    /// The stack's tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The token that its creation is repeated with.
    pub(crate) token: String,
    pub(crate) depends_on: BTreeSet<String>,
    pub(crate) deletion_policy: Keep,
    pub(crate) replace_policy: Keep,
}

impl Wanted {
    /// The properties as they may be shown.
    pub(crate) fn shown(&self) -> &Map<String, Value> {
        self.shown.as_ref().unwrap_or(&self.properties)
    }
}

/// What happens to a thing that is no longer needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keep {
    #[default]
    Delete,
    Retain,
    RetainExceptOnCreate,
}

/// What an operation is doing to a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) action: Action,
    pub(crate) wanted: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Create,
    Update,
    Replace,
    Delete,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) stack: String,
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) type_name: String,
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) properties: Option<String>,
    pub(crate) at_millis: i64,
    pub(crate) token: Option<String>,
}

/// A change set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChangeSetRow {
    pub(crate) stack: String,
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at_millis: i64,
    /// Whether there is nothing to change.
    pub(crate) is_empty: bool,
    pub(crate) executed: bool,
    pub(crate) spec: Spec,
    pub(crate) on_failure: Option<OnFailure>,
    pub(crate) changes: Vec<ChangeValue>,
    /// The token of the request that made it.
    #[serde(default)]
    pub(crate) token: Option<String>,
}

/// A change of a change set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeValue {
    pub(crate) action: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) type_name: String,
    pub(crate) replacement: Option<String>,
    pub(crate) policy_action: Option<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) details: Vec<DetailValue>,
    pub(crate) before: Option<Map<String, Value>>,
    pub(crate) after: Option<Map<String, Value>>,
}

/// A changed property of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DetailValue {
    /// None for tags of the stack.
    pub(crate) property: Option<String>,
    pub(crate) recreation: String,
    /// Whether the new value is known already.
    pub(crate) known: bool,
    /// The parameter or resource that the change comes from.
    pub(crate) cause: Option<String>,
    pub(crate) source: String,
}

/// A piece of a template's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TemplateRow {
    pub(crate) id: String,
    pub(crate) part: u64,
    pub(crate) text: String,
}

/// An exported output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExportRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) stack: String,
    pub(crate) stack_name: String,
}

/// A use of an exported output.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ImportRow {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) stack: String,
    pub(crate) stack_name: String,
}

impl Record for StackRow {
    const PREFIX: Prefix = keyspace::CFN_STACK;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 2;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name, &self.uuid))
    }

    fn indexes(&self) -> Vec<Index> {
        let mut indexes = Vec::new();
        if self.status != Status::DeleteComplete {
            indexes.push(Index::new(LIVE, (&self.account, &self.region, &self.name)));
        }
        if self.operation.is_some() {
            indexes.push(Index::new(RUNNING, &self.uuid));
        }
        indexes
    }
}

impl Record for ResourceRow {
    const PREFIX: Prefix = keyspace::CFN_RESOURCE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stack, &self.logical_id))
    }
}

impl Record for EventRow {
    const PREFIX: Prefix = keyspace::CFN_EVENT;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stack, self.number))
    }
}

impl Record for ChangeSetRow {
    const PREFIX: Prefix = keyspace::CFN_CHANGE_SET;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.stack, &self.name))
    }
}

impl Record for TemplateRow {
    const PREFIX: Prefix = keyspace::CFN_TEMPLATE;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.id, self.part))
    }
}

impl Record for ExportRow {
    const PREFIX: Prefix = keyspace::CFN_EXPORT;
    const VERSION: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name))
    }
}

impl Record for ImportRow {
    const PREFIX: Prefix = keyspace::CFN_IMPORT;
    const VERSION: u8 = 1;
    const INDEXES: u8 = 1;

    fn key(&self) -> Tuple {
        Tuple::of((&self.account, &self.region, &self.name, &self.stack))
    }

    fn indexes(&self) -> Vec<Index> {
        vec![Index::new(IMPORTER, &self.stack)]
    }
}

#[cfg(test)]
mod tests {
    use store::layer::table;

    use super::*;

    /// What version 1 has written reads for ever.
    #[test]
    fn version_one_rows_are_read() {
        fn check<R: Record>(json: &str) -> R {
            table::decode(&[&[1], json.as_bytes()].concat()).unwrap()
        }
        let stack: StackRow = check(
            r#"{"account":"1","region":"r","name":"s","uuid":"u","status":"UpdateInProgress","reason":null,"created_at_millis":1,"updated_at_millis":2,"deleted_at_millis":null,"spec":{"template":"t","description":null,"parameters":{"P":"v"},"hidden":["P"],"ssm":{},"tags":{"k":"v"},"capabilities":["CAPABILITY_IAM"],"role_arn":null},"outputs":[{"name":"o","value":"v","description":null,"export":"e"}],"on_failure":"Rollback","termination_protection":false,"policy":null,"change_set_id":null,"parent":null,"root":null,"operation":{"id":"i","kind":"Update","phase":"Forward","caller":{"account":"1","region":"r","principal":{"User":{"name":"n","path":"/","id":"AIDA"}},"narrowed":false},"target":null,"retain":[],"disable_rollback":false,"policy":null,"cancelled":false},"stuck":null,"token":null,"next_event":3}"#,
        );
        assert_eq!(stack.status, Status::UpdateInProgress);
        assert_eq!(stack.operation.unwrap().phase, Phase::Forward);
        let row: ResourceRow = check(
            r#"{"stack":"u","logical_id":"A","type_name":"T","status":"UpdateComplete","reason":null,"updated_at_millis":1,"current":{"physical_id":"p","attributes":{"Arn":"a"},"properties":{"k":1},"shown":null,"tags":{},"token":"t","depends_on":["B"],"deletion_policy":"Retain","replace_policy":"Delete"},"operation":"i","pending":{"action":"Replace","wanted":{"properties":{},"shown":{"k":"****"},"tags":{},"token":"t2","depends_on":[],"deletion_policy":"RetainExceptOnCreate","replace_policy":"Delete"}},"before":null,"leftovers":[],"is_new":false,"reverted":false}"#,
        );
        assert_eq!(row.current.unwrap().wanted.deletion_policy, Keep::Retain);
        let event: EventRow = check(
            r#"{"stack":"u","number":1,"id":"e","logical_id":"A","physical_id":"p","type_name":"T","status":"DeleteSkipped","reason":null,"properties":"{}","at_millis":1,"token":null}"#,
        );
        assert_eq!(event.status, Status::DeleteSkipped);
        let change_set: ChangeSetRow = check(
            r#"{"stack":"u","name":"c","uuid":"v","description":null,"created_at_millis":1,"is_empty":false,"executed":false,"spec":{"template":"t","description":null,"parameters":{},"hidden":[],"ssm":{},"tags":{},"capabilities":[],"role_arn":null},"on_failure":null,"changes":[{"action":"Modify","logical_id":"A","physical_id":"p","type_name":"T","replacement":"True","policy_action":null,"scope":[],"details":[{"property":"P","recreation":"Always","known":true,"cause":null,"source":"DirectModification"}],"before":null,"after":null}]}"#,
        );
        assert_eq!(change_set.changes[0].details[0].property.as_deref(), Some("P"));
        assert_eq!(check::<TemplateRow>(r#"{"id":"t","part":0,"text":"x"}"#).text, "x");
        let export: ExportRow =
            check(r#"{"account":"1","region":"r","name":"e","value":"v","stack":"u","stack_name":"s"}"#);
        assert_eq!(export.value, "v");
        let import: ImportRow =
            check(r#"{"account":"1","region":"r","name":"e","stack":"u","stack_name":"s"}"#);
        assert_eq!(import.stack_name, "s");
    }
}
