//! GetShardIterator.

use cloud::prelude::*;

use crate::error::Error;
use crate::iterator::Iterator;
use crate::start::{ShardIteratorType, Start};
use crate::streams;
use crate::target::StreamTarget;

#[derive(Shape)]
pub(crate) struct Input {
    #[shape(flatten)]
    stream: StreamTarget,
    #[shape(len = 1..=128, pattern = "[a-zA-Z0-9_.-]+")]
    shard_id: String,
    shard_iterator_type: ShardIteratorType,
    #[shape(pattern = r"0|([1-9]\d{0,128})")]
    starting_sequence_number: Option<String>,
    timestamp: Option<Timestamp>,
}

#[derive(Shape)]
pub(crate) struct Output {
    shard_iterator: String,
}

pub(crate) struct GetShardIterator;

impl Operation for GetShardIterator {
    const NAME: &'static str = "GetShardIterator";
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
        let now = cx.now().millis();
        let name = input.stream.name(cx)?;
        let stream = streams::open_ready(cx, &name).await?;
        let shard = stream.shard(&input.shard_id, now)?;
        let start = Start {
            kind: input.shard_iterator_type,
            sequence: input.starting_sequence_number.as_deref(),
            timestamp: input.timestamp,
            operation: "GetShardIterator",
        };
        let place = start.place(cx.tx(), &stream, shard, now).await?;
        let iterator = Iterator {
            stream: name,
            id: stream.row.id.clone(),
            shard: shard.index,
            place,
            made_at_millis: now,
        };
        Ok(Output { shard_iterator: iterator.text() })
    }
}
