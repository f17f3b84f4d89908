//! DisableEnhancedMonitoring.
//!
//! Differs from AWS: what is asked for is remembered and shown; metrics are not collected.

use cloud::prelude::*;

use super::enable_enhanced_monitoring::{Input, Output};
use crate::error::Error;
use crate::names::{self, StreamName};
use crate::{settings, streams};

pub(crate) struct DisableEnhancedMonitoring;

impl Operation for DisableEnhancedMonitoring {
    const NAME: &'static str = "DisableEnhancedMonitoring";
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
        let change =
            |metrics: &mut Vec<String>| settings::remove_metrics(metrics, &input.shard_level_metrics);
        let (before, after) = settings::change_metrics(cx, &name, change).await?;
        Ok(Output {
            stream_arn: name.arn().into(),
            stream_name: name.name,
            current_shard_level_metrics: before,
            desired_shard_level_metrics: after,
        })
    }
}
