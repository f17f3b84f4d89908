//! DisableEnhancedMonitoring.
//!
//! Differs from AWS: what is asked for is remembered and shown; metrics are not collected.

use cloud::prelude::*;

use super::enable_enhanced_monitoring::{Input, Output, change};
use crate::error::Error;
use crate::settings;

pub(crate) struct DisableEnhancedMonitoring;

impl Operation for DisableEnhancedMonitoring {
    const NAME: &'static str = "DisableEnhancedMonitoring";
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
        change(cx, &input, settings::remove_metrics).await
    }
}
