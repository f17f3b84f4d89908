//! ListTags.

use std::collections::BTreeMap;

use cloud::prelude::*;

use crate::error::Error;
use crate::function;
use crate::mappings;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})")]
    resource: String,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

/// Lists the tags of a function or an event source mapping.
pub(crate) struct ListTags;

impl Operation for ListTags {
    const NAME: &'static str = "ListTags";
    const KIND: Kind = Kind::Read;
    const HTTP: Option<Http> = Some(Http::get("/2017-03-31/tags/{Resource}"));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        if let Some(id) = mappings::id_of_arn(&input.resource) {
            return Ok(mappings::arn(cx, &id).into());
        }
        Ok(FunctionRef::parse(cx, &input.resource, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(id) = mappings::id_of_arn(&input.resource) {
            return Ok(Output { tags: mappings::open(cx, &id).await?.tags });
        }
        let function = FunctionRef::parse(cx, &input.resource, None)?;
        if function.qualifier.is_some() {
            // Recorded: LocalStack tests/aws/services/lambda_, test_tag_nonexisting_resource.
            return Err(Error::invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            ));
        }
        let row = function::open(cx.tx(), &function).await?;
        Ok(Output { tags: row.tags })
    }
}
