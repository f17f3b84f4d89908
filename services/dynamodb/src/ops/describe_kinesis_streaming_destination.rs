//! DescribeKinesisStreamingDestination.

use cloud::prelude::*;

use crate::destination::{DestinationRow, KinesisDataStreamDestination};
use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_name: String,
    kinesis_data_stream_destinations: Vec<KinesisDataStreamDestination>,
}

pub(crate) struct DescribeKinesisStreamingDestination;

impl Operation for DescribeKinesisStreamingDestination {
    const NAME: &'static str = "DescribeKinesisStreamingDestination";
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
        Ok(Output {
            table_name: name.name,
            kinesis_data_stream_destinations: table
                .row
                .destinations
                .iter()
                .map(DestinationRow::describe)
                .collect(),
        })
    }
}
