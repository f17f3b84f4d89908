//! DescribeStream.

use cloud::prelude::*;

use crate::describe::{Shard, StreamSettings, StreamState};
use crate::error::Error;
use crate::keys::ShardRow;
use crate::limits::DESCRIBE_PAGE;
use crate::streams;
use crate::target::StreamTarget;

/// A stream with its shards.
#[derive(Shape)]
pub(crate) struct StreamDescription {
    #[shape(flatten)]
    state: StreamState,
    shards: Vec<Shard>,
    has_more_shards: bool,
    #[shape(flatten)]
    settings: StreamSettings,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(range = 1..=10000)]
    limit: Option<i32>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    exclusive_start_shard_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_description: StreamDescription,
}

pub(crate) struct DescribeStream;

impl Operation for DescribeStream {
    const NAME: &'static str = "DescribeStream";
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
        let now = cx.now().millis();
        let after = input.exclusive_start_shard_id.as_deref();
        let after = after.map(|id| stream.index_of(id)).transpose()?;
        let limit =
            usize::try_from(input.limit.unwrap_or(i32::MAX)).unwrap_or(DESCRIBE_PAGE).min(DESCRIBE_PAGE);
        let mut shards: Vec<&ShardRow> =
            stream.shown(now).filter(|shard| after.is_none_or(|after| shard.index > after)).collect();
        let has_more_shards = shards.len() > limit;
        shards.truncate(limit);
        Ok(Output {
            stream_description: StreamDescription {
                state: StreamState::of(&stream.row, now),
                shards: shards.into_iter().map(Shard::of).collect(),
                has_more_shards,
                settings: StreamSettings::of(&stream.row),
            },
        })
    }
}
