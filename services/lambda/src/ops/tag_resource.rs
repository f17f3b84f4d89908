//! TagResource.

use std::collections::BTreeMap;

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::function;
use crate::limits::TAGS_MAX;
use crate::names::FunctionRef;
use crate::runtime::network;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(label, len = 1..=256, pattern = r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?)")]
    resource: String,
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Adds tags to a function.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/2017-03-31/tags/{Resource}", 204));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(FunctionRef::parse(cx, &input.resource, None)?.arn().into())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let function = FunctionRef::parse(cx, &input.resource, None)?;
        if function.qualifier.is_some() {
            // Recorded: LocalStack tests/aws/services/lambda_, test_tag_nonexisting_resource.
            return Err(Error::invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            ));
        }
        let mut row = function::open(cx.tx(), &function).await?;
        for (name, value) in input.tags {
            if name.is_empty() || name.starts_with("aws:") {
                return Err(Error::invalid(format!(
                    "Tag key {name} is not allowed: it is empty or begins with aws:"
                )));
            }
            row.tags.insert(name, value);
        }
        if row.tags.len() > TAGS_MAX {
            return Err(Error::invalid(format!("The number of tags exceeds the limit ({TAGS_MAX})")));
        }
        network::of(&row.tags, cx.cloud().config().sandbox.network).map_err(Error::InvalidParameterValue)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
