//! DeregisterStreamConsumer.
//!
//! Differs from AWS: the consumer is gone at once and never shows DELETING.

use cloud::prelude::*;
use store::layer::table;

use crate::error::Error;
use crate::keys::ConsumerRow;
use crate::names::{self, ConsumerName};
use crate::streams;
use crate::subscription::Subscriptions;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    consumer_name: Option<String>,
    #[shape(name = "ConsumerARN", len = 1..=2048, pattern = r"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+")]
    consumer_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeregisterStreamConsumer;

impl Operation for DeregisterStreamConsumer {
    const NAME: &'static str = "DeregisterStreamConsumer";
    const KIND: Kind = Kind::Write;
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, _input: &Input) -> Result<Resource, Error> {
        Ok(cx.arn("kinesis", "stream/*/consumer/*").into())
    }

    async fn stored_resource(cx: &mut Cx, input: &Input) -> Result<Resource, Error> {
        // Whether a consumer is there is told only to those who may see all.
        match named(cx, input).await {
            Ok(name) => Ok(names::resource_of(cx, &name.arn())),
            Err(Error::Internal(failure)) => Err(failure.into()),
            Err(_) => Self::resource(cx, input),
        }
    }

    async fn resource_policy(cx: &mut Cx, input: &Input) -> Result<Option<String>, Error> {
        let Ok(name) = named(cx, input).await else { return Ok(None) };
        Ok(streams::glance_consumer(cx, &name).await?.and_then(|row| row.policy))
    }

    async fn conditions(cx: &mut Cx, input: &Input) -> Result<Conditions, Error> {
        let Ok(name) = named(cx, input).await else { return Ok(Conditions::new()) };
        let row = streams::glance_consumer(cx, &name).await?;
        Ok(row.map(|row| streams::tags_of(&row.tags)).into_iter().collect())
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = named(cx, &input).await?;
        let (_, row) = streams::consumer(cx, &name).await?;
        table::delete::<ConsumerRow>(cx.tx(), (&row.stream, &row.name)).await?;
        // A subscription ends when it sees that its consumer is gone.
        let subscriptions = cx.state::<Subscriptions>();
        cx.tx().on_commit(move |_| subscriptions.end(&name.arn()));
        Ok(Output {})
    }
}

async fn named(cx: &mut Cx, input: &Input) -> Result<ConsumerName, Error> {
    if input.stream_id.is_some() {
        return Err(Error::invalid("StreamId is reserved for future use; name the stream by its ARN"));
    }
    let (arn, stream) = (input.consumer_arn.as_deref(), input.stream_arn.as_deref());
    streams::consumer_name(cx, arn, stream, input.consumer_name.as_deref()).await
}
