//! EnableEnhancedMonitoring.
//!
//! Differs from AWS: what is asked for is remembered and shown; metrics are not collected.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::Change;
use crate::names::{self, StreamName};
use crate::settings::{self, Metric};
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(len = 1..=7)]
    shard_level_metrics: Vec<Metric>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_name: String,
    current_shard_level_metrics: Vec<String>,
    desired_shard_level_metrics: Vec<String>,
    #[shape(name = "StreamARN")]
    stream_arn: String,
}

pub(crate) struct EnableEnhancedMonitoring;

impl Operation for EnableEnhancedMonitoring {
    const NAME: &'static str = "EnableEnhancedMonitoring";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        streams::tags(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = StreamName::pick(
            cx,
            input.stream_name.as_deref(),
            input.stream_arn.as_deref(),
            input.stream_id.as_deref(),
        )?;
        let stream = streams::open(cx, &name).await?;
        let now = cx.now().millis();
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        let before = row.metrics.clone();
        settings::add_metrics(&mut row.metrics, &input.shard_level_metrics);
        row.touch(Change::Updating, now);
        table::put(cx.tx(), &row).await?;
        Ok(Output {
            stream_arn: name.arn().into(),
            stream_name: name.name,
            current_shard_level_metrics: before,
            desired_shard_level_metrics: row.metrics,
        })
    }
}
