//! TagResource.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::limits::TAGS_MAX;
use crate::mappings;
use crate::names::FunctionRef;
use crate::runtime::network;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})")]
    resource: String,
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a function or an event source mapping.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2017-03-31/tags/{Resource}", 204));
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
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        if let Some(id) = mappings::id_of_arn(&input.resource) {
            let mut row = mappings::open(cx, &id).await?;
            add(&mut row.tags, input.tags)?;
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
        add(&mut row.tags, input.tags)?;
        network::of(&row.tags, cx.cloud().config().sandbox.network).map_err(Error::InvalidParameterValue)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}

/// Adds tags to those that are there.
fn add(tags: &mut BTreeMap<String, String>, new: BTreeMap<String, String>) -> Result<(), Error> {
    for (name, value) in new {
        if name.is_empty() || name.starts_with("aws:") {
            return Err(Error::invalid(format!(
                "Tag key {name} is not allowed: it is empty or begins with aws:"
            )));
        }
        tags.insert(name, value);
    }
    if tags.len() > TAGS_MAX {
        return Err(Error::invalid(format!("The number of tags exceeds the limit ({TAGS_MAX})")));
    }
    Ok(())
}
