//! DeleteStream.

use cloud::prelude::*;
use store::layer::table;

use crate::consumers;
use crate::error::Error;
use crate::keys::{Change, ConsumerRow, ShardRow};
use crate::settings;
use crate::stream::Status;
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
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
        Ok(input.stream.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &Input) -> Result<Terms, Error> {
        input.stream.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: Input) -> Result<Output, Error> {
        let name = input.stream.name(cx)?;
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
