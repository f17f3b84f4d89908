//! ListTagsForStream.

use cloud::prelude::*;

use crate::error::Error;
use crate::limits::TAGS_PAGE;
use crate::streams;
use crate::tags::{self, Tag};
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
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
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
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
