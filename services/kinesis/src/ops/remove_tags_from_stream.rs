//! RemoveTagsFromStream.

use cloud::prelude::*;
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
        Ok(names::resource(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()))
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        streams::policy(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        streams::tags(cx, input.stream_name.as_deref(), input.stream_arn.as_deref()).await
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
        tags::remove(&mut row.tags, &input.tag_keys);
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
