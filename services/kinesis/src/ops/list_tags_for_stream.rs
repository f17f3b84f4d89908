//! ListTagsForStream.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::TAGS_PAGE;
use crate::names::{self, StreamName};
use crate::streams;
use crate::tags::{self, Tag};

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(len = 1..=128)]
    exclusive_start_tag_key: Option<String>,
    #[shape(range = 1..=50)]
    limit: Option<i32>,
}

#[derive(Shape)]
pub(crate) struct Output {
    tags: Vec<Tag>,
    has_more_tags: bool,
}

pub(crate) struct ListTagsForStream;

impl Operation for ListTagsForStream {
    const NAME: &'static str = "ListTagsForStream";
    const KIND: Kind = Kind::Read;
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
        let limit = input.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(TAGS_PAGE);
        let after = input.exclusive_start_tag_key;
        let mut tags: Vec<Tag> = tags::shown(&stream.row.tags);
        tags.retain(|tag| after.as_ref().is_none_or(|after| tag.key > *after));
        let has_more_tags = tags.len() > limit;
        tags.truncate(limit);
        Ok(Output { tags, has_more_tags })
    }
}
