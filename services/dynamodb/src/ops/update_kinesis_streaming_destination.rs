//! UpdateKinesisStreamingDestination.
//!
//! Differs from AWS: refused, because no destination can be enabled.

use cloud::prelude::*;
use serde_json::Value as Json;

use crate::error::Error;
use crate::tables::{self, TableName};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=1024)]
    table_name: String,
    #[shape(len = 37..=1024)]
    stream_arn: String,
    update_kinesis_streaming_configuration: Option<Json>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct UpdateKinesisStreamingDestination;

impl Operation for UpdateKinesisStreamingDestination {
    const NAME: &'static str = "UpdateKinesisStreamingDestination";
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
        tables::existing(cx, &name).await?;
        Err(Error::NoSuchDestination(name.name, input.stream_arn))
    }
}
