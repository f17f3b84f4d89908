//! UpdateShardCount.
//!
//! Differs from AWS: the shards in between are made and closed in the same moment, and do not count.

use cloud::prelude::*;

use crate::account::Usage;
use crate::error::Error;
use crate::keys::Change;
use crate::limits::RESIZES_MAX;
use crate::resharding::Resharding;
use crate::stream;
use crate::streams;
use crate::target::StreamTarget;

/// Ways to scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Shape)]
#[shape(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ScalingType {
    UniformScaling,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(range = 1..)]
    target_shard_count: i32,
    scaling_type: ScalingType,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_name: String,
    current_shard_count: i32,
    target_shard_count: i32,
    #[shape(name = "StreamARN")]
    stream_arn: String,
}

pub(crate) struct UpdateShardCount;

impl Operation for UpdateShardCount {
    const NAME: &'static str = "UpdateShardCount";
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
        stream.row.must_be_provisioned("UpdateShardCount")?;
        stream.row.must_be_active(now)?;
        let ScalingType::UniformScaling = input.scaling_type;
        let open = stream.row.open_shards;
        let target =
            u32::try_from(input.target_shard_count).map_err(|_| Error::invalid("TargetShardCount"))?;
        check(open, target)?;
        Usage::of(cx).await?.check_shards(cx, i64::from(target) - i64::from(open))?;
        let mut row = stream.row.clone();
        if !stream::count_in_day(&mut row.resized_at_millis, RESIZES_MAX, now) {
            return Err(Error::Limit(format!(
                "Stream {} under account {} can only be scaled {RESIZES_MAX} times in 24 hours.",
                row.name, row.account
            )));
        }
        row.touch(Change::Updating, now);
        let mut change = Resharding::new(&row, now);
        change.resize(stream.open().into_iter().cloned().collect(), target);
        streams::reshard(cx, row, change).await?;
        Ok(Output {
            stream_arn: name.arn().into(),
            stream_name: name.name,
            current_shard_count: i32::try_from(open).unwrap_or(i32::MAX),
            target_shard_count: input.target_shard_count,
        })
    }
}

/// How far a stream may be scaled at once. (Texts: kinesalite, updateShardCount.js)
fn check(open: u32, target: u32) -> Result<(), Error> {
    let refused = |text: &str| {
        Err(Error::Limit(format!("{text} Current open shard count: {open}, Target shard count: {target}")))
    };
    if target > open * 2 {
        return refused("UpdateShardCount cannot scale up over double your current open shard count.");
    }
    if target * 2 < open {
        return refused("UpdateShardCount cannot scale down below half your current open shard count.");
    }
    Ok(())
}
