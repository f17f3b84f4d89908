//! RestoreTableToPointInTime.

use cloud::prelude::*;
use serde_json::Value as Json;

use super::tag_resource::arn_of;
use crate::backup::{self, Overrides};
use crate::describe::TableDescription;
use crate::error::Error;
use crate::recovery;
use crate::schema;
use crate::shapes::{
    BillingMode, GlobalSecondaryIndex, LocalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput,
    SseSpecification,
};
use crate::table::RestoredRow;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    source_table_arn: Option<String>,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    source_table_name: Option<String>,
    #[shape(len = 3..=255, pattern = "[a-zA-Z0-9_.-]+")]
    target_table_name: String,
    use_latest_restorable_time: Option<bool>,
    restore_date_time: Option<Timestamp>,
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

impl Input {
    fn source(&self, cx: &Cx) -> Result<TableName, Error> {
        match (&self.source_table_arn, &self.source_table_name) {
            (Some(name), None) | (None, Some(name)) => TableName::read(cx, name),
            _ => Err(Error::validation("Must provide exactly one of: sourceTableArn, sourceTableName")),
        }
    }

    /// The time to go back to; none for the latest one.
    fn time(&self) -> Result<Option<Timestamp>, Error> {
        match (self.use_latest_restorable_time.unwrap_or(false), self.restore_date_time) {
            (true, None) => Ok(None),
            (false, Some(time)) => Ok(Some(time)),
            _ => Err(Error::validation(
                "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
            )),
        }
    }
}

pub(crate) struct RestoreTableToPointInTime;

impl Operation for RestoreTableToPointInTime {
    const NAME: &'static str = "RestoreTableToPointInTime";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        let target = cx.arn("dynamodb", format_args!("table/{}", input.target_table_name));
        let source = input.source_table_arn.as_deref().or(input.source_table_name.as_deref());
        Ok(match source.map(|source| arn_of(cx, source)) {
            Some(Resource::One(source)) => Resource::All(vec![source, target]),
            _ => target.into(),
        })
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        schema::check_no_vectors(input.vector_index_override.as_ref())?;
        let name = input.source(cx)?;
        let time = input.time()?;
        let table = tables::load(cx, &name).await?.ok_or(Error::TableNotFound(name.name))?;
        let now = cx.now();
        let (earliest, latest) = recovery::window(&table.row, now).ok_or_else(|| {
            Error::RecoveryUnavailable(format!(
                "Point in time recovery is not enabled for table '{}'",
                table.row.name
            ))
        })?;
        let time = time.unwrap_or(latest);
        // A time in whole seconds may lie a moment before the earliest one.
        if time.millis() / 1000 < earliest.millis() / 1000 || time > latest {
            return Err(Error::InvalidRestoreTime(
                "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime"
                    .to_owned(),
            ));
        }
        let overrides = Overrides {
            mode: input.billing_mode_override,
            global: input.global_secondary_index_override.as_deref(),
            local: input.local_secondary_index_override.as_deref(),
            throughput: input.provisioned_throughput_override,
            on_demand: input.on_demand_throughput_override,
            encryption: input.sse_specification_override.as_ref(),
        };
        let from =
            RestoredRow { backup_arn: None, table_arn: Some(table.row.arn()), at_millis: time.millis() };
        let row = backup::restored(cx, &table.row, &input.target_table_name, &overrides, from).await?;
        let filled = backup::fill(cx, &row, table.row.id.clone(), Some(time.millis())).await?;
        Ok(Output { table_description: filled })
    }
}
