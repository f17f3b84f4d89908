//! UntagResource.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::mappings;
use crate::names::FunctionRef;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})")]
    resource: String,
    #[shape(querystring = "tagKeys")]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Removes tags from a function or an event source mapping.
pub(crate) struct UntagResource;

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("DELETE", "/2017-03-31/tags/{Resource}", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        if let Some(id) = mappings::id_of_arn(&input.resource) {
            return Ok(mappings::arn(cx, &id).into());
        }
        Ok(FunctionRef::parse(cx, &input.resource, None)?.arn().into())
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::tag_keys(&input.tag_keys)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(id) = mappings::id_of_arn(&input.resource) {
            let mut row = mappings::open(cx, &id).await?;
            row.tags.retain(|name, _| !input.tag_keys.contains(name));
            table::put(cx.tx(), &row).await?;
            return Ok(Output);
        }
        let function = FunctionRef::parse(cx, &input.resource, None)?;
        if function.qualifier.is_some() {
            // Recorded: LocalStack tests/aws/services/lambda_, test_tag_nonexisting_resource.
            return Err(Error::invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            ));
        }
        let mut row = function::open(cx.tx(), &function).await?;
        row.tags.retain(|name, _| !input.tag_keys.contains(name));
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
