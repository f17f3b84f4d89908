//! SplitShard.
//!
//! Differs from AWS: records go to the new shards at once, while the stream still shows UPDATING.

use cloud::prelude::*;

use crate::account::Usage;
use crate::error::Error;
use crate::keys::{Change, ShardRow, StreamRow};
use crate::names;
use crate::resharding::Resharding;
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    shard_to_split: String,
    #[shape(pattern = r"0|([1-9]\d{0,38})")]
    new_starting_hash_key: String,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct SplitShard;

impl Operation for SplitShard {
    const NAME: &'static str = "SplitShard";
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
        stream.row.must_be_provisioned("SplitShard")?;
        let shard = stream.open_shard(&input.shard_to_split, now)?;
        let usage = Usage::of(cx).await?;
        usage.check_shards(cx, 1)?;
        let middle: Option<u128> = input.new_starting_hash_key.parse().ok();
        let middle =
            middle.filter(|middle| *middle > shard.first_hash.saturating_add(1) && *middle < shard.last_hash);
        let middle = middle.ok_or_else(|| not_inside(&stream.row, shard, &input.new_starting_hash_key))?;
        stream.row.must_be_active(now)?;
        let mut row = stream.row.clone();
        row.touch(Change::Updating, now);
        let mut change = Resharding::new(&row, now);
        change.split(shard, middle);
        streams::reshard(cx, row, change).await?;
        Ok(Output {})
    }
}

/// That a hash is not inside a shard. (kinesalite, splitShard.js)
fn not_inside(row: &StreamRow, shard: &ShardRow, hash: &str) -> Error {
    Error::invalid(format!(
        "NewStartingHashKey {hash} used in SplitShard() on shard {} in stream {} under account {} is not both greater than one plus the shard's StartingHashKey {} and less than the shard's EndingHashKey {}.",
        names::shard_id(shard.index),
        row.name,
        row.account,
        shard.first_hash,
        shard.last_hash
    ))
}
