//! ListBackups.

use cloud::prelude::*;
use store::layer::table::{self, Cursor, Paging};

use crate::backup::BackupRow;
use crate::error::Error;
use crate::limits::BACKUPS_PAGE;
use crate::tables::TableName;

/// Which backups are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BackupType {
    User,
    System,
    AwsBackup,
    All,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: Option<String>,
    #[shape(range = 1..=100)]
    limit: Option<i32>,
    time_range_lower_bound: Option<Timestamp>,
    time_range_upper_bound: Option<Timestamp>,
    #[shape(len = 37..=1024)]
    exclusive_start_backup_arn: Option<String>,
    backup_type: Option<BackupType>,
}

/// A backup.
#[derive(Shape)]
pub(crate) struct BackupSummary {
    table_name: String,
    table_id: String,
    table_arn: String,
    backup_arn: String,
    backup_name: String,
    backup_creation_date_time: Timestamp,
    backup_expiry_date_time: Option<Timestamp>,
    backup_status: String,
    backup_type: String,
    backup_size_bytes: i64,
}

#[derive(Shape)]
pub(crate) struct Output {
    backup_summaries: Vec<BackupSummary>,
    last_evaluated_backup_arn: Option<String>,
}

impl Input {
    fn wants(&self, row: &BackupRow) -> bool {
        let kind = match self.backup_type.unwrap_or(BackupType::User) {
            BackupType::All => true,
            BackupType::User => row.kind() == "USER",
            BackupType::System => row.kind() == "SYSTEM",
            BackupType::AwsBackup => false,
        };
        kind && self.time_range_lower_bound.is_none_or(|low| row.created_at_millis >= low.millis())
            && self.time_range_upper_bound.is_none_or(|high| row.created_at_millis < high.millis())
    }
}

pub(crate) struct ListBackups;

impl Operation for ListBackups {
    const NAME: &'static str = "ListBackups";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(BACKUPS_PAGE);
        let table = input.table_name.as_deref().map(|name| TableName::read(cx, name)).transpose()?;
        let (account, region) = (cx.account().to_owned(), cx.region().to_owned());
        let start = input.exclusive_start_backup_arn.as_deref();
        let start = start.and_then(|arn| arn.split_once(":table/")?.1.split_once("/backup/"));
        let mut after = start.map(Cursor::behind);
        let mut output = Output { backup_summaries: Vec::new(), last_evaluated_backup_arn: None };
        loop {
            let parts = (account.as_str(), region.as_str());
            let paging = Paging::after(BACKUPS_PAGE, after);
            let listing = table::list::<BackupRow>(cx.tx(), parts, &paging).await?;
            for row in &listing.items {
                let is_of = table.as_ref().is_none_or(|table| table.name == row.table);
                if !is_of || !input.wants(row) {
                    continue;
                }
                if output.backup_summaries.len() == limit {
                    let last = output.backup_summaries.last();
                    output.last_evaluated_backup_arn = last.map(|last| last.backup_arn.clone());
                    return Ok(output);
                }
                output.backup_summaries.push(summary(row));
            }
            after = listing.next;
            if after.is_none() {
                return Ok(output);
            }
        }
    }
}

fn summary(row: &BackupRow) -> BackupSummary {
    let details = row.details();
    BackupSummary {
        table_name: row.table.clone(),
        table_id: row.source.id.clone(),
        table_arn: row.source.arn(),
        backup_arn: details.backup_arn,
        backup_name: details.backup_name,
        backup_creation_date_time: details.backup_creation_date_time,
        backup_expiry_date_time: details.backup_expiry_date_time,
        backup_status: details.backup_status,
        backup_type: details.backup_type,
        backup_size_bytes: details.backup_size_bytes,
    }
}
