//! UpdateKinesisStreamingDestination.

use cloud::prelude::*;
use store::layer::table;

use crate::destination::StreamingConfiguration;
use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 37..=1024)]
    stream_arn: String,
    update_kinesis_streaming_configuration: Option<StreamingConfiguration>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_name: String,
    stream_arn: String,
    destination_status: String,
    update_kinesis_streaming_configuration: StreamingConfiguration,
}

pub(crate) struct UpdateKinesisStreamingDestination;

impl Operation for UpdateKinesisStreamingDestination {
    const NAME: &'static str = "UpdateKinesisStreamingDestination";
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
        let configuration = input.update_kinesis_streaming_configuration.unwrap_or_default();
        let Some(precision) = configuration.approximate_creation_date_time_precision else {
            return Err(Error::validation(
                "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be null or contain only null values",
            ));
        };
        let mut row = tables::existing(cx, &name).await?.row.clone();
        row.update_destination(&input.stream_arn, precision)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output {
            table_name: name.name,
            stream_arn: input.stream_arn,
            destination_status: "UPDATING".to_owned(),
            update_kinesis_streaming_configuration: configuration,
        })
    }
}
