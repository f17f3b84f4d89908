//! DescribeTable.

use cloud::prelude::*;

use crate::describe::TableDescription;
use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    table: TableDescription,
}

pub(crate) struct DescribeTable;

impl Operation for DescribeTable {
    const NAME: &'static str = "DescribeTable";
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

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        tables::tag_conditions(cx, &input.table_name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = TableName::read(cx, &input.table_name)?;
        let table = tables::existing(cx, &name).await?;
        let now = cx.now();
        Ok(Output { table: TableDescription::of(cx.tx(), &table.row, now).await? })
    }
}
