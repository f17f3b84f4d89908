//! AddTagsToStream.

use cloud::access;
use cloud::prelude::*;
use std::collections::BTreeMap;
use store::layer::table;

use crate::error::Error;
use crate::streams;
use crate::tags;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 1..=200)]
    tags: BTreeMap<String, String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct AddTagsToStream;

impl Operation for AddTagsToStream {
    const NAME: &'static str = "AddTagsToStream";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = input.stream.terms(cx).await?;
        terms.conditions.push(access::request_tags(&input.tags));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
        let stream = streams::open(cx, &name).await?;
        let mut row = stream.row.clone();
        tags::add(&mut row.tags, input.tags)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
