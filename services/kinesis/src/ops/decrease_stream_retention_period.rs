//! DecreaseStreamRetentionPeriod.

use cloud::prelude::*;

use crate::error::Error;
use crate::settings;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    retention_period_hours: i32,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DecreaseStreamRetentionPeriod;

impl Operation for DecreaseStreamRetentionPeriod {
    const NAME: &'static str = "DecreaseStreamRetentionPeriod";
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
        let name = input.stream.name(cx)?;
        let hours = input.retention_period_hours;
        // Text: kinesalite, decreaseStreamRetentionPeriod.js
        let refuse = |current| {
            (hours > current).then(|| {
                format!(
                    "Requested retention period ({hours} hours) for stream {} can not be longer than existing retention period ({current} hours). Use IncreaseRetentionPeriod API.",
                    name.name
                )
            })
        };
        settings::change_retention(cx, &name, hours, refuse).await?;
        Ok(Output {})
    }
}
