//! EnableEnhancedMonitoring.
//!
//! Differs from AWS: what is asked for is remembered and shown; metrics are not collected.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::Change;
use crate::settings::{self, Metric};
use crate::streams;
use crate::target::StreamTarget;

/// As DisableEnhancedMonitoring takes it, too.
#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    pub(super) stream: StreamTarget,
    #[shape(len = 1..=7)]
    shard_level_metrics: Vec<Metric>,
}

/// As DisableEnhancedMonitoring answers, too.
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
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        change(cx, &input, settings::add_metrics).await
    }
}

/// Adds metrics to those that are collected of a stream, or takes some from them.
pub(super) async fn change(
    cx: &mut Cx,
    input: &Input,
    apply: fn(&mut Vec<String>, &[Metric]),
) -> Result<Output, Error> {
    let name = input.stream.name(cx)?;
    let stream = streams::open(cx, &name).await?;
    let now = cx.now().millis();
    stream.row.must_be_active(now)?;
    let mut row = stream.row.clone();
    apply(&mut row.metrics, &input.shard_level_metrics);
    row.touch(Change::Updating, now);
    table::put(cx.tx(), &row).await?;
    Ok(Output {
        stream_arn: name.arn().into(),
        stream_name: name.name,
        current_shard_level_metrics: stream.row.metrics.clone(),
        desired_shard_level_metrics: row.metrics,
    })
}
