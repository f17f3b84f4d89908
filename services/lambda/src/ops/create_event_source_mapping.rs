//! CreateEventSourceMapping.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=140)]
    function_name: String,
    event_source_arn: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Refused: functions are not fed from queues and streams yet.
///
/// Differs from AWS: there are no event source mappings.
pub(crate) struct CreateEventSourceMapping;

impl Operation for CreateEventSourceMapping {
    const NAME: &'static str = "CreateEventSourceMapping";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/event-source-mappings", 202));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.function_name, None)?.arn().into())
    }

    async fn run(_cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let source = input.event_source_arn.unwrap_or_else(|| "its source".to_string());
        Err(Error::unsupported(&format!("An event source mapping from {source}")))
    }
}
