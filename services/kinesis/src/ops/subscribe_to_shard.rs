//! SubscribeToShard.
//!
//! Differs from AWS: who has a subscription is known on each node alone, so that two nodes may both serve one.

use cloud::prelude::*;

use crate::consumers;
use crate::error::Error;
use crate::names::{self, ConsumerName};
use crate::start::{ShardIteratorType, Start};
use crate::streams;
use crate::subscription::{Subscription, Subscriptions};

/// Where to begin.
#[derive(Shape)]
pub(crate) struct StartingPosition {
    #[shape(name = "Type")]
    kind: ShardIteratorType,
    #[shape(pattern = r"0|([1-9]\d{0,128})")]
    sequence_number: Option<String>,
    timestamp: Option<Timestamp>,
}

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "ConsumerARN", len = 1..=2048, pattern = r"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+")]
    consumer_arn: String,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    shard_id: String,
    starting_position: StartingPosition,
}

#[derive(Shape)]
pub(crate) struct Output {
    #[shape(payload)]
    event_stream: Stream,
}

pub(crate) struct SubscribeToShard;

impl Operation for SubscribeToShard {
    const NAME: &'static str = "SubscribeToShard";
    const KIND: Kind = Kind::Free;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &Input) -> Result<Resource, Error> {
        Ok(names::resource_of(cx, &input.consumer_arn))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        let Ok(name) = named(cx, input) else { return Ok(Terms::default()) };
        streams::consumer_terms(cx, &name).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let now = cx.now().millis();
        let name = named(cx, &input)?;
        let view = cx.snapshot().await?;
        let stream = streams::ready_in(cx, &view, &name.stream).await?;
        let shard = stream.shard(&input.shard_id, now)?;
        let consumer = streams::glance_consumer(cx, &name).await?.ok_or_else(|| name.missing())?;
        if consumers::is_creating(&consumer, now) {
            return Err(Error::InUse(format!(
                "Consumer {} is not ACTIVE, instead in state CREATING.",
                name.arn()
            )));
        }
        let start = Start {
            kind: input.starting_position.kind,
            sequence: input.starting_position.sequence_number.as_deref(),
            timestamp: input.starting_position.timestamp,
            operation: "SubscribeToShard",
        };
        let place = start.place(&view, &stream, shard, now).await?;
        drop(view);
        let turn = cx.state::<Subscriptions>().begin(&name.arn(), shard.index, now)?;
        let subscription =
            Subscription::new(cx, name.stream.clone(), stream.row.id.clone(), shard.index, place, turn);
        Ok(Output { event_stream: Stream::new(subscription.events(), None) })
    }
}

fn named(cx: &Cx, input: &Input) -> Result<ConsumerName, Error> {
    let name = ConsumerName::of_arn(&input.consumer_arn).filter(|name| name.stream.region == cx.region());
    match name {
        Some(name) if input.stream_id.is_none() => Ok(name),
        _ => Err(Error::invalid(format!("ConsumerARN {} is not valid.", input.consumer_arn))),
    }
}
