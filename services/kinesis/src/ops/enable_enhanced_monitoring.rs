//! EnableEnhancedMonitoring.
//!
//! Differs from AWS: what is asked for is remembered and shown; metrics are not collected.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::{self, StreamName};
use crate::settings::{self, Metric};
use crate::streams;

/// As DisableEnhancedMonitoring takes it, too.
#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    pub(super) stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    pub(super) stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    pub(super) stream_id: Option<String>,
    #[shape(len = 1..=7)]
    pub(super) shard_level_metrics: Vec<Metric>,
}

/// As DisableEnhancedMonitoring answers, too.
#[derive(Shape)]
pub(crate) struct Output {
    pub(super) stream_name: String,
    pub(super) current_shard_level_metrics: Vec<String>,
    pub(super) desired_shard_level_metrics: Vec<String>,
    #[shape(name = "StreamARN")]
    pub(super) stream_arn: String,
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
        let change = |metrics: &mut Vec<String>| settings::add_metrics(metrics, &input.shard_level_metrics);
        let (before, after) = settings::change_metrics(cx, &name, change).await?;
        Ok(Output {
            stream_arn: name.arn().into(),
            stream_name: name.name,
            current_shard_level_metrics: before,
            desired_shard_level_metrics: after,
        })
    }
}
