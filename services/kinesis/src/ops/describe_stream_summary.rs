//! DescribeStreamSummary.

use cloud::prelude::*;

use crate::consumers;
use crate::describe::{StreamSettings, StreamState};
use crate::error::Error;
use crate::streams;
use crate::target::StreamTarget;

/// A stream without its shards.
#[derive(Shape)]
pub(crate) struct StreamDescriptionSummary {
    #[shape(flatten)]
    state: StreamState,
    #[shape(flatten)]
    settings: StreamSettings,
    open_shard_count: i32,
    consumer_count: i32,
    #[shape(name = "MaxRecordSizeInKiB")]
    max_record_size_in_kib: i32,
}

#[derive(Shape)]
pub(crate) struct Output {
    stream_description_summary: StreamDescriptionSummary,
}

pub(crate) struct DescribeStreamSummary;

impl Operation for DescribeStreamSummary {
    const NAME: &'static str = "DescribeStreamSummary";
    const KIND: Kind = Kind::Read;
    type Input = StreamTarget;
    type Output = Output;
    type Error = Error;

    fn resource(cx: &Cx, input: &StreamTarget) -> Result<Resource, Error> {
        Ok(input.resource(cx))
    }

    async fn terms(cx: &mut Cx, input: &StreamTarget) -> Result<Terms, Error> {
        input.terms(cx).await
    }

    async fn run(cx: &mut Cx, input: StreamTarget) -> Result<Output, Error> {
        let name = input.name(cx)?;
        let stream = streams::open(cx, &name).await?;
        let now = cx.now().millis();
        let consumers = consumers::all(cx, &stream.row.id).await?.len();
        let row = &stream.row;
        Ok(Output {
            stream_description_summary: StreamDescriptionSummary {
                state: StreamState::of(row, now),
                settings: StreamSettings::of(row),
                open_shard_count: i32::try_from(row.open_shards).unwrap_or(i32::MAX),
                consumer_count: i32::try_from(consumers).unwrap_or(i32::MAX),
                max_record_size_in_kib: row.record_kib_max,
            },
        })
    }
}
