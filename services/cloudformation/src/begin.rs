//! The beginning of an operation on a stack: its first rows, then its task.

use std::collections::BTreeSet;

use cloud::caller::StoredCaller;
use cloud::prelude::*;
use futures::future::{self, Either};
use store::Tx;
use store::layer::table;

use crate::callers;
use crate::engine;
use crate::error::Error;
use crate::keys::{ChangeSetRow, OnFailure, OperationKind, OperationRow, Phase, Spec, StackRow};
use crate::limits::GRACE_MILLIS;
use crate::stack::nested::Family;
use crate::stacks::{self, Place};
use crate::status::Status;

/// A creation or an update that was prepared.
#[derive(Clone)]
pub(crate) struct Deployment {
    pub(crate) place: Place,
    pub(crate) spec: Spec,
    /// The template's text, when it is not stored yet.
    pub(crate) text: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) token: Option<String>,
    /// The stack policy from now on.
    pub(crate) policy: Option<String>,
    /// The stack policy of this update alone.
    pub(crate) policy_now: Option<String>,
    pub(crate) protection: Option<bool>,
    /// The change set that is carried out.
    pub(crate) change_set: Option<ChangeSetRow>,
    /// The stacks above a new one.
    pub(crate) family: Option<Family>,
}

/// What to do when the stack is found.
struct Start {
    deployment: Deployment,
    operation: OperationRow,
    now: Timestamp,
    event_id: String,
}

impl Deployment {
    /// Creates the stack, new or under review.
    pub(crate) async fn create(self, cx: &mut Cx) -> Result<(), Error> {
        self.run(cx, OperationKind::Create).await
    }

    /// Updates the stack.
    pub(crate) async fn update(self, cx: &mut Cx) -> Result<(), Error> {
        self.run(cx, OperationKind::Update).await
    }

    async fn run(self, cx: &mut Cx, kind: OperationKind) -> Result<(), Error> {
        let acting = callers::acting(cx, self.spec.role_arn.as_deref()).await?;
        let operation = OperationRow {
            id: cx.new_id(),
            kind,
            phase: Phase::Forward,
            caller: StoredCaller::of(&acting),
            target: (kind == OperationKind::Update).then(|| self.spec.clone()),
            retain: BTreeSet::new(),
            disable_rollback: self.on_failure == OnFailure::DoNothing,
            policy: None,
            cancelled: false,
        };
        let place = self.place.clone();
        let (now, event_id) = (cx.now(), cx.new_id());
        cx.transact(|tx| {
            let (deployment, operation, event_id) = (self.clone(), operation.clone(), event_id.clone());
            let start = Start { deployment, operation, now, event_id };
            Box::pin(async move {
                match kind {
                    OperationKind::Create => start.create(tx).await,
                    _ => start.update(tx).await,
                }
            })
        })
        .await?;
        engine::start(cx.cloud(), place.clone(), Some(acting));
        grace(cx, &place).await
    }
}

/// Waits a short while for the operation of a stack, so that the client's first look finds it done.
pub(crate) async fn grace(cx: &Cx, place: &Place) -> Result<(), Error> {
    let key = (&place.account, &place.region, &place.name, &place.uuid);
    let mut changes = cx.cloud().store().watch(table::watch_key::<StackRow>(key));
    let mut over = Box::pin(cx.sleep_until(cx.now().plus_millis(GRACE_MILLIS)));
    loop {
        changes.borrow_and_update();
        let tx = cx.snapshot().await?;
        let stack = stacks::reopen(&tx, place).await?;
        drop(tx);
        if stack.operation.is_none() {
            return Ok(());
        }
        let change = Box::pin(changes.changed());
        match future::select(change, &mut over).await {
            Either::Left((Ok(()), _)) => {}
            // The time is over, or the store is closed.
            _ => return Ok(()),
        }
    }
}

impl Start {
    async fn create(self, tx: &mut Tx) -> Result<(), Error> {
        let place = self.deployment.place.clone();
        let key = (&place.account, &place.region, &place.name);
        let found: Option<StackRow> = table::find(tx, crate::keys::LIVE, key).await?;
        let mut stack = match found {
            None => under_review(&place, self.now),
            Some(stack) if stack.status == Status::ReviewInProgress && stack.uuid == place.uuid => stack,
            Some(stack) => {
                return Err(Error::AlreadyExists(format!("Stack [{}] already exists", stack.name)));
            }
        };
        stack.status = Status::CreateInProgress;
        stack.on_failure = self.deployment.on_failure;
        stack.spec = Some(self.deployment.spec.clone());
        if let Some(family) = &self.deployment.family {
            stack.parent = Some(family.parent.clone());
            stack.root = Some(family.root.clone());
        }
        self.write(tx, stack).await
    }

    async fn update(self, tx: &mut Tx) -> Result<(), Error> {
        let mut stack = stacks::reopen(tx, &self.deployment.place).await?;
        may_update(&stack)?;
        stack.status = Status::UpdateInProgress;
        stack.updated_at_millis = Some(self.now.millis());
        self.write(tx, stack).await
    }

    async fn write(self, tx: &mut Tx, mut stack: StackRow) -> Result<(), Error> {
        let Self { deployment, mut operation, now, event_id } = self;
        if let Some(text) = &deployment.text {
            stacks::put_template(tx, &deployment.spec.template, text).await?;
        }
        operation.policy = deployment.policy_now.clone().or_else(|| stack.policy.clone());
        stack.policy = deployment.policy.clone().or(stack.policy);
        stack.termination_protection = deployment.protection.unwrap_or(stack.termination_protection);
        stack.reason = Some("User Initiated".to_owned());
        stack.token = deployment.token;
        stack.operation = Some(operation);
        stack.stuck = None;
        if let Some(mut change_set) = deployment.change_set {
            stack.change_set_id = Some(change_set.id(&stack));
            stack.updated_at_millis = Some(now.millis());
            // AWS forgets the other change sets of the stack: they were made for what it was.
            stacks::forget_change_sets(tx, &stack.uuid, Some(&change_set.name)).await?;
            change_set.executed = true;
            table::put(tx, &change_set).await?;
        }
        let event = stacks::own_event(&stack, event_id, now);
        stacks::write_event(tx, &mut stack, event).await?;
        // The stack itself shows no reason while all goes well.
        stack.reason = None;
        table::put(tx, &stack).await?;
        Ok(())
    }
}

/// A stack that only waits for its first change set.
pub(crate) fn under_review(place: &Place, now: Timestamp) -> StackRow {
    StackRow {
        account: place.account.clone(),
        region: place.region.clone(),
        name: place.name.clone(),
        uuid: place.uuid.clone(),
        status: Status::ReviewInProgress,
        reason: Some("User Initiated".to_owned()),
        created_at_millis: now.millis(),
        updated_at_millis: None,
        deleted_at_millis: None,
        spec: None,
        outputs: Vec::new(),
        on_failure: OnFailure::Rollback,
        termination_protection: false,
        policy: None,
        change_set_id: None,
        parent: None,
        root: None,
        operation: None,
        stuck: None,
        token: None,
        next_event: 0,
    }
}

/// Refuses a stack that cannot be updated now.
pub(crate) fn may_update(stack: &StackRow) -> Result<(), Error> {
    match stack.status.may_update() {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "Stack:{} is in {} state and can not be updated.",
            stack.id(),
            stack.status.as_str()
        ))),
    }
}
