//! UpdateStreamWarmThroughput.
//!
//! Differs from AWS: an account can have no minimum throughput billing commitment here, without which AWS refuses this, too:
//! on-demand streams take their full quota anyway.

use cloud::prelude::*;

use crate::account;
use crate::error::Error;
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(name = "WarmThroughputMiBps", range = 0..)]
    /// Asked for and refused, whatever it is.
    warm_throughput_mibps: i32,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(name = "StreamARN")]
    stream_arn: Option<String>,
}

pub(crate) struct UpdateStreamWarmThroughput;

impl Operation for UpdateStreamWarmThroughput {
    const NAME: &'static str = "UpdateStreamWarmThroughput";
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
        streams::open(cx, &name).await?;
        Err(account::no_commitment())
    }
}
