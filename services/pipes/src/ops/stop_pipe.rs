//! StopPipe.

use cloud::prelude::*;

use super::Changed;
use crate::error::Error;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=64, pattern = r"[\.\-_A-Za-z0-9]+")]
    name: String,
}

/// Stops a pipe.
pub(crate) struct StopPipe;

impl Operation for StopPipe {
    const NAME: &'static str = "StopPipe";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/v1/pipes/{Name}/stop", 200));
    type Input = Input;
    type Output = Changed;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(super::arn(cx, &input.name).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Changed, Error> {
        super::set_state(cx, &input.name, false).await
    }
}
