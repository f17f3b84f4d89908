//! AddTagsToStream.

use cloud::access::REQUEST_TAGS;
use cloud::prelude::*;
use std::collections::BTreeMap;
use store::layer::table;

use crate::error::Error;
use crate::names::{self, StreamName};
use crate::streams;
use crate::tags;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
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
        Ok(names::resource(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let mut conditions =
            streams::tags(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await?;
        let tags = input.tags.iter().flat_map(|(key, value)| [key.clone(), value.clone()]);
        conditions.push((REQUEST_TAGS, tags.collect()));
        Ok(conditions)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = StreamName::pick(
            cx,
            input.stream_name.as_deref(),
            input.stream_arn.as_deref(),
            input.stream_id.as_deref(),
        )?;
        let stream = streams::open(cx, &name).await?;
        let mut row = stream.row.clone();
        tags::add(&mut row.tags, input.tags)?;
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
