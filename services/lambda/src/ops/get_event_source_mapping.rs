//! GetEventSourceMapping.

use cloud::prelude::*;

use crate::error::Error;
use crate::mappings;
use crate::mappings::shapes::{self, Mapping};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, name = "UUID")]
    uuid: String,
}

/// Shows an event source mapping.
pub(crate) struct GetEventSourceMapping;

impl Operation for GetEventSourceMapping {
    const NAME: &'static str = "GetEventSourceMapping";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2015-03-31/event-source-mappings/{UUID}"));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(mappings::arn(cx, &input.uuid).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let row = mappings::open(cx, &input.uuid).await?;
        shapes::view(cx, &row).await
    }
}
