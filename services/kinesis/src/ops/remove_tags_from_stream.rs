//! RemoveTagsFromStream.

use cloud::access;
use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::streams;
use crate::tags;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 1..=50, each(len = 1..=128))]
    tag_keys: Vec<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct RemoveTagsFromStream;

impl Operation for RemoveTagsFromStream {
    const NAME: &'static str = "RemoveTagsFromStream";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let mut terms = input.stream.terms(cx).await?;
        terms.conditions.push(access::tag_keys(&input.tag_keys));
        Ok(terms)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
        let stream = streams::open(cx, &name).await?;
        let mut row = stream.row.clone();
        tags::remove(&mut row.tags, &input.tag_keys);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
