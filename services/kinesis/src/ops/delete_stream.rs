//! DeleteStream.

use cloud::prelude::*;
use store::layer::table;

use crate::consumers;
use crate::error::Error;
use crate::keys::{Change, ConsumerRow, ShardRow};
use crate::names::{self, StreamName};
use crate::settings;
use crate::stream::Status;
use crate::streams;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    stream_name: Option<String>,
    #[shape(name = "StreamARN", len = 1..=2048, pattern = r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+")]
    stream_arn: Option<String>,
    #[shape(len = 1..=24, pattern = "[a-z0-9]{20}-[a-z0-9]{3}")]
    stream_id: Option<String>,
    enforce_consumer_deletion: Option<bool>,
}

#[derive(Shape)]
pub(crate) struct Output {}

pub(crate) struct DeleteStream;

impl Operation for DeleteStream {
    const NAME: &'static str = "DeleteStream";
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
        let consumers = consumers::all(cx, &stream.row.id).await?;
        if !consumers.is_empty() && !input.enforce_consumer_deletion.unwrap_or(false) {
            return Err(Error::InUse(format!(
                "Stream {} under account {} has registered consumers; deregister them, or set EnforceConsumerDeletion.",
                name.name, name.account
            )));
        }
        if stream.row.status(now) == Some(Status::Deleting) {
            stream.row.must_be_active(now)?;
        }
        for consumer in &consumers {
            table::delete::<ConsumerRow>(cx.tx(), (&consumer.stream, &consumer.name)).await?;
        }
        for shard in &stream.shards {
            settings::remove_records(cx, &stream.row, shard.index).await?;
            table::delete::<ShardRow>(cx.tx(), (&stream.row.id, i64::from(shard.index))).await?;
        }
        let mut row = stream.row.clone();
        row.touch(Change::Deleting, now);
        row.open_shards = 0;
        row.wake_readers(cx.tx())?;
        table::put(cx.tx(), &row).await?;
        Ok(Output {})
    }
}
