//! TagResource.

use std::collections::BTreeMap;

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::limits::TAGS_MAX;

#[derive(Shape)]
#[shape(rename_all = "camelCase")]
pub(crate) struct Input {
    #[shape(label, len = 1..=1600, pattern = r"arn:aws([a-z]|\-)*:([a-zA-Z0-9\-]+):([a-z]|\d|\-)*:([0-9]{12})?:(.+)")]
    resource_arn: String,
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output;

/// Gives a pipe tags.
pub(crate) struct TagResource;

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const KIND: Kind = Kind::Write;
    const HTTP: Option<Http> = Some(Http::new("POST", "/tags/{resourceArn}", 200));
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.resource_arn.parse::<Arn>().map_or(Resource::Any, Resource::One))
    }

    async fn conditions(_: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        Ok(vec![access::request_tags(&input.tags)])
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let mut row = super::open_arn(cx, &input.resource_arn).await?;
        row.tags.extend(input.tags);
        if row.tags.len() > TAGS_MAX {
            return Err(Error::invalid(format!("a pipe can have {TAGS_MAX} tags at most")));
        }
        table::put(cx.tx(), &row).await?;
        Ok(Output)
    }
}
