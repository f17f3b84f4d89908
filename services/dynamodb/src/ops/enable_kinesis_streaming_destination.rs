//! EnableKinesisStreamingDestination.
//!
//! A stream that cannot be used is told of by the destination's status, as on AWS: the call succeeds.

use cloud::prelude::*;
use store::layer::table;

use crate::destination::{DestinationRow, DestinationState, StreamingConfiguration};
use crate::error::Error;
use crate::replication;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 37..=1024)]
    stream_arn: String,
    enable_kinesis_streaming_configuration: Option<StreamingConfiguration>,
}

#[derive(Shape)]
pub(crate) struct Output {
    table_name: String,
    stream_arn: String,
    destination_status: String,
    enable_kinesis_streaming_configuration: StreamingConfiguration,
}

pub(crate) struct EnableKinesisStreamingDestination;

impl Operation for EnableKinesisStreamingDestination {
    const NAME: &'static str = "EnableKinesisStreamingDestination";
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
        let table = tables::existing(cx, &name).await?;
        if table.row.is_creating {
            return Err(Error::NoSuchTable(name.name));
        }
        table.row.check_no_destination()?;
        replication::ensure_role(cx).await?;
        let state = match replication::refusal(cx, &input.stream_arn).await? {
            None => DestinationState::Active,
            Some(why) => DestinationState::EnableFailed(why.to_owned()),
        };
        let configuration = input.enable_kinesis_streaming_configuration.unwrap_or_default();
        let precision = configuration.approximate_creation_date_time_precision;
        let mut row = table.row.clone();
        row.add_destination(DestinationRow { stream_arn: input.stream_arn.clone(), state, precision });
        table::put(cx.tx(), &row).await?;
        Ok(Output {
            table_name: name.name,
            stream_arn: input.stream_arn,
            destination_status: "ENABLING".to_owned(),
            enable_kinesis_streaming_configuration: configuration,
        })
    }
}
