//! UpdateEventSourceMapping.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::MappingState;
use crate::mappings::shapes::{self, Mapping};
use crate::mappings::{self, Change};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, name = "UUID")]
    uuid: String,
    #[shape(len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: Option<String>,
    #[shape(flatten)]
    change: Change,
}

/// Changes an event source mapping. Streams go on where they were.
///
/// Differs from AWS: a mapping that is being created or updated can be changed again.
pub(crate) struct UpdateEventSourceMapping;

impl Operation for UpdateEventSourceMapping {
    const NAME: &'static str = "UpdateEventSourceMapping";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("PUT", "/2015-03-31/event-source-mappings/{UUID}", 202));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(mappings::arn(cx, &input.uuid).into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let before = mappings::open(cx, &input.uuid).await?;
        if before.state == MappingState::Deleting {
            return Err(Error::InUse("Cannot update the event source mapping because it is in use."));
        }
        let mut row = before.clone();
        if let Some(name) = &input.function_name {
            let function = mappings::own_function(cx, name)?;
            (row.name, row.qualifier) = (function.name, function.qualifier);
        }
        let mut row = input.change.apply(cx, row)?;
        row.state = match (before.enabled, row.enabled) {
            (false, true) => MappingState::Enabling,
            (true, false) => MappingState::Disabling,
            _ => MappingState::Updating,
        };
        mappings::check(cx, &row).await?;
        mappings::check_single(cx.tx(), &row).await?;
        table::put(cx.tx(), &row).await?;
        shapes::view(cx, &row).await
    }
}
