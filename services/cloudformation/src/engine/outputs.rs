//! The end of a successful creation or update: outputs, exports, imports.

use std::collections::{BTreeMap, BTreeSet};

use cfn::eval::text_of;
use cloud::prelude::*;
use store::Tx;
use store::layer::table::{self, Paging};

use crate::engine::Engine;
use crate::error::Error;
use crate::keys::{ExportRow, IMPORTER, ImportRow, OperationKind, OperationRow, OutputValue, Phase, Spec};
use crate::limits::PAGE;
use crate::stacks::{self, Place};
use crate::status::Status;
use crate::world::World;

impl Engine {
    /// The stack becomes what was asked for. The inner error says why it cannot.
    pub(super) async fn accept(&mut self) -> Result<Result<(), String>, Error> {
        let Some(operation) = self.operation.clone() else {
            return Ok(Ok(()));
        };
        let (outputs, imports) = match self.outputs() {
            Ok(found) => found,
            Err(fault) => return Ok(Err(fault)),
        };
        let (status, next) = match operation.kind {
            OperationKind::Create => (Status::CreateComplete, None),
            _ => {
                let next = OperationRow { phase: Phase::Cleanup, ..operation.clone() };
                (Status::UpdateCompleteCleanupInProgress, Some(next))
            }
        };
        let accept = Accept {
            place: self.place.clone(),
            operation: operation.id,
            spec: self.spec.clone(),
            outputs,
            imports,
            status,
            next: next.clone(),
            now: self.cx.now(),
            event_id: self.cx.new_id(),
        };
        let answer = self
            .cx
            .transact(|tx| {
                let accept = accept.clone();
                Box::pin(async move { accept.run(tx).await })
            })
            .await?;
        if answer.is_ok() {
            self.operation = next;
        }
        Ok(answer)
    }

    /// The values of the outputs, and the exports that the template uses.
    fn outputs(&self) -> Result<(Vec<OutputValue>, BTreeSet<String>), String> {
        let Some(plan) = &self.plan else {
            return Ok(Default::default());
        };
        let world = World::new(&self.rows, &self.exports);
        let scope = plan.scope(&world);
        let mut outputs = Vec::new();
        for output in &plan.template.outputs {
            if !plan.holds(output.condition.as_ref()) {
                continue;
            }
            let malformed = || {
                format!(
                    "Template format error: Output {} is malformed. The Value field of every Outputs member must evaluate to a String.",
                    output.name
                )
            };
            let value = scope.value(&output.value).map_err(|invalid| invalid.0)?;
            let export = match &output.export {
                Some(name) => Some(scope.text(name, &malformed()).map_err(|invalid| invalid.0)?),
                None => None,
            };
            outputs.push(OutputValue {
                name: output.name.clone(),
                value: value.as_ref().and_then(text_of).ok_or_else(malformed)?,
                description: output.description.clone(),
                export,
            });
        }
        // The properties are evaluated again only to hear which exports they use.
        for resource in plan.resources() {
            scope.value(&resource.properties).map_err(|invalid| invalid.0)?;
        }
        Ok((outputs, world.imports()))
    }
}

/// The transaction at the end of a successful creation or update.
#[derive(Clone)]
struct Accept {
    place: Place,
    operation: String,
    spec: Spec,
    outputs: Vec<OutputValue>,
    imports: BTreeSet<String>,
    status: Status,
    next: Option<OperationRow>,
    now: Timestamp,
    event_id: String,
}

impl Accept {
    async fn run(self, tx: &mut Tx) -> Result<Result<(), String>, Error> {
        let mut stack = stacks::reopen(tx, &self.place).await?;
        match &stack.operation {
            Some(operation) if operation.id == self.operation && !operation.cancelled => {}
            _ => return Ok(Err("The operation was cancelled.".to_owned())),
        }
        if let Err(fault) = self.write_exports(tx, &stack.outputs).await? {
            return Ok(Err(fault));
        }
        self.write_imports(tx).await?;
        let template = self.spec.template.clone();
        if let Some(old) = stack.spec.replace(self.spec)
            && old.template != template
        {
            stacks::forget_template(tx, &old.template).await?;
        }
        stack.outputs = self.outputs;
        stack.status = self.status;
        stack.reason = None;
        stack.operation = self.next;
        let event = stacks::own_event(&stack, self.event_id, self.now);
        stacks::write_event(tx, &mut stack, event).await?;
        table::put(tx, &stack).await?;
        Ok(Ok(()))
    }

    /// Texts: rlister/stax issue 40, linz/geostore issue 630, and AWS's answer to a name that is taken.
    async fn write_exports(&self, tx: &mut Tx, before: &[OutputValue]) -> Result<Result<(), String>, Error> {
        let Place { account, region, name: stack_name, uuid } = &self.place;
        let exported = |outputs: &[OutputValue]| -> BTreeMap<String, String> {
            let export = |output: &OutputValue| Some((output.export.clone()?, output.value.clone()));
            outputs.iter().filter_map(export).collect()
        };
        let (old, new) = (exported(before), exported(&self.outputs));
        for (name, value) in &old {
            let verb = match new.get(name) {
                Some(same) if same == value => continue,
                Some(_) => "updated",
                None => "deleted",
            };
            if let Some(user) = importer(tx, &self.place, name).await? {
                return Ok(Err(format!("Export {name} cannot be {verb} as it is in use by {user}")));
            }
            table::delete::<ExportRow>(tx, (account, region, name)).await?;
        }
        for (name, value) in new {
            let taken: Option<ExportRow> = table::get(tx, (account, region, &name)).await?;
            if let Some(other) = taken.filter(|row| row.stack != *uuid) {
                let owner = other.stack_name;
                return Ok(Err(format!("Export with name {name} is already exported by stack {owner}.")));
            }
            let row = ExportRow {
                account: account.clone(),
                region: region.clone(),
                name,
                value,
                stack: uuid.clone(),
                stack_name: stack_name.clone(),
            };
            table::put(tx, &row).await?;
        }
        Ok(Ok(()))
    }

    async fn write_imports(&self, tx: &mut Tx) -> Result<(), Error> {
        remove_imports(tx, &self.place).await?;
        for name in &self.imports {
            let row = ImportRow {
                account: self.place.account.clone(),
                region: self.place.region.clone(),
                name: name.clone(),
                stack: self.place.uuid.clone(),
                stack_name: self.place.name.clone(),
            };
            table::put(tx, &row).await?;
        }
        Ok(())
    }
}

/// The name of a stack that imports `export`.
pub(crate) async fn importer(tx: &Tx, place: &Place, export: &str) -> Result<Option<String>, Error> {
    let key = (&place.account, &place.region, export);
    let rows = table::list::<ImportRow>(tx, key, &Paging::first(1)).await?.items;
    Ok(rows.into_iter().next().map(|row| row.stack_name))
}

/// Forgets what a stack imports.
pub(super) async fn remove_imports(tx: &mut Tx, place: &Place) -> Result<(), Error> {
    loop {
        let page = table::list_by::<ImportRow>(tx, IMPORTER, &place.uuid, &Paging::first(PAGE)).await?;
        for row in &page.items {
            table::delete::<ImportRow>(tx, (&row.account, &row.region, &row.name, &row.stack)).await?;
        }
        if page.next.is_none() {
            return Ok(());
        }
    }
}
