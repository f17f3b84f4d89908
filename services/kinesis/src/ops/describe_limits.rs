//! DescribeLimits.

use cloud::prelude::*;

use crate::account::Usage;
use crate::error::Error;
use crate::limits::{ON_DEMAND_STREAMS_MAX, SHARDS_MAX};

#[derive(Shape)]
pub(crate) struct Input {}

#[derive(Shape)]
pub(crate) struct Output {
    shard_limit: i32,
    open_shard_count: i32,
    on_demand_stream_count: i32,
    on_demand_stream_count_limit: i32,
}

pub(crate) struct DescribeLimits;

impl Operation for DescribeLimits {
    const NAME: &'static str = "DescribeLimits";
    const KIND: Kind = Kind::Read;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(_cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(Resource::Any)
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let Input {} = input;
        let usage = Usage::of(cx).await?;
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Output {
            shard_limit: number(SHARDS_MAX),
            open_shard_count: number(usage.shards),
            on_demand_stream_count: number(usage.on_demand_streams),
            on_demand_stream_count_limit: number(ON_DEMAND_STREAMS_MAX),
        })
    }
}
