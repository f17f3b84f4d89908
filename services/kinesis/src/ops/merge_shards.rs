//! MergeShards.
//!
//! Differs from AWS: records go to the new shard at once, while the stream still shows UPDATING.

use cloud::prelude::*;

use crate::error::Error;
use crate::keys::Change;
use crate::names;
use crate::resharding::Resharding;
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
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
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
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
