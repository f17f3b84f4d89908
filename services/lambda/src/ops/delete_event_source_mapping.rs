//! DeleteEventSourceMapping.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::MappingState;
use crate::mappings;
use crate::mappings::shapes::{self, Mapping};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, name = "UUID")]
    uuid: String,
}

/// Deletes an event source mapping. It is gone when the last batch under way is settled.
pub(crate) struct DeleteEventSourceMapping;

impl Operation for DeleteEventSourceMapping {
    const NAME: &'static str = "DeleteEventSourceMapping";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/2015-03-31/event-source-mappings/{UUID}", 202));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(mappings::arn(cx, &input.uuid).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let mut row = mappings::open(cx, &input.uuid).await?;
        if row.state == MappingState::Deleting {
            return Err(Error::InUse("Cannot delete the event source mapping because it is in use."));
        }
        row.state = MappingState::Deleting;
        row.revision = cx.new_id();
        table::put(cx.tx(), &row).await?;
        shapes::view(cx, &row).await
    }
}
