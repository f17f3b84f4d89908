//! DescribeTimeToLive.

use cloud::prelude::*;

use crate::error::Error;
use crate::table::TableRow;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

/// Whether items expire, and by which attribute.
#[derive(Shape)]
pub(crate) struct TimeToLiveDescription {
    time_to_live_status: String,
    attribute_name: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    time_to_live_description: TimeToLiveDescription,
}

impl TimeToLiveDescription {
    /// The description of a table.
    pub(crate) fn of(row: &TableRow) -> Self {
        let attribute_name = row.ttl.as_ref().map(|ttl| ttl.attribute.clone());
        let status = if attribute_name.is_some() { "ENABLED" } else { "DISABLED" };
        Self { time_to_live_status: status.to_owned(), attribute_name }
    }
}

pub(crate) struct DescribeTimeToLive;

impl Operation for DescribeTimeToLive {
    const NAME: &'static str = "DescribeTimeToLive";
    const KIND: Kind = Kind::Read;
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
        let table = tables::existing(cx, &name).await?;
        Ok(Output { time_to_live_description: TimeToLiveDescription::of(&table.row) })
    }
}
