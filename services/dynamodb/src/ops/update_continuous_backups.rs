//! UpdateContinuousBackups.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::limits::RECOVERY_DAYS_MAX;
use crate::recovery::ContinuousBackupsDescription;
use crate::table::RecoveryRow;
use crate::tables::{self, TableName};
use crate::work::{self, Task};

/// Whether what was replaced is kept, and for how long.
#[derive(Shape)]
pub(crate) struct Specification {
    point_in_time_recovery_enabled: bool,
    #[shape(range = 1..=35)]
    recovery_period_in_days: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    point_in_time_recovery_specification: Specification,
}

#[derive(Shape)]
pub(crate) struct Output {
    continuous_backups_description: ContinuousBackupsDescription,
}

pub(crate) struct UpdateContinuousBackups;

impl Operation for UpdateContinuousBackups {
    const NAME: &'static str = "UpdateContinuousBackups";
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

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let asked = input.point_in_time_recovery_specification;
        let table = tables::load(cx, &name).await?.ok_or(Error::TableNotFound(name.name))?;
        let mut row = table.row.clone();
        let now = cx.now();
        if !asked.point_in_time_recovery_enabled && asked.recovery_period_in_days.is_some() {
            // (`ack-api-quirks`, DDB-TABLE-442)
            return Err(Error::validation(
                "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
            ));
        }
        match (asked.point_in_time_recovery_enabled, &mut row.recovery) {
            (true, Some(recovery)) => {
                recovery.days = asked.recovery_period_in_days.unwrap_or(recovery.days);
            }
            (true, recovery @ None) => {
                let days = asked.recovery_period_in_days.unwrap_or(RECOVERY_DAYS_MAX);
                *recovery = Some(RecoveryRow { since_millis: now.millis(), days });
            }
            (false, Some(_)) => {
                // Nobody can go back over the gap that begins now.
                row.recovery = None;
                // What is written in this millisecond goes too.
                let task = Task::RemoveHistory { table_id: row.id.clone(), before_millis: now.millis() + 1 };
                work::begin(cx, task).await?;
            }
            (false, None) => {}
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output { continuous_backups_description: ContinuousBackupsDescription::of(&row, now) })
    }
}
