//! MergeShards.
//!
//! Differs from AWS: records go to the new shard at once, while the stream still shows UPDATING.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::Change;
use crate::names::{self, StreamName};
use crate::resharding::Resharding;
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    shard_to_merge: String,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    adjacent_shard_to_merge: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct MergeShards;

impl Operation for MergeShards {
    const NAME: &'static str = "MergeShards";
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
        let now = cx.now().millis();
        stream.row.must_be_provisioned("MergeShards")?;
        let first = stream.open_shard(&input.shard_to_merge, now)?;
        let second = stream.open_shard(&input.adjacent_shard_to_merge, now)?;
        if first.last_hash.checked_add(1) != Some(second.first_hash) {
            // Text: kinesalite, mergeShards.js
            return Err(Error::invalid(format!(
                "Shards {} and {} in stream {} under account {} are not an adjacent pair of shards eligible for merging",
                names::shard_id(first.index),
                names::shard_id(second.index),
                name.name,
                name.account
            )));
        }
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        row.touch(Change::Updating, now);
        let mut change = Resharding::new(&row, now);
        change.merge(first, second);
        streams::reshard(cx, row, change).await?;
        Ok(Output {})
    }
}
