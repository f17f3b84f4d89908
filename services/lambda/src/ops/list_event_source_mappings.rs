//! ListEventSourceMappings.

use cloud::prelude::*;

use crate::error::Error;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(querystring = "FunctionName", len = 1..=256)]
    function_name: Option<String>,
    #[shape(querystring = "EventSourceArn")]
    event_source_arn: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    event_source_mappings: Vec<Mapping>,
}

#[derive(Shape)]
struct Mapping {
    #[shape(name = "UUID")]
    uuid: String,
}

/// Lists event source mappings, of which there are none: [`super::CreateEventSourceMapping`] refuses them.
pub(crate) struct ListEventSourceMappings;

impl Operation for ListEventSourceMappings {
    const NAME: &'static str = "ListEventSourceMappings";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/event-source-mappings"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(name) = &input.function_name {
            let function = FunctionRef::parse(cx, name, None)?;
            crate::function::find(cx.tx(), &function).await?;
        }
        let _any_source_has_none = input.event_source_arn;
        Ok(Output { event_source_mappings: Vec::new() })
    }
}
