//! DeleteTable.
//!
//! Differs from AWS: the table is gone at once, though the answer says DELETING; its rows are removed in the
//! background.

use cloud::prelude::*;
use store::layer::table;

use crate::backup::{BackupRow, SYSTEM_MILLIS};
use crate::describe::{self, Shown, TableDescription};
use crate::error::Error;
use crate::settings;
use crate::table::TableRow;
use crate::tables::{self, TableName};
use crate::work::{self, Task};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_description: TableDescription,
}

pub(crate) struct DeleteTable;

impl Operation for DeleteTable {
    const NAME: &'static str = "DeleteTable";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(TableName::read(cx, &input.table_name)?.arn().into())
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        tables::policy(cx, &input.table_name).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        tables::tag_conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let table = tables::existing(cx, &name).await?;
        let mut row = table.row.clone();
        if row.is_protected {
            // (`ack-api-quirks`, DDB-TABLE-442)
            return Err(Error::validation(
                "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
            ));
        }
        if row.is_creating {
            return Err(Error::InUse(format!("Table is being created: {}", row.name)));
        }
        settings::close_stream(cx, &mut row).await?;
        table::delete::<TableRow>(cx.tx(), (&row.account, &row.region, &row.name)).await?;
        if row.recovery.is_some() {
            // The items stay where they are, as those of a backup.
            let name = format!("{}$DeletedTableBackup", row.name);
            let mut backup = BackupRow::new(cx, &row, &name, row.id.clone());
            (backup.items, backup.bytes) = describe::counts(cx.tx(), &row, 0).await?;
            backup.expires_at_millis = Some(backup.created_at_millis + SYSTEM_MILLIS);
            backup.is_complete = true;
            table::put(cx.tx(), &backup).await?;
        } else {
            work::begin(cx, Task::RemoveTable { table_id: row.id.clone() }).await?;
        }
        let now = cx.now();
        let shown = Shown { table: Some("DELETING"), indexes: None };
        Ok(Output { table_description: TableDescription::shown(cx.tx(), &row, now, shown).await? })
    }
}
