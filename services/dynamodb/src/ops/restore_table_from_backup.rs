//! RestoreTableFromBackup.

use cloud::prelude::*;
use serde_json::Value as Json;

use super::tag_resource::arn_of;
use crate::backup::{self, BackupName, Overrides};
use crate::describe::TableDescription;
use crate::error::Error;
use crate::schema;
use crate::shapes::{
    BillingMode, GlobalSecondaryIndex, LocalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput,
    SseSpecification,
};
use crate::table::RestoredRow;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    target_table_name: String,
    #[shape(len = 37..=1024)]
    backup_arn: String,
    billing_mode_override: Option<BillingMode>,
    global_secondary_index_override: Option<Vec<GlobalSecondaryIndex>>,
    local_secondary_index_override: Option<Vec<LocalSecondaryIndex>>,
    provisioned_throughput_override: Option<ProvisionedThroughput>,
    on_demand_throughput_override: Option<OnDemandThroughput>,
    #[shape(name = "SSESpecificationOverride")]
    sse_specification_override: Option<SseSpecification>,
    vector_index_override: Option<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_description: TableDescription,
}

pub(crate) struct RestoreTableFromBackup;

impl Operation for RestoreTableFromBackup {
    const NAME: &'static str = "RestoreTableFromBackup";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let target = cx.arn("dynamodb", format_args!("table/{}", input.target_table_name));
        Ok(match arn_of(cx, &input.backup_arn) {
            Resource::One(backup) => Resource::All(vec![backup, target]),
            other => other,
        })
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        schema::check_no_vectors(input.vector_index_override.as_ref())?;
        let backup = BackupName::read(&input.backup_arn)?.find(cx.tx()).await?;
        if !backup.is_complete {
            return Err(Error::BackupInUse(format!("Backup is being created: {}", input.backup_arn)));
        }
        let overrides = Overrides {
            mode: input.billing_mode_override,
            global: input.global_secondary_index_override.as_deref(),
            local: input.local_secondary_index_override.as_deref(),
            throughput: input.provisioned_throughput_override,
            on_demand: input.on_demand_throughput_override,
            encryption: input.sse_specification_override.as_ref(),
        };
        let from = RestoredRow {
            backup_arn: Some(input.backup_arn.clone()),
            table_arn: Some(backup.source.arn()),
            at_millis: backup.created_at_millis,
        };
        let row = backup::restored(cx, &backup.source, &input.target_table_name, &overrides, from).await?;
        Ok(Output { table_description: backup::fill(cx, &row, backup.space_id, None).await? })
    }
}
