//! CreateEventSourceMapping.

use cloud::access;
use cloud::prelude::*;
use serde_json::Value;
use store::layer::table;

use crate::error::Error;
use crate::mappings::shapes::{self, Mapping, StartingPosition, Tags};
use crate::mappings::{self, Beginning, Change};
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=256, pattern = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?")]
    function_name: String,
    #[shape(
        pattern = r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov)?-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    )]
    event_source_arn: Option<String>,
    starting_position: Option<StartingPosition>,
    starting_position_timestamp: Option<Timestamp>,
    tags: Option<Tags>,
    #[shape(flatten)]
    change: Change,
    topics: Option<Value>,
    queues: Option<Value>,
    self_managed_event_source: Option<Value>,
}

/// Feeds a function from a queue or a stream.
pub(crate) struct CreateEventSourceMapping;

impl Operation for CreateEventSourceMapping {
    const NAME: &'static str = "CreateEventSourceMapping";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2015-03-31/event-source-mappings", 202));
    type Input = Input;
    type Output = Mapping;
    type Error = Error;

    /// The operation names no resource (service authorization reference); policies name the function by a condition.
    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let function = FunctionRef::parse(cx, &input.function_name, None)?;
        let tags = access::request_tags(input.tags.iter().flatten());
        Ok(vec![("lambda:FunctionArn", vec![function.arn().to_string()]), tags])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Mapping, Error> {
        let function = mappings::own_function(cx, &input.function_name)?;
        mappings::refuse(&[
            ("SelfManagedEventSource", &input.self_managed_event_source),
            ("Topics", &input.topics),
            ("Queues", &input.queues),
        ])?;
        let begin = Beginning {
            source: input.event_source_arn,
            start: input.starting_position,
            start_at: input.starting_position_timestamp,
            tags: input.tags.unwrap_or_default(),
        };
        let row = mappings::new(cx, function, begin, input.change)?;
        mappings::check(cx, &row).await?;
        mappings::check_single(cx.tx(), &row).await?;
        table::put(cx.tx(), &row).await?;
        shapes::view(cx, &row).await
    }
}
