//! DeleteBackup.

use cloud::prelude::*;
use store::layer::table;

use super::describe_backup::BackupDescription;
use super::tag_resource::arn_of;
use crate::backup::{BackupName, BackupRow};
use crate::error::Error;
use crate::work::{self, Task};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 37..=1024)]
    backup_arn: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    backup_description: BackupDescription,
}

pub(crate) struct DeleteBackup;

impl Operation for DeleteBackup {
    const NAME: &'static str = "DeleteBackup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(arn_of(cx, &input.backup_arn))
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let row = BackupName::read(&input.backup_arn)?.find(cx.tx()).await?;
        if !row.is_complete {
            return Err(Error::BackupInUse(format!("Backup is being created: {}", input.backup_arn)));
        }
        table::delete::<BackupRow>(cx.tx(), (&row.account, &row.region, &row.table, &row.id)).await?;
        work::begin(cx, Task::RemoveTable { table_id: row.space_id.clone() }).await?;
        Ok(Output { backup_description: BackupDescription::deleted(&row) })
    }
}
